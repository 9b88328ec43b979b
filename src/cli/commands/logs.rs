//! `sdev logs`: what functions wrote.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::super::args::{Global, Logs};
use super::super::exit::Exit;
use super::super::local::{self, Admin};
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::log;
use super::Outcome;
use super::deployed::{Deployed, LATEST, no_function};
use crate::diagnostic::{Diagnostic, Diagnostics, code};

pub(super) fn run(args: &Logs, global: &Global, printer: Printer) -> Outcome {
    block_on(async {
        let with = (global, printer);
        let functions = functions(args.resource.as_deref(), with).await?;
        let found = functions.zip(local::running()?);
        let Some((functions, (endpoint, keys))) = found else {
            let detail = "logs can be read from the local cloud; on the real one they are in the log service";
            return Err(Diagnostic::error(code::NOT_SUPPORTED_YET, detail).into());
        };
        let admin = Admin::new(&endpoint, &keys)?;
        let of = match &args.qualifier {
            None => functions.iter().map(|(_, name)| name.clone()).collect(),
            Some(qualifier) => qualified(&functions, qualifier, with).await?,
        };
        let query = query(args, of)?;
        let mut lines = admin.logs(&query).await?;
        let is_alone = functions.len() == 1;
        while let Some(line) = lines.next().await? {
            let wrote = |(_, name): &&(String, String)| line["function"] == name.as_str();
            let of = functions.iter().find(wrote).filter(|_| !is_alone);
            log::show(printer, of.map(|(resource, _)| resource.as_str()), &line);
        }
        Ok(Exit::Done)
    })
}

/// The resources whose lines are asked for, and their functions; nothing on the real cloud.
async fn functions(
    resource: Option<&str>,
    with: (&Global, Printer),
) -> Result<Option<Vec<(String, String)>>, Diagnostics> {
    let Some(resource) = resource else {
        let all = Deployed::local_functions("logs", with).await?;
        return match all {
            Some(all) if all.is_empty() => Err(no_function()),
            all => Ok(all),
        };
    };
    let function = Deployed::function("logs", Some(resource), with).await?;
    let named = (resource.to_owned(), function.name().to_owned());
    Ok(function.to.is_local().then(|| vec![named]))
}

/// The functions with the versions that a qualifier leads to. Of several functions some may not know it.
async fn qualified(
    functions: &[(String, String)],
    qualifier: &str,
    with: (&Global, Printer),
) -> Result<Vec<String>, Diagnostics> {
    let (mut found, mut unknown) = (Vec::new(), Diagnostics::new());
    for (resource, name) in functions {
        let function = Deployed::function("logs", Some(resource), with).await?;
        match versions(&function, qualifier).await {
            Ok(versions) => {
                found.extend(versions.iter().map(|version| format!("{name}:{version}")));
            }
            Err(errors) => unknown.extend(errors),
        }
    }
    if found.is_empty() {
        Err(unknown)
    } else {
        Ok(found)
    }
}

/// The versions that a qualifier leads to: itself, or those of an alias.
async fn versions(function: &Deployed, qualifier: &str) -> Result<Vec<String>, Diagnostics> {
    if qualifier.eq_ignore_ascii_case(LATEST) {
        return Ok(vec![LATEST.to_owned()]);
    }
    if qualifier.chars().all(|c| c.is_ascii_digit()) {
        let all = function.act("version.list", &json!({})).await?;
        let mut ids = all.as_array().into_iter().flatten();
        if ids.any(|version| version["versionId"] == qualifier) {
            return Ok(vec![qualifier.to_owned()]);
        }
        let detail = format!("`{}` has no version {qualifier}", function.block);
        return Err(Diagnostic::error(code::USAGE, detail)
            .hint(format!("sdev version list {}", function.block))
            .into());
    }
    let alias = function
        .act("alias.get", &json!({ "name": qualifier }))
        .await?;
    let others = alias["additionalVersionWeight"].as_object();
    let others = others.into_iter().flat_map(|others| others.keys().cloned());
    let main = alias["versionId"].as_str().map(str::to_owned);
    Ok(main.into_iter().chain(others).collect())
}

fn query(args: &Logs, functions: Vec<String>) -> Result<Vec<(&'static str, String)>, Diagnostics> {
    let mut query = vec![("tail", args.lines.to_string())];
    query.extend(functions.into_iter().map(|name| ("function", name)));
    let texts = [
        ("request", &args.request_id),
        ("instance", &args.instance_id),
        ("text", &args.text),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            query.push((name, value.clone()));
        }
    }
    for (name, value) in [("since", &args.since), ("until", &args.until)] {
        if let Some(value) = value {
            query.push((name, milliseconds(value)?.to_string()));
        }
    }
    if args.tail {
        query.push(("follow", "1".to_owned()));
    }
    Ok(query)
}

/// Milliseconds since 1970 of a time, or of a duration ago. A time without its zone is UTC, as logs print it.
fn milliseconds(text: &str) -> Result<i64, Diagnostics> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(time.as_millisecond());
    }
    if let Ok(number) = text.parse::<i64>() {
        return Ok(number);
    }
    let utc = jiff::tz::TimeZone::UTC;
    let written = text.parse::<jiff::civil::DateTime>().ok();
    if let Some(time) = written.and_then(|time| time.to_zoned(utc).ok()) {
        return Ok(time.timestamp().as_millisecond());
    }
    let ago = super::local::duration(text).map_err(|_| no_time(text))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let then = now.unwrap_or(Duration::ZERO).saturating_sub(ago);
    Ok(i64::try_from(then.as_millis()).unwrap_or(i64::MAX))
}

fn no_time(text: &str) -> Diagnostic {
    let detail = format!("`{text}` is no time and no duration");
    Diagnostic::error(code::USAGE, detail)
        .hint("for example 10m, 2h, 1d; 2026-11-26 12:00 or 2026-11-26 12:00:30.250 (UTC, as logs print it); 2026-11-26T12:00:00+08:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_logs_print_them() {
        let noon = 1_795_694_400_000;
        for (text, expected) in [
            ("2026-11-26 12:00", noon),
            ("2026-11-26 12:00:00", noon),
            ("2026-11-26 12:00:00.250", noon + 250),
            ("2026-11-26T12:00:00", noon),
            ("2026-11-26T12:00:00Z", noon),
            ("2026-11-26T20:00:00+08:00", noon),
            ("2026-11-26", noon - 12 * 3_600_000),
            ("1795694400000", noon),
        ] {
            assert_eq!(milliseconds(text).unwrap(), expected, "{text}");
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let hour_ago = i64::try_from(now.as_millis()).unwrap() - 3_600_000;
        assert!((milliseconds("1h").unwrap() - hour_ago).abs() < 60_000);
        for text in ["yesterday", "2026-13-01", "12:00", "10 m", ""] {
            assert!(milliseconds(text).is_err(), "{text}");
        }
    }
}
