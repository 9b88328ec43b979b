//! Triggers of the manifest by what people call them, and example events of theirs.

use serde_json::Value as Json;

use super::{Destination, Project};
use crate::diagnostic::{Diagnostic, code};
use crate::plan;
use crate::resource::{Object, Resource, ResourceId};
use crate::sample::{ACCOUNT, Scene, Source};
use crate::state::State;
use crate::sys::clock;

const KIND: &str = "fc.trigger";
/// Where nothing says which.
const REGION: &str = "cn-hangzhou";

/// A trigger for which there is an example event.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The resource.
    pub id: ResourceId,
    /// Where its events come from.
    pub source: Source,
    /// Its attributes as far as they are known without the outputs of others.
    attrs: Object,
}

impl Chosen {
    /// The version or alias that it calls.
    pub fn qualifier(&self) -> Option<&str> {
        self.attrs.get("qualifier").and_then(Json::as_str)
    }
}

impl Project {
    /// The trigger that is meant by `BLOCK.NAME`, `BLOCK/NAME`, or its name alone when no other function has one of that name.
    ///
    /// # Errors
    /// There is none, there are several, or there is no example event for its type.
    pub fn trigger(&self, called: &str) -> Result<Chosen, Diagnostic> {
        let all: Vec<(&Resource, &str)> = self.triggers().collect();
        let whole = |(trigger, name): &&(&Resource, &str)| {
            let block = trigger.id.block();
            ['.', '/']
                .map(|sign| format!("{block}{sign}{name}"))
                .contains(&called.to_owned())
        };
        if let Some((trigger, _)) = all.iter().find(whole) {
            return chosen(trigger);
        }
        let alike: Vec<&Resource> = all
            .iter()
            .filter(|(_, name)| *name == called)
            .map(|(trigger, _)| *trigger)
            .collect();
        match alike[..] {
            [one] => chosen(one),
            [] => Err(missing(format!("no trigger is called `{called}`"), &all)),
            _ => Err(missing(
                format!("several triggers are called `{called}`"),
                &all,
            )),
        }
    }

    /// The trigger of this resource.
    ///
    /// # Errors
    /// As for [`Project::trigger`].
    pub fn trigger_at(&self, id: &ResourceId) -> Result<Chosen, Diagnostic> {
        match self.triggers().find(|(trigger, _)| trigger.id == *id) {
            Some((trigger, _)) => chosen(trigger),
            None => Err(missing(format!("`{id}` is no trigger"), &[])),
        }
    }

    /// An example event of the trigger; with a state, with what is known of the deployed one.
    pub fn event(&self, chosen: &Chosen, state: Option<&State>, to: &Destination) -> Json {
        let record = state.and_then(|state| state.records.get(&chosen.id));
        let known = |name: &str| record?.outputs.get(name)?.as_str();
        let scene = Scene {
            account: to.account.as_deref().unwrap_or(ACCOUNT),
            region: &to.region,
            time: clock::now(),
            host: known("urlInternet").and_then(host),
            trigger_id: known("triggerId"),
        };
        let resource = self.lowered.graph.get(&chosen.id);
        let outputs =
            |id: &ResourceId, path: &str| plan::output(&state?.records.get(id)?.outputs, path);
        let attrs = resource.map(|resource| outline(resource, &outputs));
        chosen
            .source
            .event(attrs.as_ref().unwrap_or(&chosen.attrs), &scene)
    }

    /// An example event of a type of triggers, of no trigger in particular.
    pub fn event_of_type(source: Source) -> Json {
        let scene = Scene {
            account: ACCOUNT,
            region: REGION,
            time: clock::now(),
            host: None,
            trigger_id: None,
        };
        source.event(&Object::new(), &scene)
    }

    /// The triggers with the names that they have in their functions.
    fn triggers(&self) -> impl Iterator<Item = (&Resource, &str)> {
        let all = self.lowered.graph.ordered();
        let of_kind = all.filter(|resource| resource.kind.as_str() == KIND);
        of_kind.filter_map(|trigger| {
            let (_, part) = trigger.id.as_str().split_once(".trigger[")?;
            Some((trigger, part.strip_suffix(']')?))
        })
    }
}

fn chosen(trigger: &Resource) -> Result<Chosen, Diagnostic> {
    let attrs = outline(trigger, &|_, _| None);
    let of = attrs.get("triggerType").and_then(Json::as_str);
    let of = of.unwrap_or_default();
    let Some(source) = Source::of_trigger(&attrs) else {
        let own = match Source::of(of) {
            Some(_) => " with this source",
            None => "",
        };
        let detail = format!("there is no example event for triggers of type `{of}`{own}");
        let names = Source::ALL.map(Source::name).join(", ");
        let mut error = Diagnostic::error(code::NOT_SUPPORTED_YET, detail)
            .hint(format!("there is one for {names}"));
        error.at.clone_from(&trigger.at);
        return Err(error);
    };
    let id = trigger.id.clone();
    Ok(Chosen { id, source, attrs })
}

/// The attributes as far as they are known.
fn outline(trigger: &Resource, output: crate::resource::Output<'_>) -> Object {
    let attrs = trigger.attrs.iter();
    attrs
        .map(|(name, value)| (name.clone(), value.outline(output)))
        .collect()
}

fn missing(detail: String, all: &[(&Resource, &str)]) -> Diagnostic {
    let names: Vec<String> = all
        .iter()
        .map(|(trigger, name)| format!("{}.{name}", trigger.id.block()))
        .collect();
    let types = Source::ALL.map(Source::name).join(", ");
    Diagnostic::error(code::TRIGGER_MISSING, detail).hint(match names[..] {
        [] => format!("examples by type: {types}"),
        _ => format!(
            "triggers here: {}; examples by type: {types}",
            names.join(", ")
        ),
    })
}

/// The host of an address, without its port.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split('/').next()?;
    Some(host.rsplit_once(':').map_or(host, |(name, _)| name))
}
