//! `sdev secret`: values that are kept encrypted and never shown.

use std::io::{IsTerminal, Read};

use serde_json::json;
use zeroize::Zeroizing;

use super::super::args::{Global, Secret as Args, SecretSet};
use super::super::exit::Exit;
use super::super::machine::{ask, hidden};
use super::super::printer::Printer;
use super::super::view::text;
use super::Outcome;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::secret::{Name, Secret, SecretError, Store, check_name};
use crate::sys::env;
use crate::sys::terminal::Terminal;

/// The largest value, in bytes.
const LARGEST: u64 = 64 * 1024;

pub(super) fn run(args: &Args, global: &Global, printer: Printer) -> Outcome {
    let environment = global.environment.as_deref();
    match args {
        Args::Set(args) => set(args, environment, printer),
        Args::List => list(environment, printer),
        Args::Delete { name } => delete(Name { name, environment }, printer),
    }
}

fn set(args: &SecretSet, environment: Option<&str>, printer: Printer) -> Outcome {
    let name = args.name.as_str();
    check_name(name).map_err(Diagnostic::from)?;
    let value = match &args.from_env {
        Some(variable) => env::var(variable)
            .map(Secret::new)
            .ok_or_else(|| usage(format!("the variable `{variable}` is not set or empty")))?,
        None => value(name)?,
    };
    let asking = |why| ask(why, printer);
    Store::at_home()
        .set(
            Name { name, environment },
            &value,
            (args.passphrase, &asking),
        )
        .map_err(Diagnostic::from)?;
    printer.say(&format!("secret `{name}` is set{}", only(environment)));
    Ok(Exit::Done)
}

/// The value: never an argument, which the machine's other users could read.
fn value(name: &str) -> Result<Secret, Diagnostics> {
    if std::io::stdin().is_terminal() {
        let typed = Terminal::open().and_then(|mut terminal| {
            hidden(
                &mut terminal,
                &format!("value of {name} (it does not show): "),
            )
        });
        return typed.ok_or_else(|| usage("no value was typed"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let read = std::io::stdin().take(LARGEST + 2).read_to_end(&mut bytes);
    if read.is_err() || bytes.is_empty() {
        return Err(usage("no value on standard input"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| usage("the value is no text (UTF-8)"))?;
    let line = match text.strip_suffix('\n') {
        Some(line) => line.strip_suffix('\r').unwrap_or(line),
        None => text,
    };
    if line.is_empty() {
        return Err(usage("the value is empty"));
    }
    if line.len() as u64 > LARGEST {
        return Err(usage(format!("the value is larger than {LARGEST} bytes")));
    }
    Ok(Secret::new(line))
}

fn usage(detail: impl Into<String>) -> Diagnostics {
    Diagnostic::error(code::USAGE, detail).into()
}

fn list(environment: Option<&str>, printer: Printer) -> Outcome {
    let mut all = Store::at_home().list().map_err(Diagnostic::from)?;
    all.retain(|secret| {
        environment.is_none()
            || secret.environment.is_none()
            || secret.environment.as_deref() == environment
    });
    if printer.json {
        printer.object("secrets", json!({ "secrets": all }));
        return Ok(Exit::Done);
    }
    for secret in &all {
        let only = only(secret.environment.as_deref());
        let line = format!("{}  set {}{only}", secret.name, secret.set);
        printer.data(&text::plain(&line));
    }
    Ok(Exit::Done)
}

fn delete(name: Name<'_>, printer: Printer) -> Outcome {
    if !Store::at_home().delete(name).map_err(Diagnostic::from)? {
        let mut error = Diagnostic::from(SecretError::Missing(name.name.to_owned()));
        error.detail.push_str(&only(name.environment));
        error.hints = vec!["sdev secret list".to_owned()];
        return Err(error.into());
    }
    printer.say(&format!(
        "secret `{}` is deleted{}",
        name.name,
        only(name.environment)
    ));
    Ok(Exit::Done)
}

/// The environment in words.
fn only(environment: Option<&str>) -> String {
    environment.map_or_else(String::new, |name| format!(" for environment `{name}`"))
}
