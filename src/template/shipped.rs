//! Checks of the templates as they are shipped: what each must keep, and what the static site promises.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::catalog::{catalog, find};
use super::render::{RenderedFile, render};
use super::write::write;

fn files_of(id: &str, given: &[(&str, &str)]) -> Vec<RenderedFile> {
    let given: BTreeMap<String, String> = given
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    render(&find(id).unwrap(), &given).unwrap()
}

fn site() -> BTreeMap<String, Vec<u8>> {
    let named =
        |f: RenderedFile| Some((f.path.to_str()?.strip_prefix("site/")?.to_owned(), f.bytes));
    files_of("static-site", &[])
        .into_iter()
        .filter_map(named)
        .collect()
}

fn pages() -> BTreeMap<String, String> {
    let is_page = |path: &str| {
        Path::new(path)
            .extension()
            .is_some_and(|extension| extension == "html")
    };
    let text = |(path, bytes)| (path, String::from_utf8(bytes).unwrap());
    site()
        .into_iter()
        .filter(|(path, _)| is_page(path))
        .map(text)
        .collect()
}

/// Where a page is found when the defaults were taken.
fn address(page: &str) -> String {
    format!(
        "https://my-site.test/{}",
        if page == "index.html" { "" } else { page }
    )
}

/// The values of `href`, `src` and the like in a page.
fn links(html: &str) -> Vec<&str> {
    let after = |attribute: &'static str| {
        html.split(attribute)
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
    };
    [" href=\"", " src=\"", " srcset=\""]
        .into_iter()
        .flat_map(after)
        .collect()
}

#[test]
fn every_template_renders_with_its_defaults_and_can_be_written() {
    for template in catalog().unwrap() {
        let files = render(&template, &BTreeMap::new()).unwrap();
        assert_eq!(files, render(&template, &BTreeMap::new()).unwrap());
        assert!(
            files.iter().any(|f| f.path.as_os_str() == "s.yaml"),
            "{}",
            template.id
        );
        let home = tempfile::tempdir().unwrap();
        write(&files, &home.path().join("project")).unwrap();
        for file in files {
            assert_eq!(
                std::fs::read(home.path().join("project").join(&file.path)).unwrap(),
                file.bytes
            );
        }
    }
}

#[test]
fn no_mustache_is_left_over() {
    for template in catalog().unwrap() {
        for file in render(&template, &BTreeMap::new()).unwrap() {
            let text = String::from_utf8_lossy(&file.bytes);
            // Tests of an application have variables of their own in this form.
            let is_test = file.path.to_string_lossy().ends_with(".test.yaml");
            assert!(
                is_test || !text.contains("{{"),
                "{}: {}",
                template.id,
                file.path.display()
            );
        }
    }
}

#[test]
fn every_parameter_is_used() {
    for template in catalog().unwrap() {
        for parameter in &template.parameters {
            let mustache = format!("{{{{{}}}}}", parameter.name);
            let used = template
                .content
                .values()
                .any(|bytes| String::from_utf8_lossy(bytes).contains(&mustache));
            assert!(used, "{}: {}", template.id, parameter.name);
        }
    }
}

#[test]
fn the_manifest_of_the_site_means_what_was_chosen() {
    for name in ["shop", "null", "true"] {
        let files = files_of(
            "static-site",
            &[("name", name), ("domain", "www.example.org")],
        );
        let manifest = &files
            .iter()
            .find(|f| f.path.as_os_str() == "s.yaml")
            .unwrap()
            .bytes;
        let manifest: serde_json::Value = serde_yaml::from_slice(manifest).unwrap();
        assert_eq!(manifest["edition"], "3.0.0");
        assert_eq!(manifest["name"], name);
        assert_eq!(manifest["vars"]["domain"], "www.example.org");
        assert_eq!(manifest["resources"]["site"]["component"], "site");
        assert_eq!(
            manifest["resources"]["site"]["props"]["domain"],
            "${vars.domain}"
        );
    }
}

#[test]
fn the_rules_for_names_and_domains_hold() {
    let template = find("static-site").unwrap();
    let fits = |name: &str, value: &str| {
        template
            .parameters
            .iter()
            .find(|p| p.name == name)
            .unwrap()
            .accept(value)
            .is_ok()
    };
    for good in ["abc", "my-site", "a1-2"] {
        assert!(fits("name", good), "{good}");
    }
    for bad in [
        "ab",
        "My-site",
        "1site",
        "site-",
        "my_site",
        "my site",
        "店铺店铺",
        &"a".repeat(41),
    ] {
        assert!(!fits("name", bad), "{bad}");
    }
    for good in ["my-site.test", "www.example.com", "xn--fiq228c.example"] {
        assert!(fits("domain", good), "{good}");
    }
    for bad in [
        "example",
        "a..b",
        "-a.test",
        "http://a.test",
        "a.test/x",
        "A.test",
        "a.1",
        "a b.test",
    ] {
        assert!(!fits("domain", bad), "{bad}");
    }
    let error = template.parameters[0]
        .accept("My Site")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("parameter `name` cannot be `My Site`: must be lower-case letters"),
        "{error}"
    );
}

#[test]
fn every_asset_carries_the_beginning_of_its_digest_in_its_name() {
    let assets: Vec<_> = site()
        .into_iter()
        .filter(|(path, _)| path.starts_with("assets/"))
        .collect();
    assert!(assets.len() >= 4);
    for (path, bytes) in assets {
        let digest = Sha256::digest(&bytes)[..4]
            .try_into()
            .map(u32::from_be_bytes)
            .unwrap();
        let digest = format!("{digest:08x}");
        assert_eq!(path.split('.').nth(1), Some(digest.as_str()), "{path}");
    }
}

#[test]
fn every_link_of_the_site_is_relative_and_leads_to_a_file() {
    let files: BTreeSet<String> = site().into_keys().collect();
    for (page, html) in pages() {
        let canonical = format!("<link rel=\"canonical\" href=\"{}\">", address(&page));
        // The page for missing addresses is shown at any depth: it has no address, and home is absolute there.
        let missing = page == "404.html";
        assert_ne!(html.contains(&canonical), missing, "{page}");
        let html = html.replace(&canonical, "");
        let followed = |link: &&str| {
            !(link.starts_with('#') || link.starts_with("data:") || missing && *link == "/")
        };
        for link in links(&html).into_iter().filter(followed) {
            assert!(
                !link.contains(':') && !link.starts_with('/'),
                "{page}: {link}"
            );
            let target = link.split('#').next().unwrap_or_default();
            let mut path: Vec<&str> = page.split('/').collect();
            path.pop();
            for part in target.split('/') {
                match part {
                    ".." => assert!(path.pop().is_some(), "{page}: {link}"),
                    part => path.push(part),
                }
            }
            assert!(files.contains(&path.join("/")), "{page}: {link}");
        }
    }
}

#[test]
fn the_page_for_missing_addresses_needs_no_other_file() {
    let page = &pages()["404.html"];
    assert!(!page.contains("assets/") && !page.contains("<script src"));
    assert!(page.contains("<style>"));
}

#[test]
fn every_page_has_its_landmarks_its_texts_and_its_place_in_the_sitemap() {
    let sitemap = String::from_utf8(site()["sitemap.xml"].clone()).unwrap();
    for (path, html) in pages() {
        assert_eq!(html.matches("<h1").count(), 1, "{path}");
        for part in [
            "<html lang=\"en\">",
            "<main",
            "<title>",
            "name=\"viewport\"",
        ] {
            assert!(html.contains(part), "{path}: {part}");
        }
        assert_eq!(
            html.matches("<img ").count(),
            html.matches(" alt=\"").count(),
            "{path}"
        );
        let listed = sitemap.contains(&format!("<loc>{}</loc>", address(&path)));
        assert_eq!(listed, path != "404.html", "{path}");
    }
}

#[test]
fn a_title_with_markup_in_it_is_text() {
    let files = files_of("static-site", &[("title", "Tom & <Ada>")]);
    let index = files
        .iter()
        .find(|f| f.path.ends_with("site/index.html"))
        .unwrap();
    let html = String::from_utf8(index.bytes.clone()).unwrap();
    assert!(html.contains("<title>Tom &amp; &lt;Ada&gt;</title>"));
    assert!(!html.contains("<Ada>"));
}
