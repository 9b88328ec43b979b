//! Events of the CDN.

/// The events that a trigger can wait for ("CDN event triggers", "Supported events").
pub const EVENTS: &[&str] = &[
    "CachedObjectsRefreshed",
    "CachedObjectsBlocked",
    "CachedObjectsPushed",
    "LogFileCreated",
    "CdnDomainStarted",
    "CdnDomainStopped",
    "CdnDomainAdded",
    "CdnDomainDeleted",
];

/// The only version of those events.
pub const VERSION: &str = "1.0.0";
