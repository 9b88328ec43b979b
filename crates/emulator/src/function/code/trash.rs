//! Deletes folders of many files, and can be told to stop.

use std::fs;
use std::io;
use std::path::Path;

use tokio_util::sync::CancellationToken;

/// Deletes all that a folder holds. Links are deleted, not followed.
///
/// # Errors
/// Something cannot be deleted; `Interrupted` when `stop` was cancelled before the end. The rest is still there.
pub(super) fn empty(folder: &Path, stop: &CancellationToken) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        if stop.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            empty(&path, stop)?;
            fs::remove_dir(path)?;
        } else {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_links_lead_to_stays() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("kept"), "").unwrap();
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        symlink(outside.path(), deep.join("folder")).unwrap();
        symlink(outside.path().join("kept"), deep.join("file")).unwrap();
        symlink("/nowhere", deep.join("broken")).unwrap();
        empty(folder.path(), &CancellationToken::new()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(outside.path().join("kept").exists());
    }
}
