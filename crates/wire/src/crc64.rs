//! CRC-64/XZ, which the object storage calls `x-oss-hash-crc64ecma`.

use crc_fast::{CrcAlgorithm, Digest, checksum_combine};

/// A checksum being computed.
pub struct Crc64(Digest);

impl Crc64 {
    /// The checksum of nothing so far.
    pub fn new() -> Self {
        Self(Digest::new(CrcAlgorithm::Crc64Xz))
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all bytes so far; headers carry it in decimal.
    pub fn value(&self) -> u64 {
        self.0.finalize()
    }
}

impl Default for Crc64 {
    fn default() -> Self {
        Self::new()
    }
}

/// The checksum of some bytes.
pub fn crc64(bytes: &[u8]) -> u64 {
    let mut crc = Crc64::new();
    crc.update(bytes);
    crc.value()
}

/// The checksum of two runs of bytes, from the checksum of each and the length of the second.
pub fn combine(first: u64, second: u64, second_length: u64) -> u64 {
    checksum_combine(CrcAlgorithm::Crc64Xz, first, second, second_length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_published_check_value() {
        assert_eq!(crc64(b"123456789"), 0x995d_c9bb_df19_39fa);
    }

    #[test]
    fn the_recorded_value_of_hello() {
        assert_eq!(crc64(b"hello"), 11_177_612_005_948_864_433);
    }

    proptest! {
        #[test]
        fn parts_combine_to_the_whole(whole in proptest::collection::vec(any::<u8>(), 0..600), cut in 0_usize..600) {
            let (first, second) = whole.split_at(cut.min(whole.len()));
            let combined = combine(crc64(first), crc64(second), second.len() as u64);
            prop_assert_eq!(combined, crc64(&whole));
        }
    }
}
