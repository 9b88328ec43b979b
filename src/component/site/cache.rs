//! How long browsers may keep a file: rules by glob, then the built-in ones.

use globset::{Glob, GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

use super::super::props::Props;
use crate::diagnostic::{Diagnostics, Span};

const HTML: &str = "no-cache";
const HASHED: &str = "public, max-age=31536000, immutable";
const OTHER: &str = "public, max-age=3600";

/// Files that are never part of a site.
const NEVER: &[&str] = &["**/.git/**", "**/.git", "**/.DS_Store", "**/Thumbs.db"];

/// The rules in order; the first that matches wins.
#[derive(Debug, Clone)]
pub(in crate::component) struct CacheRules(Vec<(GlobMatcher, String)>);

impl CacheRules {
    /// Reads the property `cache`.
    pub(super) fn read(props: &Props<'_>, diagnostics: &mut Diagnostics) -> Self {
        let mut rules = Vec::new();
        for (number, item) in props.list("cache", diagnostics).iter().enumerate() {
            let path = format!("{}[{number}]", props.path("cache"));
            let rule = Props::new(item, &path);
            let (pattern, control) = (
                rule.text("match", diagnostics),
                rule.text("control", diagnostics),
            );
            let place = (rule.path("match"), rule.at("match"));
            let glob = pattern.and_then(|text| glob(text, (&place.0, &place.1), diagnostics));
            if let (Some(glob), Some(control)) = (glob, control) {
                // The header is signed and sent as it is, and HTTP has no other characters in it.
                if control.contains(|c: char| c != ' ' && !c.is_ascii_graphic()) {
                    let wanted = "one line of ASCII characters, such as `public, max-age=600`";
                    diagnostics.push(super::bad(
                        &rule.path("control"),
                        wanted,
                        &rule.at("control"),
                    ));
                }
                rules.push((glob.compile_matcher(), control.to_owned()));
            }
        }
        Self(rules)
    }

    /// The `Cache-Control` value for a file.
    pub(in crate::component) fn control(&self, key: &str) -> &str {
        match self.0.iter().find(|(glob, _)| glob.is_match(key)) {
            Some((_, control)) => control,
            None if is_html(key) => HTML,
            None if is_hashed(key) => HASHED,
            None => OTHER,
        }
    }
}

/// The globs of `ignore`, and what is never uploaded.
pub(super) fn ignored(props: &Props<'_>, diagnostics: &mut Diagnostics) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for never in NEVER {
        set.add(Glob::new(never).expect("the built-in globs are valid"));
    }
    let texts = props.texts("ignore", diagnostics);
    for (number, (text, at)) in texts.into_iter().enumerate() {
        let path = format!("{}[{number}]", props.path("ignore"));
        if let Some(glob) = glob(text, (&path, at), diagnostics) {
            set.add(glob);
        }
    }
    set.build().unwrap_or_else(|_| GlobSet::empty())
}

fn glob(text: &str, (path, at): (&str, &Span), diagnostics: &mut Diagnostics) -> Option<Glob> {
    match GlobBuilder::new(text).literal_separator(true).build() {
        Ok(glob) => Some(glob),
        Err(error) => {
            let wanted = format!("a glob ({})", error.kind());
            diagnostics.push(super::bad(path, &wanted, at));
            None
        }
    }
}

fn is_html(key: &str) -> bool {
    let extension = key.rsplit_once('.').map_or("", |(_, e)| e);
    extension.eq_ignore_ascii_case("html") || extension.eq_ignore_ascii_case("htm")
}

/// Whether a file's name carries a digest of its content, as bundlers write them (`main.3f9a1c2b.css`,
/// `index-DiwrgTd4.js`). Careful on purpose: a date such as `photo-20240101.jpg` is none, because a wrong guess would be
/// kept by browsers for a year.
fn is_hashed(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or(key);
    name.split(['.', '-', '_']).skip(1).any(is_digest)
}

fn is_digest(part: &str) -> bool {
    let has = |test: fn(&char) -> bool| part.chars().any(|c| test(&c));
    let digit = has(char::is_ascii_digit);
    let hex = part
        .chars()
        .all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
        && has(char::is_ascii_lowercase);
    let mixed = part.chars().all(|c| c.is_ascii_alphanumeric())
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase);
    part.len() >= 8 && digit && (hex || mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_rules() {
        let rules = CacheRules(Vec::new());
        for (key, control) in [
            ("index.html", HTML),
            ("a/b/page.HTM", HTML),
            ("assets/main.3f9a1c2b.css", HASHED),
            ("assets/index-DiwrgTd4.js", HASHED),
            ("photo-20240101.jpg", OTHER),
            ("img/MyPhotos.png", OTHER),
            ("deadbeef1.css", OTHER),
            ("robots.txt", OTHER),
        ] {
            assert_eq!(rules.control(key), control, "{key}");
        }
    }
}
