//! Zips that were made to hurt are refused by their directory; those that were not are read as they are.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

type Writer = ZipWriter<Cursor<Vec<u8>>>;

/// Places of the fields of a line of the directory.
const FLAGS: usize = 8;
const METHOD: usize = 10;
const PACKED: usize = 20;
const SIZE: usize = 24;
const OFFSET: usize = 42;
const NAME: usize = 46;

fn zip(make: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    make(&mut writer);
    writer.finish().unwrap().into_inner()
}

fn add(writer: &mut Writer, name: &str, content: &[u8]) {
    writer
        .start_file(name, SimpleFileOptions::default())
        .unwrap();
    writer.write_all(content).unwrap();
}

fn files(files: &[(&str, &[u8])]) -> Vec<u8> {
    zip(|writer| {
        for (name, content) in files {
            add(writer, name, content);
        }
    })
}

/// Where the lines of the directory begin.
fn lines(zip: &[u8]) -> Vec<usize> {
    let signature = b"PK\x01\x02";
    let windows = zip.windows(4).enumerate();
    windows
        .filter(|(_, four)| four == signature)
        .map(|(at, _)| at)
        .collect()
}

/// Writes bytes over a field of one line of the directory.
fn forged(mut zip: Vec<u8>, line: usize, field: usize, bytes: &[u8]) -> Vec<u8> {
    let at = lines(&zip)[line] + field;
    zip[at..at + bytes.len()].copy_from_slice(bytes);
    zip
}

fn judged(zip: &[u8]) -> Result<Archive<Cursor<&[u8]>>, Refusal> {
    Archive::judge(Cursor::new(zip))
}

fn all(archive: &mut Archive<Cursor<&[u8]>>, number: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    archive.content(number, &mut |piece| {
        bytes.extend_from_slice(piece);
        Ok::<(), Refusal>(())
    })?;
    Ok(bytes)
}

#[track_caller]
fn refused(zip: &[u8], words: &str) {
    let error = judged(zip).err().expect("it is refused").to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn a_harmless_zip_is_read_as_it_is() {
    let mode = |mode| SimpleFileOptions::default().unix_permissions(mode);
    let zip = zip(|writer| {
        writer.add_directory("./", mode(0o755)).unwrap();
        writer.add_directory("bin/", mode(0o755)).unwrap();
        writer.start_file("bin/run", mode(0o700)).unwrap();
        writer.write_all(b"#!").unwrap();
        writer.start_file("./a.py", mode(0o600)).unwrap();
        writer.write_all(&vec![b'x'; 200_000]).unwrap();
        writer
            .add_symlink("bin/link", "../a.py", mode(0o777))
            .unwrap();
    });
    let mut archive = judged(&zip).unwrap();
    let member = |path: &str, form, size| Member {
        path: path.to_owned(),
        form,
        size,
    };
    let target = "../a.py".to_owned();
    let wanted = [
        member("bin", Form::Folder, 0),
        member("bin/run", Form::File { executable: true }, 2),
        member("a.py", Form::File { executable: false }, 200_000),
        member("bin/link", Form::Link { target }, 7),
    ];
    assert_eq!(archive.members(), wanted);
    assert_eq!(all(&mut archive, 1).unwrap(), b"#!");
    assert_eq!(all(&mut archive, 2).unwrap(), vec![b'x'; 200_000]);
}

#[test]
fn entries_that_share_bytes_are_refused() {
    let zip = files(&[("a", &[7; 1000]), ("b", b"2"), ("c", b"3")]);
    // All of them are one content.
    refused(&forged(zip.clone(), 2, OFFSET, &[0; 4]), "overlaps");
    // One is quoted by the one before it.
    refused(
        &forged(zip.clone(), 0, PACKED, &40_u32.to_le_bytes()),
        "overlaps",
    );
    // The last one goes on into the directory.
    refused(
        &forged(zip.clone(), 2, PACKED, &20_u32.to_le_bytes()),
        "reaches into",
    );
    // They are together longer than the zip.
    refused(
        &forged(zip.clone(), 1, PACKED, &9999_u32.to_le_bytes()),
        "overlaps",
    );
    assert!(judged(&zip).is_ok());
}

/// The zip with the one line of its directory repeated, as archives of many entries end.
fn repeated(zip: &[u8], times: u64) -> Vec<u8> {
    let start = lines(zip)[0];
    let end = start
        + zip[start..]
            .windows(4)
            .position(|four| four == b"PK\x05\x06")
            .unwrap();
    let mut bytes = zip[..start].to_vec();
    (0..times).for_each(|_| bytes.extend_from_slice(&zip[start..end]));
    let at = bytes.len() as u64;
    bytes.extend_from_slice(b"PK\x06\x06");
    bytes.extend_from_slice(&44_u64.to_le_bytes());
    bytes.extend_from_slice(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [times, times, at - start as u64, start as u64] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(b"PK\x06\x07\0\0\0\0");
    bytes.extend_from_slice(&at.to_le_bytes());
    bytes.extend_from_slice(b"\x01\0\0\0PK\x05\x06\0\0\0\0");
    bytes.extend_from_slice(&[0xff; 12]);
    bytes.extend_from_slice(&[0, 0]);
    bytes
}

#[test]
fn ten_megabytes_that_say_to_be_small_are_judged_without_unpacking() {
    // Many names for one content of nine megabytes.
    let zip = zip(|writer| {
        let stored =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file("k", stored).unwrap();
        writer.write_all(&vec![0; 9 * 1024 * 1024]).unwrap();
    });
    let zip = repeated(&forged(zip, 0, SIZE, &1_u32.to_le_bytes()), 20_000);
    let begun = std::time::Instant::now();
    refused(&zip, "overlaps");
    // Unpacking takes minutes.
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}

#[test]
fn what_declares_too_much_is_refused() {
    let zip = files(&[("a", b"1"), ("b", b"2")]);
    let half = (u32::try_from(MOST_BYTES / 2).unwrap() + 1).to_le_bytes();
    let zip = forged(zip, 0, SIZE, &half);
    assert!(judged(&zip).is_ok());
    let error = judged(&forged(zip, 1, SIZE, &half)).err();
    assert!(matches!(error, Some(Refusal::TooLarge)), "{error:?}");
}

#[test]
fn an_entry_that_gives_more_than_it_declares_is_stopped() {
    let zip = forged(
        files(&[("a", &vec![0; 1_000_000])]),
        0,
        SIZE,
        &100_u32.to_le_bytes(),
    );
    let mut archive = judged(&zip).unwrap();
    let mut taken = 0;
    let error = archive.content(0, &mut |piece| {
        taken += piece.len();
        Ok::<(), Refusal>(())
    });
    let error = error.unwrap_err().to_string();
    assert!(error.contains("larger than its declared"), "{error}");
    assert!(taken <= 100, "{taken}");
}

#[test]
fn a_long_directory_is_refused() {
    let zip = repeated(&files(&[("a", b"")]), MOST_ENTRIES as u64 + 1);
    let error = judged(&zip).err();
    assert!(
        matches!(error, Some(Refusal::TooMany(200_001))),
        "{error:?}"
    );
}

#[test]
fn nothing_leads_out_of_the_folder() {
    for (name, words) in [
        ("../evil", "leads out of the folder with `..`"),
        ("a/../../b", "leads out of the folder with `..`"),
        ("/etc/evil", "has an absolute path"),
        ("a\\b", "has a backslash"),
    ] {
        refused(&files(&[(name, b"x")]), words);
    }
    for target in ["..", "a/../../b", "\\x", ""] {
        let zip = zip(|writer| {
            let options = SimpleFileOptions::default();
            writer.add_symlink("link", target, options).unwrap();
        });
        refused(&zip, "leads out of the folder");
    }
}

#[test]
fn a_link_may_lead_to_an_absolute_place_and_nothing_lies_below_it() {
    let away = |writer: &mut Writer| {
        let options = SimpleFileOptions::default();
        writer.add_symlink("away", "/tmp", options).unwrap();
    };
    let target = "/tmp".to_owned();
    let alone = zip(away);
    assert_eq!(
        judged(&alone).unwrap().members()[0].form,
        Form::Link { target }
    );
    let first = zip(|writer| {
        away(writer);
        add(writer, "away/evil", b"x");
    });
    let last = zip(|writer| {
        add(writer, "away/evil", b"x");
        away(writer);
    });
    let deep = zip(|writer| {
        away(writer);
        add(writer, "./away//a/evil", b"x");
    });
    for zip in [first, last, deep] {
        refused(&zip, "is below what is no folder");
    }
    let through = zip(|writer| {
        away(writer);
        let options = SimpleFileOptions::default();
        writer.add_symlink("x", "away/evil", options).unwrap();
    });
    refused(&through, "goes through another link");
}

#[test]
fn links_do_not_go_through_links() {
    let links: [&[(&str, &str)]; 2] = [
        &[("p/q/r/s", "../../.."), ("t", "p/q/r/s/x")],
        &[("d/link", ".."), ("x", "d/link/a")],
    ];
    for links in links {
        let zip = zip(|writer| {
            for (name, target) in links {
                let options = SimpleFileOptions::default();
                writer.add_symlink(*name, *target, options).unwrap();
            }
        });
        refused(&zip, "goes through another link");
    }
}

#[test]
fn every_place_is_taken_once() {
    refused(
        &forged(files(&[("a", b"1"), ("b", b"2")]), 1, NAME, b"a"),
        "is there twice",
    );
    refused(&files(&[("a/b", b"1"), ("./a//b", b"2")]), "is there twice");
    refused(
        &files(&[("a", b"1"), ("a.b", b""), ("a/b", b"2")]),
        "is below what is no folder",
    );
    let below_a_link = zip(|writer| {
        let options = SimpleFileOptions::default();
        writer.add_symlink("a", "b", options).unwrap();
        add(writer, "a/c", b"");
    });
    refused(&below_a_link, "is below what is no folder");
}

#[test]
fn what_cannot_be_unpacked_is_refused() {
    let zip = files(&[("a", b"1")]);
    refused(&forged(zip.clone(), 0, FLAGS, &[1]), "is encrypted");
    refused(
        &forged(zip.clone(), 0, METHOD, &[12]),
        "by a method other than deflate",
    );
    // A pipe, by the upper half of the attributes.
    refused(
        &forged(zip, 0, 40, &0o010_644_u16.to_le_bytes()),
        "is neither",
    );
    for bytes in [&b""[..], b"PK", b"not a zip at all"] {
        assert!(matches!(judged(bytes), Err(Refusal::Broken(_))));
    }
}
