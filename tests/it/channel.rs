//! The template `channel-package`: packages that get their channel while they are downloaded.

use crate::support::{Fetched, Sandbox, fetch, send};

struct Packages(Sandbox);

impl Packages {
    fn deployed() -> Self {
        let sandbox = Sandbox::new().with_cloud();
        sandbox.run("init channel-package apks").code(0);
        let packages = Self(sandbox);
        packages.run("deploy -y");
        packages
    }

    fn run(&self, command: &str) -> String {
        let ran = self.0.run(&format!("{command} -t apks/s.yaml"));
        ran.code(0).stdout
    }

    fn get(&self, path: &str, range: Option<&str>) -> Fetched {
        let headers: Vec<_> = range.iter().map(|range| ("Range", *range)).collect();
        fetch(self.0.port(), "apks.test", path, &headers)
    }
}

fn cache(fetched: &Fetched) -> &str {
    let word = fetched.header("x-cache").unwrap_or_default();
    word.split(' ').next().unwrap_or_default()
}

/// The files of an archive with their contents; reading checks their sums.
fn files(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    (0..archive.len())
        .map(|number| {
            let mut entry = archive.by_index(number).unwrap();
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
            (entry.name().unwrap().into_owned(), content)
        })
        .collect()
}

#[test]
fn a_package_gets_its_channel_and_stays_what_it_was() {
    let packages = Packages::deployed();
    packages.run("plan --detailed-exitcode");
    let (a, b) = (
        packages.get("/demo/store-a.apk", None),
        packages.get("/demo/store-b.apk", None),
    );
    assert_eq!((a.status, b.status), (200, 200), "{}", a.head);
    let mother = std::fs::read(packages.0.work().join("apks/packages/demo.apk")).unwrap();
    assert_eq!(files(&a.body), files(&mother));
    let differing = a.body.iter().zip(&b.body).filter(|(a, b)| a != b).count();
    assert_eq!((a.body.len(), differing), (b.body.len(), 1));
    let holds =
        |body: &[u8], text: &str| body.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(&a.body, r#"{"channel":"store-a"}"#));
    assert!(holds(&a.body, "placeholder of a signature of version 2"));
    assert_eq!(packages.get("/other/store-a.apk", None).status, 404);
}

#[test]
fn ranges_and_lengths_fit_the_whole() {
    let packages = Packages::deployed();
    // At the function itself: the cache makes ranges of what it keeps.
    let get = |range: &str| {
        fetch(
            packages.0.port(),
            "origin.apks.test",
            "/demo/x.apk",
            &[("Range", range)],
        )
    };
    let whole = packages.get("/demo/x.apk", None);
    let head = send(
        packages.0.port(),
        ("HEAD", "origin.apks.test", "/demo/x.apk"),
        &[],
        b"",
    );
    let length = whole.body.len().to_string();
    assert_eq!(head.header("content-length"), Some(length.as_str()));
    for cut in [1, 5000, whole.body.len() - 40] {
        let first = get(&format!("bytes=0-{}", cut - 1));
        let rest = get(&format!("bytes={cut}-"));
        assert_eq!((first.status, rest.status), (206, 206), "{}", first.head);
        assert_eq!([first.body, rest.body].concat(), whole.body, "cut at {cut}");
    }
    assert_eq!(get("bytes=99999999-").status, 416);
}

#[test]
fn a_channel_is_made_once_and_anew_for_a_new_package() {
    let packages = Packages::deployed();
    let first = packages.get("/demo/x.apk", None);
    assert_eq!(cache(&first), "MISS");
    assert_eq!(cache(&packages.get("/demo/x.apk", None)), "HIT");
    assert_eq!(cache(&packages.get("/demo/y.apk", None)), "MISS");
    let path = packages.0.work().join("apks/packages/demo.apk");
    let mut mother = std::fs::read(&path).unwrap();
    let at = mother
        .windows(11)
        .position(|part| part == b"placeholder")
        .unwrap();
    mother[at] = b'P';
    std::fs::write(&path, mother).unwrap();
    packages.run("deploy -y");
    packages.0.run("local clock advance 301s").code(0);
    let renewed = packages.get("/demo/x.apk", None);
    assert_ne!(renewed.body, first.body);
    assert_ne!(renewed.header("etag"), first.header("etag"));
    packages.run("remove -y");
    assert_eq!(packages.get("/demo/x.apk", None).status, 404);
}
