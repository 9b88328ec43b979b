//! Begins executions when their schedules say so.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Begin, Runner};
use crate::flow::error::Outcome;
use crate::flow::model::Schedule;
use crate::flow::table;

/// Times that one schedule fires for when the clock was moved over more: the first ones.
const MOST: usize = 1000;
/// How long to wait after the database failed.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest wait without looking.
const LONGEST: Duration = Duration::from_hours(1);

/// Fires what is due until the cloud closes. Times that passed while the cloud did not run are not made up for.
pub(in crate::flow) async fn tick_schedules(runner: Arc<Runner>) {
    let mut moved = runner.clock.moved();
    let mut last = runner.now();
    loop {
        let now = runner.now().max(last);
        let wait = match fire(&runner, last, now).await {
            Ok(next) => {
                last = now;
                runner.fired.store(now, Ordering::Release);
                let until = next.map(|next| u64::try_from(next - now).unwrap_or_default());
                until.map_or(LONGEST, Duration::from_millis).min(LONGEST)
            }
            Err(_) => PAUSE,
        };
        tokio::select! {
            () = runner.closing.cancelled() => return,
            () = runner.rescheduled.notified() => {}
            _ = moved.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Begins the executions of all times after `last` up to `now`; when the next one is due.
async fn fire(runner: &Arc<Runner>, last: i64, now: i64) -> Outcome<Option<i64>> {
    let schedules = runner.store.read(table::schedule::enabled).await?;
    let mut next: Option<i64> = None;
    for schedule in schedules {
        let Ok(cron) = trigger::Schedule::parse(&schedule.cron) else {
            continue;
        };
        let made = schedule.modified;
        let (times, later) = cron.between((last, now), made, MOST);
        for due in times {
            begin(runner, &schedule, due).await?;
        }
        next = next.into_iter().chain(later).min();
    }
    Ok(next)
}

/// The moment is in the name, so that one that was begun before the database failed is not begun twice.
async fn begin(runner: &Arc<Runner>, schedule: &Schedule, due: i64) -> Outcome<()> {
    let flow = schedule.flow.clone();
    let found = runner
        .store
        .read(move |db| table::flow::find(db, &flow))
        .await?;
    let Some(flow) = found else { return Ok(()) };
    let input = serde_json::from_str(&schedule.payload).unwrap_or_else(|_| serde_json::json!({}));
    let begin = Begin {
        definition: flow.definition.clone(),
        flow,
        qualifier: String::new(),
        name: format!("{}-{due}", schedule.name),
        input,
        token: None,
        caller: None,
        item: None,
    };
    match runner.start(begin).await {
        Err(error) if error.status.is_server_error() => Err(error),
        _ => Ok(()),
    }
}
