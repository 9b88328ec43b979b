//! A local cloud in words.

use serde_json::{Value as Json, json};

use super::super::local::{Endpoint, Keys};
use super::super::printer::Printer;
use crate::sys::env;

/// Where it runs and by which keys.
pub(in crate::cli) fn show(printer: Printer, endpoint: &Endpoint, keys: &Keys) {
    if printer.json {
        object(printer, endpoint, keys, &Json::Null);
    } else {
        printer.say(&format!("local cloud at {}", endpoint.url));
    }
}

/// What it says of itself; the secret only when asked for, or as JSON, which programs read.
pub(in crate::cli) fn status(printer: Printer, endpoint: &Endpoint, keys: &Keys, (status, secret): (&Json, bool)) {
    if printer.json {
        return object(printer, endpoint, keys, status);
    }
    let secret = if secret { keys.secret.reveal() } else { "(shown with --show-secret)" };
    let lines = [
        (env::LOCAL_URL, endpoint.url.as_str()),
        (env::KEY_ID, &keys.key_id),
        (env::KEY_SECRET, secret),
        (env::ACCOUNT, &keys.account_id),
        (env::REGION, &keys.region),
    ];
    let mut text: String = lines.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    if let Some(now) = status["clock"]["now"].as_str() {
        text.push_str(&format!("# clock {now}, process {}\n", status["pid"]));
    }
    printer.data(&text);
}

fn object(printer: Printer, endpoint: &Endpoint, keys: &Keys, status: &Json) {
    let fields = json!({
        "url": endpoint.url,
        env::LOCAL_URL: endpoint.url,
        env::KEY_ID: keys.key_id,
        env::KEY_SECRET: keys.secret.reveal(),
        env::ACCOUNT: keys.account_id,
        env::REGION: keys.region,
        "status": status,
    });
    printer.object("local", fields);
}
