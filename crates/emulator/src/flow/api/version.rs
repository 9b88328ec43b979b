//! Published versions.

use serde_json::{Value, json};

use super::flow;
use crate::flow::call::Call;
use crate::flow::error::{FlowError, Outcome};
use crate::flow::model::Version;
use crate::flow::run::Runner;
use crate::flow::table;

/// `PublishFlowVersion`.
pub(super) async fn publish(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let flow = flow::find(runner, &call.name("FlowName")?)?;
    let description = call.words("Description", 4096)?;
    let now = runner.now();
    let name = flow.name.clone();
    let published = runner
        .store
        .write(move |db| table::version::publish(db, &name, &flow.definition, (&description, now)));
    let version = published.await?;
    let mut shown = version.shown();
    shown["FlowName"] = json!(version.flow);
    Ok(shown)
}

/// `ListFlowVersions`, the newest first.
pub(super) async fn list(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let flow = flow::find(runner, &call.name("FlowName")?)?;
    let page = call.page(60, 1000)?;
    let all = runner
        .store
        .read(move |db| table::version::of(db, &flow.name))
        .await?;
    // Larger numbers come first, and a token is compared as a text.
    let (versions, next) = page.cut(all, |version| format!("{:020}", i64::MAX - version.number));
    let versions: Vec<Value> = versions.iter().map(Version::shown).collect();
    Ok(json!({"FlowVersions": versions, "NextToken": next}))
}

/// `DeleteFlowVersion`: not while an alias leads to it.
pub(super) async fn delete(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let flow = flow::find(runner, &call.name("FlowName")?)?;
    let text = call.need("FlowVersion")?;
    let number = number(&text)?;
    let deleted = runner.store.write(move |db| {
        let aliases = table::alias::of(db, &flow.name)?;
        if let Some(alias) = aliases
            .iter()
            .find(|alias| alias.routes.iter().any(|route| route.version == text))
        {
            let said = format!(
                "Alias {} leads to version {text} of flow {}.",
                alias.name, flow.name
            );
            return Err(FlowError::conflict("FlowVersionInUse", said));
        }
        if table::version::delete(db, &flow.name, number)? {
            Ok(())
        } else {
            Err(absent(&flow.name, &text))
        }
    });
    deleted.await?;
    Ok(json!({}))
}

/// The version of that number.
pub(super) async fn find(runner: &Runner, flow: &str, text: &str) -> Outcome<Version> {
    let (name, number) = (flow.to_owned(), number(text)?);
    let found = runner
        .store
        .read(move |db| table::version::find(db, &name, number))
        .await?;
    found.ok_or_else(|| absent(flow, text))
}

/// Whether a qualifier names a version, and no alias.
pub(super) fn is_number(text: &str) -> bool {
    number(text).is_ok()
}

fn number(text: &str) -> Outcome<i64> {
    text.parse()
        .map_err(|_| FlowError::invalid(format!("{text:?} is no number of a version.")))
}

fn absent(flow: &str, version: &str) -> FlowError {
    FlowError::absent(
        "FlowVersionNotExists",
        format!("Version {version} of flow {flow} does not exist."),
    )
}
