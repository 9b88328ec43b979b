//! What lies inside a flow: a schedule, a version, an alias.

use crate::provider::{ErrorKind, ProviderError};
use crate::resource::{KindSpec, Object, RemoteId};

use super::fc_part::text;

/// The id of a part from its flow's name and its own.
pub(super) fn id(attrs: &Object, name: &str) -> Option<RemoteId> {
    let (flow, name) = (text(attrs, "flowName")?, text(attrs, name)?);
    Some(RemoteId::new(format!("{flow}/{name}")))
}

/// The flow's name and the part's own.
pub(super) fn split<'a>(
    kind: &'static str,
    id: &'a RemoteId,
) -> Result<(&'a str, &'a str), ProviderError> {
    id.as_str().split_once('/').ok_or_else(|| {
        let message = format!("`{id}` is not a flow and a name");
        ProviderError::new(ErrorKind::Invalid, kind, message)
    })
}

/// The rules that all parts have in common: a flow that is made anew with another mode takes them along, and they carry no
/// mark of their own. `fixed` are the attributes that cannot change, `named` those of them that form the name.
pub(super) fn spec(fixed: &[&str], named: &[&str], outputs: &[&str]) -> KindSpec {
    let mut spec = KindSpec::new(&[fixed, &["flowName", "flowMode"]].concat(), outputs);
    let named = named.iter().chain(&["flowName"]);
    spec.identity.extend(named.map(|&name| name.to_owned()));
    spec.contained = true;
    spec
}
