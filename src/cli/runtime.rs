//! Runs asynchronous work from a command, and hears the user's wish to stop.

use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};

use super::exit::Exit;
use crate::apply::Stop;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::sys::process;

/// Runs a future to its end on a runtime of its own.
pub(super) fn block_on<T>(
    work: impl Future<Output = Result<T, Diagnostics>>,
) -> Result<T, Diagnostics> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime
        .map_err(|e| Diagnostics::from(Diagnostic::error(code::MACHINE, e.to_string())))?
        .block_on(work)
}

/// From now on Ctrl-C and SIGTERM end the process with this code, as soon as what is under way then is done.
pub(super) fn end_at_signal<W: Future<Output = ()>>(
    exit: Exit,
    done: impl FnOnce() -> W + Send + 'static,
) {
    std::thread::spawn(move || {
        block_on(async {
            let (Ok(mut interrupt), Ok(mut terminate)) = (
                signal(SignalKind::interrupt()),
                signal(SignalKind::terminate()),
            ) else {
                return Ok(());
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            done().await;
            process::exit_now(exit as u8);
        })
    });
}

/// From now on Ctrl-C and SIGTERM ask `stop`. Before anything has begun, and the second time, they end the process at once;
/// that loses nothing either.
pub(super) fn heed_signals(stop: &Stop, told: impl Fn() + Send + 'static) {
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return;
    };
    let stop = stop.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if stop.is_asked() || !stop.has_begun() {
                process::exit_now(Exit::Interrupted as u8);
            }
            stop.ask();
            told();
        }
    });
}
