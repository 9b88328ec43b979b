//! Random names: request ids and blob names.

use std::fmt::Write as _;

/// `N` random bytes in upper-case hex; twelve bytes make an id of the length that OSS uses.
pub(crate) fn random_hex<const N: usize>() -> String {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
        .iter()
        .fold(String::with_capacity(2 * N), |mut text, byte| {
            let _ = write!(text, "{byte:02X}");
            text
        })
}

/// A request id in the form that RPC and REST products use (an upper-case UUID, version 4).
pub(crate) fn request_uuid() -> String {
    let hex = random_hex::<16>();
    format!(
        "{}-{}-4{}-A{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}
