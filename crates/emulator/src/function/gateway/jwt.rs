//! Signed web tokens (RFC 7515, 7517, 7519): which key, whether the signature holds, whether the token is valid now.
//!
//! RS, PS, HS and ES with 256, 384 and 512 bits, and `EdDSA` over Ed25519. The key's type must fit the algorithm, so that a
//! public key never serves as a shared one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p521::ecdsa::signature::Verifier as _;
use p521::ecdsa::{Signature, VerifyingKey};
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};
use ring::{hmac, signature::VerificationAlgorithm};
use serde_json::{Map, Value as Json};

/// Why a token is refused.
type Refused = &'static str;

/// The claims of `token` when one of `keys` (an array of JWK) signed it and it is valid at `now`, seconds since 1970.
/// A token without `exp` does not expire.
pub(super) fn claims(token: &str, keys: &[Json], now: i64) -> Result<Map<String, Json>, Refused> {
    let (signed, mark) = token
        .rsplit_once('.')
        .ok_or("the token has no three parts")?;
    let (head, payload) = signed
        .split_once('.')
        .ok_or("the token has no three parts")?;
    let head = object(head)?;
    if head.contains_key("crit") {
        return Err("the token has critical extensions");
    }
    let algorithm = head.get("alg").and_then(Json::as_str);
    let algorithm = algorithm.ok_or("the token names no algorithm")?;
    let key = choose(keys, head.get("kid").and_then(Json::as_str))?;
    if key.get("alg").is_some_and(|own| own != algorithm) {
        return Err("the key is for another algorithm");
    }
    if key.get("use").is_some_and(|own| own != "sig") {
        return Err("the key is not for signatures");
    }
    let mark = decode(mark)?;
    if !holds(algorithm, key, signed.as_bytes(), &mark)? {
        return Err("the token's signature does not hold");
    }
    let claims = object(payload)?;
    check_times(&claims, now)?;
    Ok(claims)
}

/// The key that the token names, else the one key that has no name.
fn choose<'k>(keys: &'k [Json], name: Option<&str>) -> Result<&'k Json, Refused> {
    let named = name.and_then(|name| keys.iter().find(|key| key["kid"] == name));
    if let Some(key) = named {
        return Ok(key);
    }
    let mut nameless = keys.iter().filter(|key| key.get("kid").is_none());
    match (nameless.next(), nameless.next()) {
        (Some(key), None) => Ok(key),
        (None, _) => Err("no key fits the token"),
        _ => Err("more than one key has no kid"),
    }
}

fn holds(algorithm: &str, key: &Json, signed: &[u8], mark: &[u8]) -> Result<bool, Refused> {
    match algorithm {
        "RS256" => rsa(&signature::RSA_PKCS1_2048_8192_SHA256, key, signed, mark),
        "RS384" => rsa(&signature::RSA_PKCS1_2048_8192_SHA384, key, signed, mark),
        "RS512" => rsa(&signature::RSA_PKCS1_2048_8192_SHA512, key, signed, mark),
        "PS256" => rsa(&signature::RSA_PSS_2048_8192_SHA256, key, signed, mark),
        "PS384" => rsa(&signature::RSA_PSS_2048_8192_SHA384, key, signed, mark),
        "PS512" => rsa(&signature::RSA_PSS_2048_8192_SHA512, key, signed, mark),
        "HS256" => shared(hmac::HMAC_SHA256, key, signed, mark),
        "HS384" => shared(hmac::HMAC_SHA384, key, signed, mark),
        "HS512" => shared(hmac::HMAC_SHA512, key, signed, mark),
        "ES256" => {
            let point = point(key, "P-256")?;
            Ok(curve(
                &signature::ECDSA_P256_SHA256_FIXED,
                &point,
                signed,
                mark,
            ))
        }
        "ES384" => {
            let point = point(key, "P-384")?;
            Ok(curve(
                &signature::ECDSA_P384_SHA384_FIXED,
                &point,
                signed,
                mark,
            ))
        }
        "EdDSA" => {
            expect(key, "kty", "OKP")?;
            expect(key, "crv", "Ed25519")?;
            Ok(curve(&signature::ED25519, &part(key, "x")?, signed, mark))
        }
        "ES512" => Ok(curve_p521(&point(key, "P-521")?, signed, mark)),
        _ => Err("the token's algorithm is not one that is allowed"),
    }
}

fn rsa(how: &RsaParameters, key: &Json, signed: &[u8], mark: &[u8]) -> Result<bool, Refused> {
    expect(key, "kty", "RSA")?;
    let trimmed = |name| {
        let bytes = part(key, name)?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Ok::<_, Refused>(bytes[zeros..].to_vec())
    };
    let public = RsaPublicKeyComponents {
        n: trimmed("n")?,
        e: trimmed("e")?,
    };
    Ok(public.verify(how, signed, mark).is_ok())
}

fn shared(how: hmac::Algorithm, key: &Json, signed: &[u8], mark: &[u8]) -> Result<bool, Refused> {
    expect(key, "kty", "oct")?;
    let secret = part(key, "k")?;
    if secret.is_empty() {
        return Err("the key is empty");
    }
    Ok(hmac::verify(&hmac::Key::new(how, &secret), signed, mark).is_ok())
}

/// An elliptic curve's point, uncompressed.
fn point(key: &Json, curve: &str) -> Result<Vec<u8>, Refused> {
    expect(key, "kty", "EC")?;
    expect(key, "crv", curve)?;
    Ok([vec![4], part(key, "x")?, part(key, "y")?].concat())
}

fn curve(how: &'static dyn VerificationAlgorithm, key: &[u8], signed: &[u8], mark: &[u8]) -> bool {
    UnparsedPublicKey::new(how, key)
        .verify(signed, mark)
        .is_ok()
}

/// ES512, whose curve is not among those of `ring`. What is no point or no signature proves nothing.
fn curve_p521(key: &[u8], signed: &[u8], mark: &[u8]) -> bool {
    let read = VerifyingKey::from_sec1_bytes(key).and_then(|key| {
        let mark = Signature::from_slice(mark)?;
        key.verify(signed, &mark)
    });
    read.is_ok()
}

fn expect(key: &Json, name: &str, value: &str) -> Result<(), Refused> {
    if key[name] == value {
        Ok(())
    } else {
        Err("the key does not fit the token's algorithm")
    }
}

fn part(key: &Json, name: &str) -> Result<Vec<u8>, Refused> {
    decode(key[name].as_str().ok_or("the key lacks a part")?)
}

fn decode(text: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| "not base64url")
}

fn object(text: &str) -> Result<Map<String, Json>, Refused> {
    serde_json::from_slice(&decode(text)?).map_err(|_| "a part of the token is no JSON object")
}

fn check_times(claims: &Map<String, Json>, now: i64) -> Result<(), Refused> {
    #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^52")]
    let now = now as f64;
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or("exp or nbf is no number"),
    };
    if time("exp")?.is_some_and(|end| now >= end) {
        return Err("the token has expired");
    }
    if time("nbf")?.is_some_and(|start| now < start) {
        return Err("the token is not valid yet");
    }
    Ok(())
}

#[cfg(test)]
#[path = "jwt_vectors.rs"]
mod vectors;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HS_TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const BEFORE: i64 = 1_300_819_379;

    fn hs_key() -> Json {
        json!({"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})
    }

    #[test]
    fn the_example_of_rfc_7515_holds_until_it_expires() {
        let keys = [hs_key()];
        assert_eq!(claims(HS_TOKEN, &keys, BEFORE).unwrap()["iss"], "joe");
        assert_eq!(
            claims(HS_TOKEN, &keys, BEFORE + 1),
            Err("the token has expired")
        );
    }

    #[test]
    fn every_algorithm_holds_and_a_changed_byte_does_not() {
        for line in include_str!("jwt_cases.txt")
            .lines()
            .filter(|line| !line.is_empty())
        {
            let (key, token) = line.split_once(' ').unwrap();
            let keys = [serde_json::from_str(key).unwrap()];
            assert_eq!(
                claims(token, &keys, 0).map(|all| all["sub"] == "ann"),
                Ok(true),
                "{token}"
            );
            let (signed, mark) = token.rsplit_once('.').unwrap();
            let mut bytes = decode(mark).unwrap();
            bytes[5] ^= 1;
            let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(bytes));
            assert_eq!(
                claims(&forged, &keys, 0),
                Err("the token's signature does not hold")
            );
        }
    }

    #[test]
    fn ed25519_holds_as_in_rfc_8037() {
        let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let mark = decode(
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        );
        let mark = mark.unwrap();
        assert_eq!(holds("EdDSA", &key, signed, &mark), Ok(true));
        assert_eq!(holds("EdDSA", &key, b"other", &mark), Ok(false));
    }

    #[test]
    fn keys_are_chosen_by_name_and_confusions_are_refused() {
        let named = |name: &str| {
            let mut key = hs_key();
            key["kid"] = name.into();
            key
        };
        let ok = |keys: &[Json]| claims(HS_TOKEN, keys, BEFORE).is_ok();
        assert!(ok(&[named("a"), hs_key()]));
        assert!(!ok(&[named("a")]));
        assert!(!ok(&[hs_key(), hs_key()]));
        for (name, value) in [("kty", "RSA"), ("alg", "RS256"), ("use", "enc"), ("k", "")] {
            let mut key = hs_key();
            key[name] = value.into();
            assert!(!ok(&[key]), "{name}");
        }
        for head in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS256","crit":["exp"]}"#,
            "{}",
            r#"{"alg":"ES512"}"#,
        ] {
            let token = format!("{}.e30.", URL_SAFE_NO_PAD.encode(head));
            assert!(claims(&token, &[hs_key()], 0).is_err(), "{head}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_taken_for_a_token(token in ".{0,60}") {
            proptest::prop_assert!(claims(&token, &[hs_key()], 0).is_err());
        }
    }
}
