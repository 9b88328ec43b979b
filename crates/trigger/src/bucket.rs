//! Events of buckets ("OSS triggers").

/// What a manifest may name: all that makes an object, or one event (the component's schema).
pub const WRITTEN: &[&str] = &[
    "oss:ObjectCreated:*",
    "oss:ObjectCreated:PutObject",
    "oss:ObjectCreated:PutSymlink",
    "oss:ObjectCreated:PostObject",
    "oss:ObjectCreated:CopyObject",
    "oss:ObjectCreated:InitiateMultipartUpload",
    "oss:ObjectCreated:UploadPart",
    "oss:ObjectCreated:UploadPartCopy",
    "oss:ObjectCreated:CompleteMultipartUpload",
    "oss:ObjectCreated:AppendObject",
    "oss:ObjectModified:UpdateObjectMeta",
    "oss:ObjectRemoved:DeleteObject",
    "oss:ObjectRemoved:DeleteObjects",
    "oss:ObjectRemoved:AbortMultipartUpload",
];

/// Events of copies between regions: the service knows them, the component's schema does not.
const REPLICATED: &[&str] = &[
    "oss:ObjectReplication:ObjectCreated",
    "oss:ObjectReplication:ObjectModified",
    "oss:ObjectReplication:ObjectRemoved",
];

/// All events.
pub fn events() -> impl Iterator<Item = &'static str> {
    let all = WRITTEN.iter().chain(REPLICATED).copied();
    all.filter(|event| !event.ends_with('*'))
}

/// Whether what a trigger waits for stands for an event. One that ends in `*` stands for those that begin so.
pub fn names(wanted: &str, event: &str) -> bool {
    match wanted.strip_suffix('*') {
        // Not for all of the bucket's at once: a sort of event is named.
        Some(beginning) => beginning.matches(':').count() == 2 && event.starts_with(beginning),
        None => wanted == event,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_events_of_one_sort() {
        let named = |wanted: &str| events().filter(|event| names(wanted, event)).count();
        assert_eq!(events().count(), 16);
        assert!(WRITTEN.iter().all(|wanted| named(wanted) > 0));
        assert_eq!(named("oss:ObjectCreated:*"), 9);
        assert_eq!(named("oss:ObjectRemoved:Delete*"), 2);
        assert_eq!(named("oss:ObjectRemoved:DeleteObject"), 1);
        for other in [
            "oss:*",
            "*",
            "oss:ObjectCreated",
            "oss:ObjectCreated:Put",
            "",
        ] {
            assert_eq!(named(other), 0, "{other}");
        }
    }
}
