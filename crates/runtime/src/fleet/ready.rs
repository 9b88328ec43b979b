//! From a process that was started to one that takes calls; and why it does not.

use bytes::Bytes;

use super::advice::advice;
use super::patience::{LISTENS_WITHIN, LOOK, elsewhere, not_ready, remind};
use super::port::{Port, USUAL};
use super::start::{Starter, Young};
use crate::call::Fault;
use crate::dialect::Custom;
use crate::launch::{CANNOT, Exit};
use crate::spec::{Hook, Language, Spec};

/// What stands before what a program wrote last.
pub(super) const LAST_WORDS: &str = "; its last words:";

impl Starter {
    /// Waits until it takes calls and is initialized; the fault is [`Self::explained`].
    pub(super) async fn ready(
        &self,
        spec: &Spec,
        young: &mut Young,
        port: &mut Port,
    ) -> Result<(), Fault> {
        match self.wait(spec, young, port).await {
            Err(fault) => Err(self.explained(spec, young, fault).await),
            ready => ready,
        }
    }

    async fn wait(&self, spec: &Spec, young: &mut Young, port: &mut Port) -> Result<(), Fault> {
        let ended = young.process.wait();
        let pid = young.process.launcher_pid();
        let configured = configured(spec);
        let found = tokio::select! {
            // An answer that came is an answer, whatever became of the process then.
            biased;
            done = tokio::time::timeout(LISTENS_WITHIN, young.dialect.ready()) => match done {
                Ok(Err(Fault::Exited(_))) => {
                    // The pipe's end and the process's are seen in any order.
                    young.process.wait().await;
                    return Err(self.exited(spec, young).await);
                }
                Ok(done) => done.map(|()| None),
                Err(_) => Err(not_ready(spec, port.given)),
            },
            _ = ended => return Err(self.exited(spec, young).await),
            found = elsewhere(pid, port.given, configured), if configured.is_some() => found.map(Some),
            never = remind(spec, port.given, &young.output) => match never {},
        };
        if let Some(own) = found? {
            young.output.remark(&format!(
                "the program listens on port {own} instead of the one in FC_SERVER_PORT ({}): it can have one instance only",
                port.given
            ));
            port.insist(own, &spec.function);
            young.is_lone = true;
            young.dialect = Box::new(Custom::new(own, spec));
            young.dialect.ready().await?;
        }
        match &spec.initializer {
            Some(hook) => self.initialize(hook, young).await,
            None => Ok(()),
        }
    }

    /// Runs the initializer. However it fails, and in whatever runtime, it is the code that failed.
    async fn initialize(&self, hook: &Hook, young: &Young) -> Result<(), Fault> {
        // No caller has asked for it, so it has an id of its own.
        let id = format!("initialize-{}", self.id());
        let asked = tokio::time::timeout(hook.timeout, young.dialect.initialize(&id));
        match asked.await {
            Ok(Err(Fault::Exited(seen))) => {
                let moment = tokio::time::timeout(LOOK, young.process.wait());
                Err(Fault::initializer(&match moment.await {
                    Ok(_) => format!("the initializer failed: the program ended ({})", how(young)),
                    Err(_) => format!("the initializer failed: {seen}"),
                }))
            }
            Ok(done) => done,
            Err(_) => {
                let seconds = hook.timeout.as_secs();
                let why = format!("the initializer timed out after {seconds} s");
                Err(Fault::initializer(&why))
            }
        }
    }

    /// What is said of a program that ended before it took calls.
    async fn exited(&self, spec: &Spec, young: &Young) -> Fault {
        young.output.drain().await;
        let last = young.output.last();
        if let Some(at) = last.find(CANNOT).filter(|_| is_unstarted(young)) {
            return Fault::Start(last[at..].trim_end().to_owned());
        }
        let how = how(young);
        let mut text = format!("the program ended before it took calls ({how})");
        let is_taken =
            last.contains("EADDRINUSE") || last.to_lowercase().contains("address already in use");
        if let Some(port) = configured(spec).filter(|_| is_taken)
            && let Some(holder) = self.ports.holder(port)
        {
            text = format!(
                "{text}; port {port} is used by {holder}: let it listen on the port in FC_SERVER_PORT"
            );
        }
        if let Some(advice) = advice(spec, &last, self.python(spec).as_deref()) {
            text = format!("{text}; {advice}");
        }
        if !last.is_empty() {
            text = format!("{text}{LAST_WORDS}\n{last}");
        }
        Fault::Start(text)
    }

    /// The fault with what the code wrote and what can be done, for the log and for who called. Ends the process.
    async fn explained(&self, spec: &Spec, young: &Young, fault: Fault) -> Fault {
        let Fault::Code { payload, .. } = &fault else {
            return fault;
        };
        young.process.kill();
        young.output.drain().await;
        let advice = advice(spec, &fault.to_string(), self.python(spec).as_deref());
        if let Some(advice) = &advice {
            young.output.remark(advice);
        }
        let last = Some(young.output.last()).filter(|last| !last.is_empty());
        let log: Vec<String> = last.into_iter().chain(advice).collect();
        Fault::Code {
            payload: payload.clone(),
            log: Bytes::from(log.join("\n")),
        }
    }
}

/// How its process ended.
fn how(young: &Young) -> String {
    let how = young.process.exit();
    how.map_or_else(|| "killed".to_owned(), |how| how.to_string())
}

/// The port that a server is configured to listen on; nothing for what is no server.
pub(super) fn configured(spec: &Spec) -> Option<u16> {
    let custom = spec.custom.as_ref();
    let is_server = spec.language == Language::Custom;
    is_server.then(|| custom.and_then(|custom| custom.port).unwrap_or(USUAL))
}

/// Whether there was no program to start.
fn is_unstarted(young: &Young) -> bool {
    young.process.exit() == Some(Exit::Code(126))
}
