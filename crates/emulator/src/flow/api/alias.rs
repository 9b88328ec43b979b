//! Aliases: names that lead to one version, or to two by their weights.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{flow, version};
use crate::flow::call::Call;
use crate::flow::error::{FlowError, Outcome};
use crate::flow::model::{Alias, Route};
use crate::flow::run::Runner;
use crate::flow::table;

/// `CreateFlowAlias`.
pub(super) async fn create(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let flow = flow::find(runner, &call.name("FlowName")?)?;
    let alias = Alias {
        name: call.name("Name")?,
        description: call.words("Description", 4096)?,
        routes: routes(runner, &flow.name, call)
            .await?
            .ok_or_else(|| FlowError::missing("RoutingConfigurations"))?,
        flow: flow.name,
        created: runner.now(),
    };
    let kept = alias.clone();
    if !runner
        .store
        .write(move |db| table::alias::create(db, &kept))
        .await?
    {
        let said = format!(
            "Alias {} of flow {} exists already.",
            alias.name, alias.flow
        );
        return Err(FlowError::taken("FlowAliasAlreadyExists", said));
    }
    let mut shown = alias.shown();
    shown["FlowName"] = json!(alias.flow);
    Ok(shown)
}

/// `UpdateFlowAlias`: what is not given stays.
pub(super) async fn update(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let mut alias = find(runner, call).await?;
    if call.0.params.iter().any(|(key, _)| key == "Description") {
        alias.description = call.words("Description", 4096)?;
    }
    if let Some(routes) = routes(runner, &alias.flow, call).await? {
        alias.routes = routes;
    }
    let kept = alias.clone();
    runner
        .store
        .write(move |db| table::alias::update(db, &kept))
        .await?;
    Ok(json!({"Alias": alias.shown()}))
}

/// `DescribeFlowAlias`.
pub(super) async fn describe(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let alias = find(runner, call).await?;
    Ok(json!({"Alias": alias.shown()}))
}

/// `ListFlowAliases`.
pub(super) async fn list(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let flow = flow::find(runner, &call.name("FlowName")?)?;
    let page = call.page(60, 1000)?;
    let all = runner
        .store
        .read(move |db| table::alias::of(db, &flow.name))
        .await?;
    let (aliases, next) = page.cut(all, |alias| alias.name.clone());
    let aliases: Vec<Value> = aliases.iter().map(Alias::shown).collect();
    Ok(json!({"Aliases": aliases, "NextToken": next}))
}

/// `DeleteFlowAlias`.
pub(super) async fn delete(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let alias = find(runner, call).await?;
    runner
        .store
        .write(move |db| table::alias::delete(db, &alias.flow, &alias.name))
        .await?;
    Ok(json!({}))
}

async fn find(runner: &Runner, call: &Call<'_>) -> Outcome<Alias> {
    let flow = flow::find(runner, &call.name("FlowName")?)?;
    let name = call.name("Name")?;
    let found = by_name(runner, &flow.name, &name).await?;
    found.ok_or_else(|| absent(&flow.name, &name))
}

pub(super) fn absent(flow: &str, name: &str) -> FlowError {
    FlowError::absent(
        "FlowAliasNotExists",
        format!("Alias {name} of flow {flow} does not exist."),
    )
}

/// The alias of that name, if there is one.
pub(super) async fn by_name(runner: &Runner, flow: &str, name: &str) -> Outcome<Option<Alias>> {
    let (flow, name) = (flow.to_owned(), name.to_owned());
    Ok(runner
        .store
        .read(move |db| table::alias::find(db, &flow, &name))
        .await?)
}

async fn routes(runner: &Runner, flow: &str, call: &Call<'_>) -> Outcome<Option<Vec<Route>>> {
    let Some(given) = call.json("RoutingConfigurations")? else {
        return Ok(None);
    };
    let routes: Vec<Route> = serde_json::from_value(given).map_err(|error| {
        FlowError::invalid(format!("RoutingConfigurations cannot be read: {error}."))
    })?;
    if !(1..=2).contains(&routes.len())
        || routes.iter().map(|route| route.weight).sum::<u32>() != 100
    {
        return Err(FlowError::invalid(
            "An alias leads to one or two versions whose weights are 100 together.",
        ));
    }
    let mut versions = BTreeSet::new();
    for route in &routes {
        let version = version::find(runner, flow, &route.version).await?;
        if !versions.insert(version.number) {
            let said = format!("An alias cannot lead to version {} twice.", version.number);
            return Err(FlowError::invalid(said));
        }
    }
    Ok(Some(routes))
}
