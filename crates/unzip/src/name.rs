//! Where an entry belongs, by its name.

/// Bytes of a path at most, and of each part of it: what Linux takes.
const LONGEST_PATH: usize = 4095;
const LONGEST_PART: usize = 255;

/// The place below the folder that a name means, or what is wrong with it. A folder's name ends with `/`; that of the folder
/// itself has no place.
pub(crate) fn place(name: &str) -> Result<String, &'static str> {
    if name.contains('\\') {
        return Err("has a backslash in its name; zips part folders by `/`");
    }
    if name.is_empty() || name.contains('\0') {
        return Err("has no name that a file could have");
    }
    if name.starts_with('/') {
        return Err("has an absolute path");
    }
    let parts: Vec<&str> = name
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    if parts.contains(&"..") {
        return Err("leads out of the folder with `..`");
    }
    if name.len() > LONGEST_PATH || parts.iter().any(|part| part.len() > LONGEST_PART) {
        return Err("has a longer name than a file can have");
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_places_below_the_folder() {
        for (name, at) in [("a", "a"), ("./a//b/./c", "a/b/c"), ("a/", "a"), ("./", "")] {
            assert_eq!(place(name).as_deref(), Ok(at), "{name}");
        }
        let long = "x".repeat(256);
        let deep = "x/".repeat(2048);
        for name in ["", "/a", "..", "a/../b", "a\\b", "\\a", "a\0", &long, &deep] {
            assert!(place(name).is_err(), "{name}");
        }
    }
}
