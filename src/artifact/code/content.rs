//! Texts out of a package, for whoever wants to see what changes in them.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek};

use zip::ZipArchive;
use zip::result::ZipError;

/// The texts of these entries of a zip: those that are there, have `most` bytes at most and are UTF-8.
///
/// # Errors
/// What is read is no zip, or it is damaged.
pub fn texts<'k>(
    zip: impl Read + Seek,
    keys: impl IntoIterator<Item = &'k str>,
    most: u64,
) -> io::Result<BTreeMap<String, String>> {
    let mut zip = ZipArchive::new(zip)?;
    let mut texts = BTreeMap::new();
    for key in keys {
        let file = match zip.by_name(key) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => continue,
            Err(error) => return Err(error.into()),
        };
        // Sizes are a claim of whoever packed it.
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes)?;
        let fits = u64::try_from(bytes.len()).is_ok_and(|size| size <= most);
        if let (true, Ok(text)) = (fits, String::from_utf8(bytes)) {
            texts.insert(key.to_owned(), text);
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn only_texts_of_a_moderate_size_are_read() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let files: [(&str, &[u8]); 4] = [
            ("a.py", b"print()"),
            ("b.bin", &[0xff, 0xfe]),
            ("c.txt", &[b'x'; 9]),
            ("d.txt", b"not asked for"),
        ];
        for (name, content) in files {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        let zip = zip.finish().unwrap();
        let found = texts(zip, ["a.py", "b.bin", "c.txt", "gone"], 8).unwrap();
        let expected = BTreeMap::from([("a.py".to_owned(), "print()".to_owned())]);
        assert_eq!(found, expected);
        assert!(texts(Cursor::new(b"no zip"), ["a"], 8).is_err());
    }
}
