//! The property `alias`: each definition that is deployed becomes a version, and the alias leads to it.

use std::collections::BTreeSet;

use super::part;
use crate::component::alias::{self, Alias};
use crate::component::props::{Props, bad};
use crate::component::typed::map;
use crate::diagnostic::{Diagnostics, Span};
use crate::manifest::Block;
use crate::resource::{Attrs, Resource, ResourceId, Value};

/// What is asked for. The service's weights are whole hundredths.
pub(super) fn read(
    block: &Block,
    props: &Props<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Alias> {
    let alias = alias::read(block, props, diagnostics)?;
    if let Some(Value::Plain(weight)) = &alias.trial
        && let Some(part) = weight.as_f64()
        && !is_whole(part)
    {
        let path = format!("{}.canary", props.path("alias"));
        diagnostics.push(bad(
            &path,
            "a part in whole hundredths, such as 0.05",
            &alias.at,
        ));
        return None;
    }
    Some(alias)
}

/// Whether a part is a whole number of hundredths.
fn is_whole(part: f64) -> bool {
    (1..=100u8).any(|hundredths| (part * 100.0 - f64::from(hundredths)).abs() < 1e-9) || part == 0.0
}

/// The versions of a flow and the alias that leads to them.
pub(super) fn parts(flow: &Resource, alias: Alias) -> [Resource; 2] {
    let Alias { name, trial, at } = alias;
    let block = flow.id.block();
    let mut attrs = part::of(flow);
    let revision = Value::Ref(flow.id.clone(), "revision".to_owned());
    attrs.insert("revision".to_owned(), revision);
    if trial.is_some() {
        attrs.insert("trial".to_owned(), Value::Plain(true.into()));
    }
    let version = inside(
        flow,
        (format!("{block}.version"), "flow.version"),
        attrs,
        &at,
    );
    let output = |name: &str| Value::Ref(version.id.clone(), name.to_owned());
    let mut attrs = part::of(flow);
    attrs.insert("aliasName".to_owned(), name.as_str().into());
    let settled = if let Some(weight) = trial {
        let newest = ("versionId".to_owned(), output("versionId"));
        let trial = map(Attrs::from([newest, ("weight".to_owned(), weight)]));
        attrs.insert("trial".to_owned(), trial);
        "settledId"
    } else {
        "versionId"
    };
    attrs.insert("versionId".to_owned(), output(settled));
    let led = inside(flow, (format!("{block}.alias"), "flow.alias"), attrs, &at);
    [version, led]
}

fn inside(
    flow: &Resource,
    (id, kind): (String, &'static str),
    attrs: Attrs,
    at: &Span,
) -> Resource {
    Resource {
        id: ResourceId::new(id),
        kind: kind.into(),
        attrs,
        after: BTreeSet::from([flow.id.clone()]),
        at: Some(at.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn parts_are_whole_hundredths() {
        for part in [0.0, 0.01, 0.29, 0.5, 1.0] {
            assert!(is_whole(part), "{part}");
        }
        for part in [0.005, 0.125, 0.999] {
            assert!(!is_whole(part), "{part}");
        }
    }
}
