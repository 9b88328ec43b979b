//! What to do about one wanted resource.

use serde_json::Value as Json;

use super::make::{Observed, Planner};
use super::{Adoption, Change, Facts, FieldDiff, current, diff, room};
use crate::diagnostic::{Diagnostic, code};
use crate::provider::Seen;
use crate::resource::{KindSpec, Object, Resource, ResourceId};
use crate::state::{Record, Status};

/// What was decided.
#[derive(Debug, Default)]
pub(super) struct Decision {
    pub(super) change: Option<Change>,
    pub(super) before: Option<Object>,
    pub(super) drift: Vec<FieldDiff>,
    pub(super) unmanaged: Vec<String>,
    /// Why what is there must be deleted before its successor is made: both have the same name.
    pub(super) delete_first: Option<String>,
}

/// Wanted attributes as far as they are known, and the names of those that are not.
struct Wanted<'a> {
    attrs: Facts<'a>,
    unknown: Vec<String>,
}

/// Decides about one resource.
pub(super) fn decide(
    resource: &Resource,
    observed: &Observed,
    spec: &KindSpec,
    planner: &Planner<'_>,
) -> Result<Decision, Diagnostic> {
    let wanted = wanted(resource, spec, planner);
    let remembered = planner.remembered(resource);
    let asked = remembered.map_or(&resource.id, |(id, _)| id);
    let seen = observed.get(asked).and_then(Option::as_ref);
    let seen = seen.filter(|_| remembered.is_some() || !planner.loses_its_place(resource));
    match (remembered, seen) {
        (None, None) => Ok(create(&wanted, spec, Vec::new())),
        (None, Some(seen)) if spec.contained => {
            let known = known_items(seen, &wanted, spec);
            let (before, unmanaged) = current(&known, &seen.attrs, spec);
            let change = Change::Create {
                diff: wanted.diff(&before, spec),
                replaces: Vec::new(),
            };
            Ok(Decision {
                change: Some(change),
                unmanaged,
                ..Decision::default()
            })
        }
        (Some((_, record)), None) => {
            let mut decision = create(&wanted, spec, Vec::new());
            if record.status == Status::Ready {
                decision.drift = vec![FieldDiff {
                    path: Vec::new(),
                    before: Some("present".into()),
                    after: None,
                    unknown: false,
                }];
            }
            Ok(decision)
        }
        (None, Some(seen)) => take_over(resource, seen, &wanted, spec, planner),
        (Some((was, record)), Some(seen)) => {
            refuse_foreign(resource, seen, planner)?;
            let mut decision = change(resource, record, seen, &wanted, spec);
            if let Some(ahead) = observed.ahead.get(&resource.id).filter(|_| !spec.contained) {
                refuse_unmarked(resource, ahead, planner)?;
            }
            if seen
                .owner
                .as_deref()
                .is_some_and(|owner| owner != planner.goal.owner)
            {
                decision.change = decision
                    .change
                    .map(taken_over)
                    .or_else(|| Some(adopt(Vec::new())));
            }
            if *was != resource.id {
                decision.change = Some(renamed(decision.change, was));
            }
            Ok(decision)
        }
    }
}

/// What carries somebody else's mark gets ours with whatever changes about it.
fn taken_over(change: Change) -> Change {
    match change {
        Change::Update { diff }
        | Change::Adopt {
            diff, was: None, ..
        } => adopt(diff),
        other => other,
    }
}

fn adopt(diff: Vec<FieldDiff>) -> Change {
    Change::Adopt {
        diff,
        because: "--adopt".to_owned(),
        was: None,
    }
}

/// The change of a thing that only got another name in the manifest.
fn renamed(change: Option<Change>, was: &ResourceId) -> Change {
    let diff = match change {
        Some(create @ Change::Create { .. }) => return create,
        Some(other) => other.diff().to_vec(),
        None => Vec::new(),
    };
    let because = format!("it was `{was}` before");
    Change::Adopt {
        diff,
        because,
        was: Some(was.clone()),
    }
}

fn wanted<'a>(resource: &'a Resource, spec: &KindSpec, planner: &Planner<'_>) -> Wanted<'a> {
    let mut wanted = Wanted {
        attrs: Facts::default(),
        unknown: Vec::new(),
    };
    for (name, value) in &resource.attrs {
        match value.resolve(&|id, path| planner.output(id, path)) {
            Ok(json) => wanted.attrs.insert(name, json),
            Err(_) if spec.local.contains(name) => {}
            Err(_) => wanted.unknown.push(name.clone()),
        }
    }
    wanted
}

impl Wanted<'_> {
    /// What differs from `before`; what is not known yet counts as different.
    fn diff(&self, before: &Facts<'_>, spec: &KindSpec) -> Vec<FieldDiff> {
        let mut found = diff(&before.without(&self.unknown), &self.attrs, spec);
        found.extend(self.unknown.iter().map(|name| FieldDiff {
            path: vec![name.clone()],
            before: before.get(name).cloned(),
            after: None,
            unknown: true,
        }));
        found
    }
}

fn create(wanted: &Wanted<'_>, spec: &KindSpec, replaces: Vec<String>) -> Decision {
    let mut diff = wanted.diff(&Facts::default(), spec);
    // Of something new there is no "before", not even the kind's default.
    for added in &mut diff {
        added.before = None;
    }
    let change = Change::Create { diff, replaces };
    Decision {
        change: Some(change),
        ..Decision::default()
    }
}

/// Something of that name exists and the state does not know it.
fn take_over(
    resource: &Resource,
    seen: &Seen,
    wanted: &Wanted<'_>,
    spec: &KindSpec,
    planner: &Planner<'_>,
) -> Result<Decision, Diagnostic> {
    let ours = seen.owner.as_deref() == Some(planner.goal.owner);
    if !ours && planner.goal.adoption == Adoption::Refuse {
        let error = foreign(resource, seen);
        return Err(way_out(error, seen, planner));
    }
    let known = known_items(seen, wanted, spec);
    let (before, unmanaged) = current(&known, &seen.attrs, spec);
    let because = if ours {
        "this project made it"
    } else {
        "--adopt"
    }
    .to_owned();
    let change = Change::Adopt {
        diff: wanted.diff(&before, spec),
        because,
        was: None,
    };
    Ok(Decision {
        change: Some(change),
        before: Some(before.into_object()),
        unmanaged,
        ..Decision::default()
    })
}

/// Of what is taken over, only items that are wanted become ours.
fn known_items(seen: &Seen, wanted: &Wanted<'_>, spec: &KindSpec) -> Object {
    let mut known = Object::new();
    for name in &spec.items {
        let (Some(Json::Object(shown)), Some(Json::Object(wanted))) =
            (seen.attrs.get(name), wanted.attrs.get(name))
        else {
            continue;
        };
        let mut shown = shown.clone();
        shown.retain(|key, _| wanted.contains_key(key));
        known.insert(name.clone(), Json::Object(shown));
    }
    known
}

/// Like `refuse_foreign`, for a thing that we never had: without a mark it is not ours either.
fn refuse_unmarked(
    resource: &Resource,
    seen: &Seen,
    planner: &Planner<'_>,
) -> Result<(), Diagnostic> {
    let ours = seen.owner.as_deref() == Some(planner.goal.owner);
    if ours || planner.goal.adoption == Adoption::Allow {
        return Ok(());
    }
    Err(way_out(foreign(resource, seen), seen, planner))
}

fn refuse_foreign(
    resource: &Resource,
    seen: &Seen,
    planner: &Planner<'_>,
) -> Result<(), Diagnostic> {
    match &seen.owner {
        Some(owner) if owner != planner.goal.owner && planner.goal.adoption == Adoption::Refuse => {
            Err(way_out(foreign(resource, seen), seen, planner))
        }
        _ => Ok(()),
    }
}

/// What to do about a thing that is not ours: with this project's own name on it, its state was lost.
fn way_out(error: Diagnostic, seen: &Seen, planner: &Planner<'_>) -> Diagnostic {
    let project = |mark: &str| mark.rsplit_once('/').map(|(project, _)| project.to_owned());
    match &seen.owner {
        Some(owner) if project(owner) == project(planner.goal.owner) => {
            error.hint("if this project's state was lost: sdev deploy --adopt")
        }
        Some(_) => error.hint("choose another name, or deploy from the project that made it"),
        None => error.hint("choose another name, or take it over: sdev deploy --adopt"),
    }
}

fn foreign(resource: &Resource, seen: &Seen) -> Diagnostic {
    let owner = seen.owner.as_deref().map_or_else(
        || "nobody's mark".to_owned(),
        |owner| format!("the mark of `{owner}`"),
    );
    let detail = format!(
        "`{}` ({}) is there already and carries {owner}",
        resource.id, resource.kind
    );
    let error = Diagnostic::error(code::ALREADY_EXISTS, detail);
    match &resource.at {
        Some(at) => error.at(at.clone()),
        None => error,
    }
}

fn change(
    resource: &Resource,
    record: &Record,
    seen: &Seen,
    wanted: &Wanted<'_>,
    spec: &KindSpec,
) -> Decision {
    let remembered = record.attrs_with_pending(spec);
    let (before, mut unmanaged) = current(&remembered, &seen.attrs, spec);
    let drift = if record.is_unsettled() {
        Vec::new()
    } else {
        diff(&Facts::from(&record.attrs), &before, spec)
    };
    // A fingerprint of another key says nothing of what is there.
    let (renewed, drift): (Vec<_>, Vec<_>) = drift.into_iter().partition(FieldDiff::is_renewed);
    let differs = wanted.diff(&before, spec);
    unmanaged.retain(|key| !spec.items.iter().any(|name| wants_item(wanted, name, key)));
    let mut decision = Decision {
        drift,
        unmanaged,
        ..Decision::default()
    };
    let fixed: Vec<String> = fixed_fields(record, resource, &differs, spec);
    if !fixed.is_empty() {
        let renamed = differs.iter().any(|d| {
            d.path
                .first()
                .is_some_and(|name| spec.identity.contains(name))
        });
        let is_same_place = !renamed && record.kind == resource.kind;
        if is_same_place || room::stands_in_the_way(record, resource, spec) {
            decision.delete_first = Some(format!("{} cannot change in place", fixed.join(", ")));
        }
        decision.change = create(wanted, spec, fixed).change;
        return decision;
    }
    decision.change = match (&record.status, differs.is_empty()) {
        (Status::Ready, true) if decision.drift.is_empty() && renewed.is_empty() => None,
        (Status::Ready, true) if decision.drift.is_empty() => Some(Change::Adopt {
            diff: differs,
            because: "its secrets get fingerprints of this machine's key".to_owned(),
            was: None,
        }),
        (Status::Ready, true) => Some(Change::Adopt {
            diff: differs,
            because: "it changed online to what is wanted".to_owned(),
            was: None,
        }),
        (Status::Ready, false) => Some(Change::Update { diff: differs }),
        (_, _) => Some(Change::Adopt {
            diff: differs,
            because: "an earlier run was interrupted".to_owned(),
            was: None,
        }),
    };
    let changes = decision.change.is_some();
    decision.before = changes.then(|| before.into_object());
    decision
}

fn wants_item(wanted: &Wanted<'_>, attr: &str, key: &str) -> bool {
    wanted
        .attrs
        .get(attr)
        .and_then(Json::as_object)
        .is_some_and(|items| items.contains_key(key))
}

/// Differing attributes that cannot change in place.
fn fixed_fields(
    record: &Record,
    resource: &Resource,
    differs: &[FieldDiff],
    spec: &KindSpec,
) -> Vec<String> {
    let mut fixed: Vec<String> = differs
        .iter()
        .filter_map(|d| d.path.first())
        .filter(|name| spec.immutable.contains(*name))
        .cloned()
        .collect();
    fixed.dedup();
    if record.kind != resource.kind {
        fixed.push("kind".to_owned());
    }
    fixed
}
