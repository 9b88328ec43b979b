//! What lies inside a flow.

use crate::resource::{Attrs, Resource};

/// What every part says of its flow. With another mode the flow is made anew under its name, and its parts with it.
pub(super) fn of(flow: &Resource) -> Attrs {
    let named = [("name", "flowName"), ("executionMode", "flowMode")];
    let pairs = named.iter().filter_map(|(of_flow, name)| {
        let value = flow.attrs.get(*of_flow)?.clone();
        Some(((*name).to_owned(), value))
    });
    pairs.collect()
}
