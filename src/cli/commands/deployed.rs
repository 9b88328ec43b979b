//! Which deployed function or workflow a command means.

use std::sync::Arc;

use serde_json::Value as Json;

use super::super::args::{Global, OfFunction};
use super::super::printer::Printer;
use super::super::view;
use super::{Look, Reach, open};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::engine::{Destination, Project, Until};
use crate::resource::{RemoteId, ResourceId};
use crate::state::{Record, State};

/// What a command is for: its kind, and how it is called.
#[derive(Clone, Copy)]
struct Sort {
    kind: &'static str,
    noun: &'static str,
    /// How one is named; nothing: by the first word.
    option: Option<&'static str>,
    /// Whether any does when there are several and none is named.
    is_any: bool,
}

const FUNCTION: Sort = Sort {
    kind: "fc.function",
    noun: "function",
    option: None,
    is_any: false,
};
const WORKFLOW: Sort = Sort {
    kind: "flow.flow",
    noun: "workflow",
    option: Some("--resource"),
    is_any: false,
};
/// The qualifier of what is no published version.
pub(super) const LATEST: &str = "LATEST";

/// A project with the thing that a command is for.
pub(super) struct Deployed {
    pub(super) project: Project,
    pub(super) to: Destination,
    /// Its resource as the manifest names it.
    pub(super) block: String,
    pub(super) record: Record,
    /// What is remembered of everything.
    pub(super) state: Arc<State>,
}

impl Deployed {
    /// The function of the resource named, or the only one there is.
    pub(super) async fn function(
        command: &'static str,
        resource: Option<&str>,
        with: (&Global, Printer),
    ) -> Result<Self, Diagnostics> {
        Self::find(command, (FUNCTION, resource), with).await
    }

    /// The function that is meant: of a resource, or one of the account that need not be deployed from here.
    pub(super) async fn of(
        command: &'static str,
        of: &OfFunction,
        (global, printer): (&Global, Printer),
    ) -> Result<Self, Diagnostics> {
        let reach = Reach {
            region: of.region.as_deref(),
            ..Reach::all(command, Until::Lower)
        };
        let mut found = match &of.function_name {
            None => {
                let sort = (FUNCTION, of.resource.as_deref());
                Self::find_in(reach, sort, (global, printer)).await?
            }
            Some(name) => Self::by_name(reach, name, (global, printer)).await?,
        };
        // What the manifest states is of its own region.
        if of.region.is_some() {
            found.block.clear();
        }
        Ok(found)
    }

    /// The function of this name in the cloud, of a resource or not.
    async fn by_name(
        reach: Reach<'_>,
        name: &str,
        (global, printer): (&Global, Printer),
    ) -> Result<Self, Diagnostics> {
        let (project, to, state) = known(reach, (global, printer)).await?;
        let remote = RemoteId::from(name);
        let mut records = state.records.iter();
        let known = records.find(|(_, record)| {
            record.kind.as_str() == FUNCTION.kind && record.remote.as_ref() == Some(&remote)
        });
        let (block, record) = if let Some((id, record)) = known {
            (id.block().to_owned(), record.clone())
        } else {
            let record = Record::named(FUNCTION.kind.into(), Some(remote));
            (String::new(), record)
        };
        Ok(Self {
            project,
            to,
            block,
            record,
            state,
        })
    }

    /// The workflow of the resource named, or the only one there is.
    pub(super) async fn workflow(
        command: &'static str,
        resource: Option<&str>,
        with: (&Global, Printer),
    ) -> Result<Self, Diagnostics> {
        Self::find(command, (WORKFLOW, resource), with).await
    }

    /// The same, or any when there are several: for what is about no one of them.
    pub(super) async fn any_workflow(
        command: &'static str,
        resource: Option<&str>,
        with: (&Global, Printer),
    ) -> Result<Self, Diagnostics> {
        let any = Sort {
            is_any: true,
            ..WORKFLOW
        };
        Self::find(command, (any, resource), with).await
    }

    async fn find(
        command: &'static str,
        sort: (Sort, Option<&str>),
        with: (&Global, Printer),
    ) -> Result<Self, Diagnostics> {
        Self::find_in(Reach::all(command, Until::Lower), sort, with).await
    }

    async fn find_in(
        reach: Reach<'_>,
        (sort, resource): (Sort, Option<&str>),
        (global, printer): (&Global, Printer),
    ) -> Result<Self, Diagnostics> {
        let (project, to, state) = known(reach, (global, printer)).await?;
        let (block, record) = choose(&state, (sort, resource))?;
        let (block, record) = (block.to_owned(), record.clone());
        Ok(Self {
            project,
            to,
            block,
            record,
            state,
        })
    }

    /// Has its provider do something with it. What there is to do is the provider's to say.
    pub(super) async fn act(&self, action: &str, args: &Json) -> Result<Json, Diagnostics> {
        let providers = self.project.providers(&self.to);
        let provider = providers.of(&self.record.kind).map_err(Diagnostic::from)?;
        let answer = provider.act(action, &self.record, args).await;
        Ok(answer.map_err(Diagnostic::from)?)
    }

    /// Says so when the manifest states what was just changed by hand.
    pub(super) fn warn_of_set_back(&self, setting: (&str, &str), printer: Printer) {
        let Some(stated) = self.project.stated(&self.block, setting) else {
            return;
        };
        let detail = format!(
            "the manifest states this as `{}`: the next deploy sets it back",
            stated.id
        );
        let mut warning = Diagnostic::warning(code::SET_BACK, detail)
            .hint("change it in the manifest, and deploy");
        warning.at.clone_from(&stated.at);
        view::diagnostic::show_one(printer, &warning);
    }

    /// All functions: their resources, and their names in the cloud. Nothing when the destination is no local cloud.
    pub(super) async fn local_functions(
        command: &'static str,
        (global, printer): (&Global, Printer),
    ) -> Result<Option<Vec<(String, String)>>, Diagnostics> {
        let reach = Reach::all(command, Until::Lower);
        let (_, project, to) = open(global, reach, (Look::Away, printer)).await?;
        if !to.is_local() {
            return Ok(None);
        }
        let state = project.state(to.shelves.as_deref()).await?;
        let of_kind = |record: &&Record| record.kind.as_str() == FUNCTION.kind;
        let named = state.records.iter().filter(|(_, record)| of_kind(record));
        let pair = |(id, record): (&ResourceId, &Record)| {
            let name = record.remote.as_ref()?.as_str();
            Some((id.block().to_owned(), name.to_owned()))
        };
        Ok(Some(named.filter_map(pair).collect()))
    }

    /// Its name in the cloud.
    pub(super) fn name(&self) -> &str {
        let id = self.record.remote.as_ref();
        id.map_or("", RemoteId::as_str)
    }
}

/// The project, where it goes, and what is remembered of there.
async fn known(
    reach: Reach<'_>,
    (global, printer): (&Global, Printer),
) -> Result<(Project, Destination, Arc<State>), Diagnostics> {
    let (_, project, to) = open(global, reach, (Look::Away, printer)).await?;
    let state = project.state(to.shelves.as_deref()).await?;
    Ok((project, to, state))
}

/// What is said when a manifest has no function in the cloud.
pub(super) fn no_function() -> Diagnostics {
    missing(
        "no function was deployed from this manifest".to_owned(),
        (FUNCTION, &[]),
    )
}

/// What is said when it is not clear which thing is meant, with those that there are.
fn missing(detail: String, (sort, names): (Sort, &[&str])) -> Diagnostics {
    let noun = sort.noun;
    let hint = match (names, sort.option) {
        ([], _) => "sdev deploy".to_owned(),
        (_, None) => format!("{noun}s here: {}", names.join(", ")),
        (_, Some(option)) => format!("{noun}s here, for {option}: {}", names.join(", ")),
    };
    Diagnostic::error(code::FUNCTION_MISSING, detail)
        .hint(hint)
        .into()
}

fn choose<'s>(
    state: &'s State,
    (sort, resource): (Sort, Option<&str>),
) -> Result<(&'s str, &'s Record), Diagnostics> {
    let noun = sort.noun;
    let all: Vec<(&str, &Record)> = state
        .records
        .iter()
        .filter(|(_, record)| record.kind.as_str() == sort.kind)
        .map(|(id, record)| (id.as_str().split('.').next().unwrap_or_default(), record))
        .collect();
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let missing = |detail: String| missing(detail, (sort, &names));
    match (resource, &all[..]) {
        (Some(wanted), all) => {
            let found = all.iter().find(|(name, _)| *name == wanted);
            found
                .copied()
                .ok_or_else(|| missing(format!("`{wanted}` is no {noun} that was deployed")))
        }
        (None, [only]) => Ok(*only),
        (None, [first, ..]) if sort.is_any => Ok(*first),
        (None, []) => Err(missing(format!(
            "no {noun} was deployed from this manifest"
        ))),
        (None, _) => Err(missing(format!("there are several {noun}s; name one"))),
    }
}
