//! A task of refreshing or preloading one path, as the API shows it; pure.

/// One path of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Task {
    /// The call's number, shown as `TaskId`.
    pub(super) call: i64,
    pub(super) kind: TaskKind,
    /// As the API call named it.
    pub(super) path: String,
    pub(super) domain: String,
    pub(super) status: TaskStatus,
    /// Why it failed; else empty.
    pub(super) description: String,
    /// Milliseconds of the cloud's time.
    pub(super) created_ms: i64,
}

/// What a task does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TaskKind {
    File,
    Directory,
    Preload,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TaskStatus {
    Complete,
    Refreshing,
    Failed,
}

impl TaskKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Preload => "preload",
        }
    }

    pub(super) fn parse(name: &str) -> Self {
        match name {
            "directory" => Self::Directory,
            "preload" => Self::Preload,
            _ => Self::File,
        }
    }
}

impl TaskStatus {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Complete => "Complete",
            Self::Refreshing => "Refreshing",
            Self::Failed => "Failed",
        }
    }

    pub(super) fn parse(name: &str) -> Self {
        match name {
            "Complete" => Self::Complete,
            "Refreshing" => Self::Refreshing,
            _ => Self::Failed,
        }
    }
}

/// A cached path that an API call names by URL: `[http[s]://]domain/path`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ObjectPath<'a> {
    pub(super) domain: &'a str,
    /// Begins with `/`.
    pub(super) target: &'a str,
}

impl<'a> ObjectPath<'a> {
    /// Reads one line of an API call; `None` when it names no path of a domain.
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let rest = line
            .strip_prefix("http://")
            .or_else(|| line.strip_prefix("https://"))
            .unwrap_or(line);
        let rest = rest.split('#').next().unwrap_or(rest);
        let at = rest.find('/')?;
        let (domain, target) = rest.split_at(at);
        let domain = domain.split(':').next().unwrap_or(domain);
        (!domain.is_empty()).then_some(Self { domain, target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_paths_are_urls_with_or_without_a_scheme() {
        let read = |line| ObjectPath::parse(line).map(|path| (path.domain, path.target));
        assert_eq!(read("https://a.test/x?y=1#z"), Some(("a.test", "/x?y=1")));
        assert_eq!(read("a.test:80/"), Some(("a.test", "/")));
        assert_eq!(read("a.test"), None);
        assert_eq!(read("/x"), None);
    }
}
