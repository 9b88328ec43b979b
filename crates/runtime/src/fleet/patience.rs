//! How long programs may take until they listen, and where else they are looked for meanwhile.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use super::output::Output;
use super::port::listened;
use super::ready::configured;
use crate::call::Fault;
use crate::spec::{Language, Spec};

/// How long a server may take until it listens. The vendor's limit.
pub(super) const LISTENS_WITHIN: Duration = Duration::from_mins(2);
/// How often it is looked for on other ports, and how long it may listen there alone.
pub(super) const LOOK: Duration = Duration::from_millis(250);
const ELSEWHERE_WITHIN: Duration = Duration::from_secs(10);

/// What is said of a program that takes too long.
pub(super) fn not_ready(spec: &Spec, port: u16) -> Fault {
    let seconds = LISTENS_WITHIN.as_secs();
    Fault::Start(match spec.language {
        Language::Custom => format!(
            "the program does not listen on {} after {seconds} s",
            wanted(spec, port)
        ),
        Language::Container => {
            format!("the container does not listen on the configured port after {seconds} s")
        }
        Language::Go => format!(
            "the program does not ask for calls (FC_RUNTIME_API) after {seconds} s; is it made with the vendor's library?"
        ),
        _ => format!("the code is not loaded after {seconds} s"),
    })
}

/// Where a server may listen, in words.
fn wanted(spec: &Spec, given: u16) -> String {
    let own = configured(spec).filter(|own| *own != given);
    let own = own.map_or(String::new(), |own| {
        format!(" or {own} (the configured one)")
    });
    format!("port {given} (FC_SERVER_PORT){own}")
}

/// Says in the log of a server that does not listen what is waited for, well before it is given up; who starts it may not know that
/// anything is. Never ends.
pub(super) async fn remind(spec: &Spec, given: u16, output: &Output) -> Infallible {
    tokio::time::sleep(ELSEWHERE_WITHIN).await;
    if spec.language == Language::Custom {
        output.remark(&format!(
            "the program does not listen on {} after {} s; it is waited for until {} s have passed",
            wanted(spec, given),
            ELSEWHERE_WITHIN.as_secs(),
            LISTENS_WITHIN.as_secs()
        ));
    }
    std::future::pending().await
}

/// Looks where else a program listens. Ends when that is the configured port, or when it listens on wrong ports for long.
pub(super) async fn elsewhere(pid: u32, given: u16, configured: Option<u16>) -> Result<u16, Fault> {
    let mut wrong_since: Option<Instant> = None;
    loop {
        tokio::time::sleep(LOOK).await;
        let ports = tokio::task::spawn_blocking(move || listened(pid));
        let ports = ports.await.unwrap_or_default();
        if ports.is_empty() || ports.contains(&given) {
            wrong_since = None;
            continue;
        }
        if let Some(port) = configured.filter(|port| ports.contains(port)) {
            return Ok(port);
        }
        let since = *wrong_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= ELSEWHERE_WITHIN {
            let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
            return Err(Fault::Start(format!(
                "the program listens on port {} and not on {given} (FC_SERVER_PORT){}",
                ports.join(", "),
                configured.map_or(String::new(), |port| format!(
                    " or {port} (the configured one)"
                )),
            )));
        }
    }
}
