//! Waiting for what the cloud does after it has answered.

use std::time::{Duration, Instant};

use crate::provider::{ErrorKind, Progress, ProviderError, Tell};

/// How long a change may take; the vendor speaks of minutes.
const WITHIN: Duration = Duration::from_mins(15);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long to wait for the cloud.
pub(super) struct Patience {
    begun: Instant,
    pause: Duration,
}

impl Patience {
    pub(super) fn begin() -> Self {
        Self {
            begun: Instant::now(),
            pause: FIRST_PAUSE,
        }
    }

    /// Waits for a moment, each time longer; fails when the user wants to stop or it took too long in all. `what` names the
    /// thing and the state that it is in.
    pub(super) async fn pause(
        &mut self,
        kind: &str,
        what: &str,
        tell: &dyn Tell,
    ) -> Result<(), ProviderError> {
        if tell.stopped() {
            let message = "stopped while waiting";
            return Err(ProviderError::new(ErrorKind::Stopped, kind, message));
        }
        if self.begun.elapsed() > WITHIN {
            let hint = "the cloud is slow today; run the same command again later";
            let message = format!("{what} still");
            return Err(ProviderError::new(ErrorKind::Temporary, kind, message).with_hint(hint));
        }
        let seconds = self.begun.elapsed().as_secs();
        tell.progress(Progress::Note(format!("{what}, waiting for {seconds} s")));
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}
