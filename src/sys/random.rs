//! Chance, from the operating system.

/// Fills a buffer with random bytes.
pub fn fill(buffer: &mut [u8]) {
    // The system's generator only fails where no program could run safely.
    getrandom::fill(buffer).expect("the operating system gives random bytes");
}

/// `bytes` random bytes as lower-case hex.
pub fn hex(bytes: usize) -> String {
    use std::fmt::Write;
    let mut buffer = vec![0; bytes];
    fill(&mut buffer);
    buffer
        .iter()
        .fold(String::with_capacity(bytes * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
