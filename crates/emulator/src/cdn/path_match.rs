//! Which paths a rule means: folders by prefix, files by type; pure.

/// A file or folder and everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPrefix(String);

/// File types in lower case, without dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileTypes(Vec<String>);

impl PathPrefix {
    /// Reads `/folder`, `/folder/` or `/folder/file`; `None` when it does not start with `/`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        text.starts_with('/')
            .then(|| Self(text.trim_end_matches('/').to_owned()))
    }

    /// Whether `path` is this one or lies below it; a prefix ends at a slash only.
    pub(super) fn matches(&self, path: &str) -> bool {
        path.strip_prefix(self.0.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl FileTypes {
    /// Reads `jpg,txt`; `None` when no type is named.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let types: Vec<String> = text
            .split([',', ';'])
            .map(|kind| kind.trim().trim_start_matches('.').to_ascii_lowercase())
            .filter(|kind| !kind.is_empty())
            .collect();
        (!types.is_empty()).then_some(Self(types))
    }

    /// Whether the last segment of `path` ends in one of the types.
    pub(super) fn matches(&self, path: &str) -> bool {
        let file = path.rsplit('/').next().unwrap_or_default();
        file.rsplit_once('.')
            .is_some_and(|(_, kind)| self.0.iter().any(|known| known.eq_ignore_ascii_case(kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_means_itself_and_what_is_below_it() {
        let folder = PathPrefix::parse("/a/b/").unwrap();
        assert!(folder.matches("/a/b") && folder.matches("/a/b/") && folder.matches("/a/b/c.txt"));
        assert!(!folder.matches("/a/bc") && !folder.matches("/a"));
        assert!(PathPrefix::parse("/").unwrap().matches("/x"));
        assert_eq!(PathPrefix::parse("a"), None);
    }

    #[test]
    fn a_type_is_the_end_of_the_last_segment_in_any_case() {
        let types = FileTypes::parse("jpg, .TXT").unwrap();
        assert!(types.matches("/a.b/c.JPG") && types.matches("/x.txt"));
        assert!(!types.matches("/a.jpg/c") && !types.matches("/jpg") && !types.matches("/a.jpgx"));
        assert_eq!(FileTypes::parse(" , "), None);
    }
}
