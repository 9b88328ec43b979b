//! `sdev local`: the local cloud.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;

use super::super::args::{Clock, Local, Run, Serve, Start, Status};
use super::super::exit::Exit;
use super::super::local::{self, Admin, Endpoint, Keys, Settings};
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::diagnostic::show_one;
use super::super::view::local as view;
use super::Outcome;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::sys::{env, process};

pub(super) fn run(args: Local, printer: Printer) -> Outcome {
    match args {
        Local::Start(args) => start(&args, printer),
        Local::Stop => stop(printer),
        Local::Status(args) => status(&args, printer),
        Local::Reset => reset(printer),
        Local::Run(args) => run_with(&args, printer),
        Local::Serve(args) => serve(args, printer),
        Local::Clock(Clock::Advance { by }) => advance(&by, printer),
    }
}

fn start(args: &Start, printer: Printer) -> Outcome {
    if !args.listen.is_loopback() && !args.allow_remote {
        let detail = format!("other machines can reach {}", args.listen);
        return Err(Diagnostic::error(code::USAGE, detail)
            .hint("add --allow-remote if that is what you want")
            .into());
    }
    if args.foreground {
        let keys = Keys::stored()?;
        let settings = Settings {
            listen: SocketAddr::new(args.listen, args.port.unwrap_or_else(local::port)),
            data: local::data(),
        };
        block_on(local::serve(&settings, &keys, |url| {
            printer.say(&format!("local cloud at {url}"));
        }))?;
        return Ok(Exit::Done);
    }
    block_on(async {
        if let Some((endpoint, keys)) = local::running()? {
            match Admin::new(&endpoint, &keys)?.status().await {
                Ok(_) => {
                    printer.say("it runs already");
                    view::show(printer, &endpoint, &keys);
                    return Ok(Exit::Done);
                }
                Err(error) if !error.iter().any(|d| d.code == code::LOCAL_DOWN) => {
                    return Err(error);
                }
                Err(_) => {}
            }
        }
        let (endpoint, keys) = local::start(args.listen, args.port).await?;
        view::show(printer, &endpoint, &keys);
        Ok(Exit::Done)
    })
}

fn serve(args: Serve, printer: Printer) -> Outcome {
    block_on(local::serve_apart((args.port, args.data), |url| {
        printer.data(url);
    }))?;
    Ok(Exit::Done)
}

fn stop(printer: Printer) -> Outcome {
    if let Some(url) = env::var(env::LOCAL_URL) {
        let detail = format!(
            "{} is set: whoever started {url} ends it, such as `sdev local run` with its command",
            env::LOCAL_URL
        );
        return Err(Diagnostic::error(code::USAGE, detail)
            .hint(format!(
                "unset {} to stop your own local cloud",
                env::LOCAL_URL
            ))
            .into());
    }
    let stopped = block_on(local::stop())?;
    printer.say(if stopped {
        "the local cloud is stopped"
    } else {
        "no local cloud runs"
    });
    Ok(Exit::Done)
}

/// The running one, or the error that there is none, or none yet.
fn found() -> Result<(Endpoint, Keys), Diagnostics> {
    if let Some(found) = local::running()? {
        return Ok(found);
    }
    let none =
        || Diagnostic::error(code::LOCAL_DOWN, "no local cloud runs").hint("sdev local start");
    Err(local::silent()?.unwrap_or_else(none).into())
}

fn status(args: &Status, printer: Printer) -> Outcome {
    let (endpoint, keys) = found()?;
    let status = block_on(async { Admin::new(&endpoint, &keys)?.status().await })?;
    view::status(printer, &endpoint, &keys, (&status, args.show_secret));
    Ok(Exit::Done)
}

fn reset(printer: Printer) -> Outcome {
    match local::running()? {
        Some((endpoint, keys)) => drop(block_on(async {
            Admin::new(&endpoint, &keys)?.reset().await
        })?),
        None => local::forget()?,
    }
    printer.say("the local cloud is empty");
    Ok(Exit::Done)
}

fn advance(by: &str, printer: Printer) -> Outcome {
    let by = duration(by)?;
    let (endpoint, keys) = found()?;
    let clock = block_on(async { Admin::new(&endpoint, &keys)?.advance(by).await })?;
    if printer.json {
        printer.object("clock", json!({ "clock": clock }));
    } else {
        printer.say(&format!(
            "the local cloud's clock shows {}",
            clock["now"].as_str().unwrap_or("a later time")
        ));
    }
    Ok(Exit::Done)
}

/// Runs a command with a local cloud that lives as long as it does; ends with the command's exit code.
fn run_with(args: &Run, printer: Printer) -> Outcome {
    let (ran, left) = block_on(local::run(&args.command, local::Place::Here))?;
    if let Some(error) = left {
        printer.say(&format!("not removed: {error}"));
    }
    let code = ran.unwrap_or_else(|error| {
        let detail = format!("{}: {error}", args.command[0].to_string_lossy());
        show_one(printer, &Diagnostic::error(code::USAGE, detail));
        not_run(&error)
    });
    process::exit_now(code)
}

/// The exit code that shells have for a command that cannot be started.
fn not_run(error: &std::io::Error) -> u8 {
    match error.kind() {
        std::io::ErrorKind::NotFound => 127,
        _ => 126,
    }
}

/// A number and a unit: `ms`, `s`, `m`, `h`, `d`.
pub(super) fn duration(text: &str) -> Result<Duration, Diagnostics> {
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let milliseconds = match unit {
        "ms" => Some(1),
        "s" => Some(1000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000_u64),
        _ => None,
    };
    let found = number
        .parse::<u64>()
        .ok()
        .zip(milliseconds)
        .and_then(|(n, unit)| n.checked_mul(unit));
    found.map(Duration::from_millis).ok_or_else(|| {
        let detail = format!("`{text}` is not a duration");
        Diagnostic::error(code::USAGE, detail)
            .hint("for example 90s, 15m, 1h or 2d")
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("90s").unwrap(), Duration::from_secs(90));
        assert_eq!(duration("2d").unwrap(), Duration::from_hours(48));
        for bad in [
            "",
            "5",
            "h",
            "-1s",
            "1.5h",
            "99999999999999999999d",
            "9999999999999999d",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
