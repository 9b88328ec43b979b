//! The template `channel-package`: packages that get their channel while they are downloaded.

use std::io::{Read as _, Write as _};
use std::path::Path;

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

    // Who goes on with another package than there is gets all of it.
    let etag = whole.header("etag").unwrap();
    for (known, status) in [(etag, 206), ("\"another\"", 200)] {
        let headers = [("Range", "bytes=5-9"), ("If-Range", known)];
        let port = packages.0.port();
        let went_on = fetch(port, "origin.apks.test", "/demo/x.apk", &headers);
        assert_eq!(went_on.status, status, "{known}");
    }
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

/// A signed package of 200 MB, whose one file is the first.
fn large_package(path: &Path) -> usize {
    const MEGABYTES: usize = 200;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .large_file(true);
    archive.start_file("assets/film", stored).unwrap();
    for number in 0..MEGABYTES {
        let piece = vec![u8::try_from(number).unwrap(); 1024 * 1024];
        archive.write_all(&piece).unwrap();
    }
    let mut package = archive.finish().unwrap().into_inner();
    // The signature stands before the directory, whose place is told 6 bytes before the end.
    let at = package.len() - 6;
    let directory = u32::from_le_bytes(package[at..at + 4].try_into().unwrap());
    let pair = [
        &12_u64.to_le_bytes()[..],
        &0x7109_871a_u32.to_le_bytes(),
        b"12345678",
    ]
    .concat();
    let size = (pair.len() as u64 + 24).to_le_bytes();
    let block = [&size[..], &pair, &size, b"APK Sig Block 42"].concat();
    let moved = directory + u32::try_from(block.len()).unwrap();
    package[at..at + 4].copy_from_slice(&moved.to_le_bytes());
    let directory = usize::try_from(directory).unwrap();
    package.splice(directory..directory, block);
    std::fs::write(path, &package).unwrap();
    package.len()
}

/// The most megabytes of memory that a process, and each that it started, has used.
fn peaks(pid: u32) -> Vec<u64> {
    let text = |pid: u32, file: &str| {
        std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default()
    };
    let all = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let parent = |pid: u32| -> Option<u32> {
        let stat = text(pid, "stat");
        stat.rsplit_once(')')?
            .1
            .split_whitespace()
            .nth(1)?
            .parse()
            .ok()
    };
    let mut family = vec![pid];
    let others: Vec<(u32, Option<u32>)> = all.map(|pid| (pid, parent(pid))).collect();
    let mut at = 0;
    while let Some(one) = family.get(at).copied() {
        family.extend(
            others
                .iter()
                .filter(|(_, parent)| *parent == Some(one))
                .map(|(pid, _)| *pid),
        );
        at += 1;
    }
    let peak = |pid: &u32| -> Option<u64> {
        let status = text(*pid, "status");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
    };
    family.iter().filter_map(peak).collect()
}

#[test]
fn a_large_package_passes_through_little_memory() {
    let packages = Packages::deployed();
    let length = large_package(&packages.0.work().join("apks/packages/large.apk"));
    packages.run("deploy -y");
    let request = "GET /large/store-a.apk HTTP/1.1\r\nHost: apks.test\r\nConnection: close\r\n\r\n";
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", packages.0.port())).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let (mut count, mut last) = (0, Vec::new());
    let mut piece = vec![0; 256 * 1024];
    loop {
        let read = stream.read(&mut piece).unwrap();
        if read == 0 {
            break;
        }
        count += read;
        last.extend_from_slice(&piece[..read]);
        last.drain(..last.len().saturating_sub(1024));
    }
    assert!(count > length, "{count} bytes came of {length}");
    let channel = br#"{"channel":"store-a"}"#;
    assert!(last.windows(channel.len()).any(|part| part == channel));
    let peaks = peaks(packages.0.cloud_pid());
    assert!(peaks.len() > 1, "the function's process is among them");
    assert!(peaks.iter().all(|peak| *peak < 150), "megabytes: {peaks:?}");
    let logs = packages.run("logs pack");
    assert!(!logs.contains("Warning"), "{logs}");
}
