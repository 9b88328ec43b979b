//! The names under `sdev`, each with what it is: reading and the schema go by these.

/// A name and what it is.
pub(super) type Key = (&'static str, &'static str);

/// Directly under `sdev`.
pub(super) const TOP: &[Key] = &[
    (
        "state",
        "where the state lives (default: `.sdev` beside the manifest)",
    ),
    (
        "protect",
        "resources that no plan may delete or replace, by their names under `resources`",
    ),
    (
        "moved",
        "resources that got another name under `resources`: the old name, then the new one",
    ),
    (
        "policies",
        "rules that the manifest and every plan must keep",
    ),
    (
        "build",
        "lines for the shell that make the code of functions, by the names of the resources; else the files beside the code say",
    ),
    (
        "secrets",
        "environment variables whose values are secret wherever `env()` puts them",
    ),
];

/// Under `state`.
pub(super) const STATE: &[Key] = &[
    ("folder", "a folder, relative to the manifest"),
    (
        "bucket",
        "a bucket of the object storage, reached with the same access as what is deployed",
    ),
    (
        "prefix",
        "what the names of all objects begin with; only with `bucket`",
    ),
    (
        "region",
        "the bucket's region (default: that of the access); only with `bucket`",
    ),
];

/// Of a policy, whatever it is for.
pub(super) const POLICY: &[Key] = &[
    ("name", "what messages call it"),
    ("message", "what to say to whoever breaks it"),
    (
        "level",
        "`error` (default) stops the command, `warning` does not",
    ),
    (
        "environment",
        "a glob: the environments it counts in (default: all)",
    ),
];

/// Of a policy for properties.
pub(super) const SUBJECT: &[Key] = &[
    (
        "for",
        "the component whose resources it is for (default: `*`, all)",
    ),
    (
        "resource",
        "a glob: the names of the resources it is for (default: all)",
    ),
    (
        "property",
        "the property: a dotted path below `props`, with `*` for every item of a list or value of a map",
    ),
];

/// What a policy can demand of a property: one of these, `required` also beside another.
pub(super) const CONDITION: &[Key] = &[
    ("one_of", "the value is one of these"),
    ("equals", "the value is this"),
    ("not", "the value is not this"),
    ("matches", "the value is a text that this glob matches"),
    ("at_least", "the value is a number not below this"),
    ("at_most", "the value is a number not above this"),
    ("forbidden", "`true`: the property must not be there"),
    (
        "required",
        "whether the property must be there (default: `true`, with `not` `false`)",
    ),
];

/// Of a policy for plans.
pub(super) const PLAN: &str = "plan";
pub(super) const ABOUT_PLAN: &str = "how much one plan may hold, instead of `property`";

/// Under `plan`.
pub(super) const LIMIT: &[Key] = &[
    ("deletes", "resources that one plan deletes at most"),
    ("replaces", "resources that one plan replaces at most"),
];

/// The names of some keys.
pub(super) fn names(keys: &[Key]) -> impl Iterator<Item = &'static str> {
    keys.iter().map(|(name, _)| *name)
}
