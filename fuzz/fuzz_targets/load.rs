//! Any bytes as a manifest.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    // Files that are not UTF-8 are refused before they are parsed.
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Corpus::Reject;
    };
    sdev_fuzz::check(text);
    Corpus::Keep
});
