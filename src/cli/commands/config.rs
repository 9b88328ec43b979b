//! `sdev config`: access aliases.

use std::io::{IsTerminal, Read};

use zeroize::Zeroizing;

use super::super::args::{Config, ConfigAdd};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::view::diagnostic::show_one;
use super::Outcome;
use crate::credential::{self, AliasStore, LOCAL, StoredAlias};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, code};
use crate::sys::env;
use crate::sys::terminal::Terminal;

pub(super) fn run(args: Config, printer: Printer) -> Outcome {
    match args {
        Config::Add(args) => add(args, printer),
        Config::List => list(printer),
        Config::Delete { alias } => delete(&alias, printer),
    }
}

fn add(args: ConfigAdd, printer: Printer) -> Outcome {
    if args.alias == LOCAL {
        let detail = "`local` is the local cloud's own alias; sdev makes it";
        return Err(Diagnostic::error(code::USAGE, detail).into());
    }
    one_word("the alias", &args.alias)?;
    one_word("the access key's id", &args.key_id)?;
    let stored = StoredAlias {
        account_id: args.account_id,
        access_key_id: args.key_id,
        access_key_secret: secret()?,
        security_token: env::var(env::TOKEN),
        region: args.region,
    };
    AliasStore::at_home()
        .set(&args.alias, stored)
        .map_err(Diagnostic::from)?;
    printer.say(&format!("access `{}` is stored", args.alias));
    Ok(Exit::Done)
}

/// Demands something that can be typed and read again as one word.
fn one_word(what: &str, text: &str) -> Result<(), Diagnostics> {
    let why = if text.is_empty() {
        "is empty"
    } else if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        "has blanks or control characters"
    } else {
        return Ok(());
    };
    Err(Diagnostic::error(code::USAGE, format!("{what} {why}")).into())
}

/// The secret: never an argument, which the machine's other users could read.
fn secret() -> Result<String, Diagnostics> {
    let secret = match env::var(env::KEY_SECRET) {
        Some(secret) => secret,
        None => typed_secret()?,
    };
    one_word("the access key's secret", &secret)?;
    Ok(secret)
}

fn typed_secret() -> Result<String, Diagnostics> {
    let mut text = Zeroizing::new(String::new());
    let read = if std::io::stdin().is_terminal() {
        let typed = Terminal::open()
            .and_then(|mut terminal| terminal.hidden("access key secret (it does not show): "));
        text = typed.unwrap_or_default();
        Ok(text.len())
    } else {
        std::io::stdin().take(64 * 1024).read_to_string(&mut text)
    };
    let text = text.trim();
    if read.is_err() || text.is_empty() {
        let detail = format!(
            "no secret on standard input, and {} is not set",
            env::KEY_SECRET
        );
        return Err(Diagnostic::error(code::USAGE, detail).into());
    }
    Ok(text.to_owned())
}

fn list(printer: Printer) -> Outcome {
    let (names, broken) = credential::names().map_err(Diagnostic::from)?;
    if let Some(error) = broken {
        let mut warning = Diagnostic::from(error);
        warning.severity = Severity::Warning;
        show_one(printer, &warning);
    }
    if printer.json {
        printer.object("aliases", serde_json::json!({ "aliases": names }));
    } else {
        printer.data(&names.join("\n"));
    }
    Ok(Exit::Done)
}

fn delete(alias: &str, printer: Printer) -> Outcome {
    if !AliasStore::at_home()
        .delete(alias)
        .map_err(Diagnostic::from)?
    {
        let detail = format!("sdev keeps no access `{alias}`");
        return Err(Diagnostic::error(code::CREDENTIAL_MISSING, detail)
            .hint("sdev config list")
            .into());
    }
    printer.say(&format!("access `{alias}` is deleted"));
    Ok(Exit::Done)
}
