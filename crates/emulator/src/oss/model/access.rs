//! Who may do what: access control lists of buckets and objects.

/// An access control list, in the vendor's three canned forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oss) enum Acl {
    Private,
    PublicRead,
    PublicReadWrite,
}

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oss) enum Caller {
    /// The account's own key signed it.
    Owner,
    /// A key signed it that was lent to put the very object that it names.
    Uploader,
    /// Nobody signed it.
    Anonymous,
}

/// What a request wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oss) enum Action {
    /// Read an object's content and headers, or list a bucket.
    Read,
    /// Write or delete an object.
    Write,
    /// Anything about settings.
    Configure,
}

impl Acl {
    pub(in crate::oss) fn parse(text: &str) -> Option<Self> {
        match text {
            "private" => Some(Self::Private),
            "public-read" => Some(Self::PublicRead),
            "public-read-write" => Some(Self::PublicReadWrite),
            _ => None,
        }
    }

    pub(in crate::oss) fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
        }
    }
}

/// Whether the caller may act; an object's own list, if it has one, replaces its bucket's.
pub(in crate::oss) fn is_allowed(
    caller: Caller,
    action: Action,
    bucket: Acl,
    object: Option<Acl>,
) -> bool {
    let acl = object.unwrap_or(bucket);
    match (caller, action) {
        (Caller::Owner, _) | (Caller::Uploader, Action::Write) => true,
        (Caller::Anonymous, Action::Read) => acl != Acl::Private,
        (Caller::Anonymous, Action::Write) => acl == Acl::PublicReadWrite,
        (Caller::Uploader, _) | (Caller::Anonymous, Action::Configure) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_get_what_the_lists_give_and_no_more() {
        let stranger =
            |action, bucket, object| is_allowed(Caller::Anonymous, action, bucket, object);
        assert!(stranger(Action::Read, Acl::PublicRead, None));
        assert!(!stranger(Action::Write, Acl::PublicRead, None));
        assert!(stranger(Action::Write, Acl::PublicReadWrite, None));
        assert!(!stranger(Action::Configure, Acl::PublicReadWrite, None));
        assert!(!stranger(Action::Read, Acl::Private, None));
        assert!(stranger(Action::Read, Acl::Private, Some(Acl::PublicRead)));
        assert!(!stranger(
            Action::Read,
            Acl::PublicReadWrite,
            Some(Acl::Private)
        ));
        let uploader = |action| is_allowed(Caller::Uploader, action, Acl::PublicReadWrite, None);
        assert!(uploader(Action::Write));
        assert!(!uploader(Action::Read) && !uploader(Action::Configure));
        assert!(is_allowed(
            Caller::Owner,
            Action::Configure,
            Acl::Private,
            Some(Acl::Private)
        ));
    }
}
