//! The machine's time.

use jiff::Timestamp;

/// Now, for what is shown or sent as an example.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Now, as RFC 3339 text in UTC with whole seconds.
pub fn now_text() -> String {
    now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A span of time as people write it: `90s`, `5m`, `1h 30m`.
pub fn duration(text: &str) -> Result<std::time::Duration, String> {
    let span: jiff::SignedDuration = text
        .parse()
        .map_err(|_| format!("`{text}` is no duration such as 90s, 5m or 1h"))?;
    std::time::Duration::try_from(span)
        .ok()
        .filter(|span| !span.is_zero())
        .ok_or_else(|| format!("`{text}` is not a time ahead"))
}

/// A stopwatch for reports.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts it.
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Seconds since the start.
    pub fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
