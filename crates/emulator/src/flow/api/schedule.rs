//! Schedules.

use serde_json::{Value, json};

use super::flow;
use crate::flow::call::Call;
use crate::flow::error::{FlowError, Outcome};
use crate::flow::model::Schedule;
use crate::flow::run::Runner;
use crate::flow::table;
use crate::identity::request_uuid;

/// `CreateSchedule`.
pub(super) async fn create(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let flow = flow::find(runner, &call.name("FlowName")?)?;
    let now = runner.now();
    let schedule = Schedule {
        id: request_uuid(),
        flow: flow.name,
        name: call.name("ScheduleName")?,
        cron: cron(&call.need("CronExpression")?)?,
        payload: call.input("Payload")?.0,
        description: call.words("Description", 4096)?,
        is_enabled: call.flag("Enable")?.unwrap_or(true),
        created: now,
        modified: now,
    };
    let kept = schedule.clone();
    if !runner
        .store
        .write(move |db| table::schedule::create(db, &kept))
        .await?
    {
        let said = format!(
            "Schedule {} of flow {} exists already.",
            schedule.name, schedule.flow
        );
        return Err(FlowError::taken("ScheduleAlreadyExists", said));
    }
    runner.rescheduled.notify_one();
    Ok(schedule.shown())
}

/// `UpdateSchedule`: what is not given stays.
pub(super) async fn update(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let mut schedule = find(runner, call).await?;
    if let Some(text) = call.text("CronExpression") {
        schedule.cron = cron(text)?;
    }
    if call.text("Payload").is_some() {
        schedule.payload = call.input("Payload")?.0;
    }
    if call.0.params.iter().any(|(key, _)| key == "Description") {
        schedule.description = call.words("Description", 4096)?;
    }
    if let Some(is_enabled) = call.flag("Enable")? {
        schedule.is_enabled = is_enabled;
    }
    schedule.modified = runner.now();
    let kept = schedule.clone();
    runner
        .store
        .write(move |db| table::schedule::update(db, &kept))
        .await?;
    runner.rescheduled.notify_one();
    Ok(schedule.shown())
}

/// `DescribeSchedule`.
pub(super) async fn describe(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    Ok(find(runner, call).await?.shown())
}

/// `ListSchedules`.
pub(super) async fn list(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let flow = flow::find(runner, &call.name("FlowName")?)?;
    let page = call.page(60, 1000)?;
    let all = runner
        .store
        .read(move |db| table::schedule::of(db, &flow.name))
        .await?;
    let (schedules, next) = page.cut(all, |schedule| schedule.name.clone());
    let schedules: Vec<Value> = schedules.iter().map(Schedule::shown).collect();
    Ok(json!({"Schedules": schedules, "NextToken": next}))
}

/// `DeleteSchedule`.
pub(super) async fn delete(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let schedule = find(runner, call).await?;
    runner
        .store
        .write(move |db| table::schedule::delete(db, &schedule.flow, &schedule.name))
        .await?;
    runner.rescheduled.notify_one();
    Ok(json!({}))
}

async fn find(runner: &Runner, call: &Call<'_>) -> Outcome<Schedule> {
    let flow = flow::find(runner, &call.name("FlowName")?)?;
    let name = call.name("ScheduleName")?;
    let wanted = (flow.name.clone(), name.clone());
    let found = runner
        .store
        .read(move |db| table::schedule::find(db, &wanted.0, &wanted.1))
        .await?;
    found.ok_or_else(|| {
        FlowError::absent(
            "ScheduleNotExists",
            format!("Schedule {name} of flow {} does not exist.", flow.name),
        )
    })
}

fn cron(text: &str) -> Outcome<String> {
    trigger::Schedule::parse(text)
        .map_err(|error| FlowError::invalid(format!("CronExpression: {error}.")))?;
    Ok(text.to_owned())
}
