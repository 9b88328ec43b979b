//! Random names, of requests and blobs, and random numbers.

use std::cell::RefCell;

/// Bytes that are asked of the operating system at a time.
const POOL: usize = 1024;

thread_local! {
    /// Random bytes that nobody has had yet, and how many.
    static UNUSED: RefCell<([u8; POOL], usize)> = const { RefCell::new(([0; POOL], 0)) };
}

/// Random bytes nobody else has. The operating system is asked for many at a time: each request needs some.
fn random<const N: usize>() -> [u8; N] {
    const { assert!(N <= POOL) };
    UNUSED.with_borrow_mut(|(pool, left)| {
        if *left < N {
            getrandom::fill(pool).expect("the operating system gives random bytes");
            *left = POOL;
        }
        let mut taken = [0; N];
        taken.copy_from_slice(&pool[*left - N..*left]);
        *left -= N;
        taken
    })
}

/// `N` random bytes in upper-case hex; twelve bytes make an id of the length that OSS uses.
pub(crate) fn random_hex<const N: usize>() -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let bytes = random::<N>();
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// Any number, each as likely as the others.
pub(crate) fn chance() -> u32 {
    u32::from_be_bytes(random())
}

/// A request id in the form that RPC and REST products use (an upper-case UUID, version 4).
pub(crate) fn request_uuid() -> String {
    let hex = random_hex::<16>();
    let parts = [
        &hex[..8],
        "-",
        &hex[8..12],
        "-4",
        &hex[13..16],
        "-A",
        &hex[17..20],
        "-",
        &hex[20..],
    ];
    parts.concat()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_well_formed_and_differ() {
        let ids: HashSet<String> = (0..10_000).map(|_| request_uuid()).collect();
        assert_eq!(ids.len(), 10_000);
        for id in ids {
            let lengths: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert!(
                id[14..].starts_with('4') && id[19..].starts_with('A'),
                "{id}"
            );
            let is_hex = |letter: char| letter == '-' || "0123456789ABCDEF".contains(letter);
            assert!(id.chars().all(is_hex), "{id}");
        }
        let other = std::thread::spawn(random_hex::<12>).join().unwrap();
        assert_eq!(other.len(), 24);
        assert_ne!(other, random_hex::<12>());
    }
}
