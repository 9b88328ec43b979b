//! Gives code to a process that runs already: its own folder gets links to the files.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

/// More entries than this are faster seen by a new process than linked for one that waits.
const MOST: usize = 2000;

/// Makes `to`, which is empty, a likeness of `from`. `false`: there is too much of it, and nothing was made.
pub(super) fn lend(from: &Path, to: &Path) -> io::Result<bool> {
    let mut left = MOST;
    if !fits(from, &mut left)? {
        return Ok(false);
    }
    link(from, to)?;
    Ok(true)
}

fn fits(folder: &Path, left: &mut usize) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        *left -= 1;
        if *left == 0 || entry.file_type()?.is_dir() && !fits(&entry.path(), left)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn link(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::create_dir(&target)?;
            link(&source, &target)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
        } else {
            fs::hard_link(&source, &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_lent_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("a/b")).unwrap();
        fs::create_dir(&to).unwrap();
        fs::write(from.join("a/b/c"), "c").unwrap();
        symlink("a/b/c", from.join("link")).unwrap();
        assert!(lend(&from, &to).unwrap());
        assert_eq!(fs::read_to_string(to.join("link")).unwrap(), "c");

        let many = folder.path().join("many");
        fs::create_dir_all(many.join("in")).unwrap();
        for number in 0..MOST {
            fs::write(many.join("in").join(number.to_string()), "").unwrap();
        }
        let none = folder.path().join("none");
        fs::create_dir(&none).unwrap();
        assert!(!lend(&many, &none).unwrap());
        assert_eq!(fs::read_dir(&none).unwrap().count(), 0);
    }
}
