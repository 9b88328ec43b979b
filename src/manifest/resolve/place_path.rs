//! Paths named in expressions, joined as the vendor's tool joins them.

use std::path::{Component, Path, PathBuf};

/// `path` seen from `folder`, with `.` and `..` taken out by name only; a trailing `/` is kept.
pub(super) fn join(folder: &Path, path: &str) -> PathBuf {
    if Path::new(path).is_absolute() {
        return PathBuf::from(path);
    }
    let mut joined = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                joined.pop();
            }
            other => joined.push(other),
        }
    }
    if path.ends_with('/') {
        joined.push("");
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_taken_out() {
        let of = |path| join(Path::new("/a/b"), path).to_string_lossy().into_owned();
        assert_eq!(of("."), "/a/b");
        assert_eq!(of("./t.txt"), "/a/b/t.txt");
        assert_eq!(of("../c"), "/a/c");
        assert_eq!(of("../"), "/a/");
        assert_eq!(of("/x/../y"), "/x/../y");
        assert_eq!(of("../../../x"), "/x");
    }
}
