//! Unpacks an archive into an empty folder, and nowhere else.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::Path;

use unzip::{Archive, Form, Refusal};

/// Why an archive is not unpacked.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnpackError {
    #[error("the code cannot be unpacked: {0}")]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Unpacks into `folder`, which must be empty. Files keep whether they can be run. Links may lead to absolute places; they are
/// made last, and nothing has its place below one, so that nothing is written through one.
pub(super) fn unpack(archive: impl Read + Seek, folder: &Path) -> Result<(), UnpackError> {
    let mut archive = Archive::judge(archive)?;
    let members = archive.members().to_vec();
    let mut links = Vec::new();
    for (number, member) in members.iter().enumerate() {
        let at = folder.join(&member.path);
        match &member.form {
            Form::Folder => fs::create_dir_all(at)?,
            Form::File { executable } => write(&mut archive, number, (&at, *executable))?,
            Form::Link { target } => links.push((at, target)),
        }
    }
    for (at, target) in links {
        at.parent().map_or(Ok(()), fs::create_dir_all)?;
        symlink(target, at)?;
    }
    Ok(())
}

fn write(
    archive: &mut Archive<impl Read + Seek>,
    number: usize,
    (path, executable): (&Path, bool),
) -> Result<(), UnpackError> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let mode = if executable { 0o755 } else { 0o644 };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    archive.content(number, &mut |piece| Ok(file.write_all(piece)?))
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
            assert!(
                matches!(error, UnpackError::Refused(Refusal::Entry { .. })),
                "{error}"
            );
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn nothing_is_written_through_a_link_whatever_comes_first() {
        let outside = tempfile::tempdir().unwrap();
        fs::create_dir(outside.path().join("below")).unwrap();
        let target = outside.path().to_str().unwrap();
        let options = SimpleFileOptions::default();
        let link = |writer: &mut Writer<'_>, name: &str| {
            writer.add_symlink(name, target, options).unwrap();
        };
        let hostile: [&dyn Fn(&mut Writer<'_>); 6] = [
            &|writer| {
                link(writer, "a");
                file(writer, "a/evil", 0o644);
            },
            &|writer| {
                file(writer, "a/evil", 0o644);
                link(writer, "a");
            },
            &|writer| {
                link(writer, "a");
                file(writer, "./a//below/evil", 0o644);
            },
            &|writer| {
                link(writer, "a");
                writer.add_directory("a/evil/", options).unwrap();
            },
            &|writer| {
                link(writer, "a");
                link(writer, "a/below/evil");
            },
            &|writer| {
                writer.add_directory("a/", options).unwrap();
                link(writer, "a");
                file(writer, "a/evil", 0o644);
            },
        ];
        for make in hostile {
            let folder = tempfile::tempdir().unwrap();
            let error = unpack(archive(make), folder.path()).unwrap_err();
            let is_refused = matches!(error, UnpackError::Refused(Refusal::Entry { .. }));
            assert!(is_refused, "{error}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }
        let mut inside = fs::read_dir(outside.path().join("below")).unwrap();
        assert!(inside.next().is_none());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_to_an_absolute_place_is_made_and_not_followed() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = outside.path().join("absent");
        let bytes = archive(|writer| {
            let options = SimpleFileOptions::default();
            let target = target.to_str().unwrap();
            writer.add_symlink("bin/python3", target, options).unwrap();
            writer
                .add_symlink("bin/python", "python3", options)
                .unwrap();
        });
        unpack(bytes, folder.path()).unwrap();
        let read = fs::read_link(folder.path().join("bin/python3")).unwrap();
        assert_eq!(read, target);
        assert!(!target.exists());
        fs::create_dir(&target).unwrap();
        fs::write(target.join("kept"), "").unwrap();
        fs::remove_dir_all(folder.path().join("bin")).unwrap();
        assert!(target.join("kept").exists());
    }

    #[test]
    fn links_through_links_lead_nowhere() {
        let links: [&[(&str, &str)]; 5] = [
            &[("a", "/"), ("x", "a/etc/passwd")],
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
            assert!(
                matches!(error, UnpackError::Refused(Refusal::Entry { .. })),
                "{error}"
            );
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn what_is_no_archive_is_said_to_be_none() {
        let folder = tempfile::tempdir().unwrap();
        for bytes in [&b""[..], b"PK", b"not a zip at all"] {
            let error = unpack(Cursor::new(bytes), folder.path()).unwrap_err();
            assert!(
                matches!(error, UnpackError::Refused(Refusal::Broken(_))),
                "{error}"
            );
        }
    }
}
