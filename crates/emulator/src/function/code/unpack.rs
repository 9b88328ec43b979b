//! Unpacks an archive into an empty folder, and nowhere else.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Component, Path, PathBuf};

use zip::ZipArchive;
use zip::read::ZipFile;

/// Entries of an archive at most.
const MOST_ENTRIES: usize = 200_000;
/// Bytes of an unpacked archive at most. The vendor's own limit is not published for unpacked code; this one keeps a
/// bomb from filling the disk.
const MOST_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Bytes of a link's target at most.
const LONGEST_LINK: u64 = 4096;
const FILE_TYPE: u32 = 0o170_000;
const LINK: u32 = 0o120_000;
const REGULAR: u32 = 0o100_000;

/// Why an archive is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnpackError {
    #[error("the code is not a zip archive: {0}")]
    Broken(String),
    #[error("the archive's entry {name:?} {why}")]
    Entry { name: String, why: &'static str },
    #[error("the archive holds more than {MOST_ENTRIES} entries")]
    TooMany,
    #[error("the archive is larger than {} GB when unpacked", MOST_BYTES >> 30)]
    TooLarge,
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Unpacks into `folder`, which must be empty. Files keep whether they can be run; where an archive does not say (made
/// on a system without modes) they can. Links are made last, so that nothing is written through one.
pub(super) fn unpack(archive: impl Read + Seek, folder: &Path) -> Result<(), UnpackError> {
    let broken = |error: zip::result::ZipError| UnpackError::Broken(error.to_string());
    let mut archive = ZipArchive::new(archive).map_err(broken)?;
    if archive.len() > MOST_ENTRIES {
        return Err(UnpackError::TooMany);
    }
    let mut left = MOST_BYTES;
    let mut links = Vec::new();
    for number in 0..archive.len() {
        let mut entry = archive.by_index(number).map_err(broken)?;
        let name = name(&entry)?;
        let path = place(&name)?;
        if entry.is_dir() {
            fs::create_dir_all(folder.join(path))?;
            continue;
        }
        match entry.unix_mode().map_or(REGULAR, |mode| mode & FILE_TYPE) {
            LINK => links.push((path.clone(), target(&mut entry, (&name, &path))?)),
            REGULAR | 0 => write(&mut entry, (&name, &folder.join(path)), &mut left)?,
            _ => {
                return Err(refused(&name, "is neither a file, a folder nor a link"));
            }
        }
    }
    let places: BTreeSet<PathBuf> = links.iter().map(|(path, _)| path.clone()).collect();
    for (path, target) in &links {
        if passes_through(&places, path, target) {
            let name = path.display().to_string();
            return Err(refused(&name, "is a link that goes through another link"));
        }
        let at = folder.join(path);
        at.parent().map_or(Ok(()), fs::create_dir_all)?;
        match symlink(target, at) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(refused(&path.display().to_string(), "is there twice"));
            }
            made => made?,
        }
    }
    Ok(())
}

fn name(entry: &ZipFile<'_, impl Read>) -> Result<String, UnpackError> {
    let name = entry.name();
    let name = name.map_err(|error| UnpackError::Broken(error.to_string()))?;
    Ok(name.into_owned())
}

fn refused(name: &str, why: &'static str) -> UnpackError {
    UnpackError::Entry {
        name: name.to_owned(),
        why,
    }
}

/// Where an entry belongs: below the folder.
fn place(name: &str) -> Result<PathBuf, UnpackError> {
    let name = name.replace('\\', "/");
    let mut path = PathBuf::new();
    for part in Path::new(&name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => return Err(refused(&name, "leads out of the folder")),
        }
    }
    if name.contains('\0') || path.as_os_str().is_empty() {
        return Err(refused(&name, "has no name that a file could have"));
    }
    Ok(path)
}

/// Whether a link lies behind another one, or leads there by way of one: then where it leads is not what its words say, and
/// may be outside.
fn passes_through(links: &BTreeSet<PathBuf>, path: &Path, target: &str) -> bool {
    let behind = path.ancestors().skip(1).any(|above| links.contains(above));
    let mut at = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut through = false;
    let mut parts = Path::new(target).components().peekable();
    while let Some(part) = parts.next() {
        match part {
            Component::Normal(part) => at.push(part),
            Component::ParentDir => drop(at.pop()),
            _ => {}
        }
        through |= parts.peek().is_some() && links.contains(&at);
    }
    behind || through
}

/// Where a link leads: it must stay below the folder.
fn target(
    entry: &mut ZipFile<'_, impl Read>,
    (name, path): (&str, &Path),
) -> Result<String, UnpackError> {
    let mut text = String::new();
    let read = entry.take(LONGEST_LINK).read_to_string(&mut text);
    read.map_err(|error| UnpackError::Broken(error.to_string()))?;
    let mut depth = path.components().count() - 1;
    for part in Path::new(&text).components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => {
                return Err(refused(name, "is a link that leads out of the folder"));
            }
        }
    }
    Ok(text)
}

fn write(
    entry: &mut ZipFile<'_, impl Read>,
    (name, path): (&str, &Path),
    left: &mut u64,
) -> Result<(), UnpackError> {
    let mode = entry.unix_mode().unwrap_or(0o755);
    let mode = if mode & 0o111 == 0 { 0o644 } else { 0o755 };
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path);
    let mut file = match opened {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(refused(name, "is there twice"));
        }
        opened => opened?,
    };
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = entry
            .read(&mut buffer)
            .map_err(|error| UnpackError::Broken(error.to_string()))?;
        if read == 0 {
            return Ok(());
        }
        // Sizes in the archive may lie: what counts is what comes out.
        *left = left.checked_sub(read as u64).ok_or(UnpackError::TooLarge)?;
        file.write_all(&buffer[..read])?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::os::unix::fs::PermissionsExt as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    type Writer<'a> = ZipWriter<&'a mut Cursor<Vec<u8>>>;

    fn archive(make: impl FnOnce(&mut Writer<'_>)) -> Cursor<Vec<u8>> {
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = ZipWriter::new(&mut bytes);
        make(&mut writer);
        writer.finish().unwrap();
        bytes
    }

    fn file(writer: &mut Writer<'_>, name: &str, mode: u32) {
        let options = SimpleFileOptions::default().unix_permissions(mode);
        writer.start_file(name, options).unwrap();
        writer.write_all(b"content").unwrap();
    }

    #[test]
    fn files_folders_links_and_modes_come_out_as_they_went_in() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = archive(|writer| {
            file(writer, "bin/bootstrap", 0o755);
            file(writer, "index.py", 0o600);
            let options = SimpleFileOptions::default();
            writer.add_directory("empty/", options).unwrap();
            writer.add_symlink("run", "bin/bootstrap", options).unwrap();
        });
        unpack(bytes, folder.path()).unwrap();
        let mode = |name: &str| {
            let metadata = fs::metadata(folder.path().join(name)).unwrap();
            metadata.permissions().mode() & 0o777
        };
        assert_eq!((mode("bin/bootstrap"), mode("index.py")), (0o755, 0o644));
        assert!(folder.path().join("empty").is_dir());
        assert_eq!(fs::read(folder.path().join("run")).unwrap(), b"content");
    }

    #[test]
    fn nothing_is_written_outside_the_folder() {
        let hostile: [fn(&mut Writer<'_>); 4] = [
            |writer| file(writer, "../evil", 0o644),
            |writer| file(writer, "/etc/evil", 0o644),
            |writer| file(writer, "a\\..\\..\\evil", 0o644),
            |writer| {
                let options = SimpleFileOptions::default();
                writer.add_symlink("up", "..", options).unwrap();
            },
        ];
        for make in hostile {
            let folder = tempfile::tempdir().unwrap();
            let inner = folder.path().join("in");
            fs::create_dir(&inner).unwrap();
            let error = unpack(archive(make), &inner).unwrap_err();
            assert!(matches!(error, UnpackError::Entry { .. }), "{error}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn links_through_links_lead_nowhere() {
        let links: [&[(&str, &str)]; 4] = [
            &[("p/q/r/s", "../../.."), ("t", "p/q/r/s/../../../..")],
            &[("d/link", ".."), ("x", "d/link/..")],
            &[("a", "b"), ("a/c", "d")],
            &[("a", "b"), ("a", "c")],
        ];
        for links in links {
            let folder = tempfile::tempdir().unwrap();
            let inner = folder.path().join("in");
            fs::create_dir(&inner).unwrap();
            let bytes = archive(|writer| {
                for (name, target) in links {
                    let options = SimpleFileOptions::default();
                    // The writer itself refuses a name that is there twice.
                    let _ = writer.add_symlink(*name, *target, options);
                }
                if links[0].0 == links[1].0 {
                    file(writer, "a/c", 0o644);
                }
            });
            let error = unpack(bytes, &inner).unwrap_err();
            assert!(matches!(error, UnpackError::Entry { .. }), "{error}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn what_is_no_archive_is_said_to_be_none() {
        let folder = tempfile::tempdir().unwrap();
        for bytes in [&b""[..], b"PK", b"not a zip at all"] {
            let error = unpack(Cursor::new(bytes), folder.path()).unwrap_err();
            assert!(matches!(error, UnpackError::Broken(_)), "{error}");
        }
    }
}
