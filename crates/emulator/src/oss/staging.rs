//! The staging bucket: where clients leave archives of code by keys that are lent to them, each for one object and a while.
//!
//! It is nobody's: no bucket of that name is kept, so that listings, statistics and the account's own key know nothing of it.
//! The token of a lent key carries all that is known of it, so that it is good after a restart too.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use wire::oss::Key;

use super::call::Call;
use super::error::{OssError, Outcome};
use super::model::Caller;
use super::operation::copy;
use super::service::Oss;
use super::table::object;
use crate::identity::random_hex;
use crate::settings::Account;
use crate::store::StoreError;

/// The bucket's name. The vendor's is not documented; this one is a choice.
pub(super) const BUCKET: &str = "local-cloud-staged-code";
/// What ids of lent keys begin with, as those of the vendor's.
const LENT: &str = "STS.";
/// How long a key is lent. The vendor's time is not documented; this one is a choice.
const LENT_MS: i64 = 3600 * 1000;
/// How long an object lies here before whoever asks for the next key sweeps it away.
const KEPT_MS: i64 = 24 * 3600 * 1000;

/// Leave to put one object into the staging bucket.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) bucket: &'static str,
    /// The object's name below the account's id: clients of the vendor put `ACCOUNT/NAME` and name that as the code.
    pub(crate) object: String,
    /// What the request is to be signed with.
    pub(crate) key: Key,
}

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ticket {
    key_id: String,
    /// The whole key of the object.
    object: String,
    /// Milliseconds of the cloud's time.
    until_ms: i64,
}

impl Oss {
    /// Lends a key for a new object of the staging bucket, and sweeps away what lies there too long.
    pub(crate) async fn lend(&self) -> Result<Grant, StoreError> {
        let now = self.0.now();
        let swept = self.0.store.write(move |db| {
            let keys = object::older(db, BUCKET, now - KEPT_MS)?;
            let mut blobs = Vec::new();
            for key in keys {
                blobs.extend(object::delete(db, BUCKET, &key)?.unwrap_or_default());
            }
            Ok(blobs)
        });
        let swept = swept.await;
        let blobs = swept.map_err(|error: OssError| StoreError::Commit(error.to_string()))?;
        self.0.blobs.remove(blobs).await;
        Ok(grant(&self.0.account, now))
    }
}

fn grant(account: &Account, now_ms: i64) -> Grant {
    let object = random_hex::<16>().to_lowercase();
    let ticket = Ticket {
        key_id: format!("{LENT}{}", random_hex::<12>()),
        object: format!("{}/{object}", account.id),
        until_ms: now_ms + LENT_MS,
    };
    let text = serde_json::json!(ticket).to_string();
    let claims = URL_SAFE_NO_PAD.encode(text);
    let secret = &account.access_key_secret;
    Grant {
        bucket: BUCKET,
        object,
        key: Key {
            id: ticket.key_id,
            secret: lent_secret(secret, &claims),
            security_token: Some(format!("{claims}.{}", seal(secret, &claims))),
        },
    }
}

impl Ticket {
    /// Whether an access key id is that of a lent key.
    pub(super) fn is_of(key_id: &str) -> bool {
        key_id.starts_with(LENT)
    }

    /// Reads a token that came with a lent key; also the key's secret.
    pub(super) fn open(
        token: &str,
        key_id: &str,
        account: &Account,
        now_ms: i64,
    ) -> Outcome<(Self, String)> {
        let secret = &account.access_key_secret;
        let (claims, sealed) = token.split_once('.').unwrap_or_default();
        if !wire::digest::equal_in_constant_time(sealed, &seal(secret, claims)) {
            return Err(OssError::InvalidSecurityToken);
        }
        let text = URL_SAFE_NO_PAD.decode(claims).unwrap_or_default();
        let ticket: Self =
            serde_json::from_slice(&text).map_err(|_| OssError::InvalidSecurityToken)?;
        if ticket.key_id != key_id {
            return Err(OssError::InvalidSecurityToken);
        }
        if now_ms > ticket.until_ms {
            return Err(OssError::SecurityTokenExpired);
        }
        Ok((ticket, lent_secret(secret, claims)))
    }

    /// Refuses everything but putting the one object whole.
    pub(super) fn check(&self, call: &Call) -> Outcome<()> {
        let is_here = call.bucket.as_deref() == Some(BUCKET);
        let is_it = is_here && call.key.as_deref() == Some(&*self.object);
        let is_copy = call.headers.contains_key(copy::SOURCE_HEADER);
        let is_plain = !call
            .query
            .iter()
            .any(|(name, _)| wire::oss::v1::is_signed_param(name) && name != "security-token");
        if is_it && call.method == Method::PUT && is_plain && !is_copy {
            return Ok(());
        }
        let message = "The key was lent to put one object, which this is not.";
        Err(OssError::AccessDenied(message.to_owned()))
    }
}

/// Refuses whoever comes to the staging bucket without a key that was lent for it.
pub(super) fn refuse_strangers(call: &Call) -> Outcome<()> {
    if call.bucket.as_deref() != Some(BUCKET) || call.caller == Caller::Uploader {
        return Ok(());
    }
    let message = "The bucket you access does not belong to you.";
    Err(OssError::AccessDenied(message.to_owned()))
}

fn seal(secret: &str, claims: &str) -> String {
    wire::digest::hex_lower(&mac(secret, "token", claims))
}

fn lent_secret(secret: &str, claims: &str) -> String {
    URL_SAFE_NO_PAD.encode(mac(secret, "secret", claims))
}

fn mac(secret: &str, purpose: &str, claims: &str) -> Vec<u8> {
    let key = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mut mac = key.expect("HMAC takes keys of any length");
    mac.update(format!("staging {purpose}\n{claims}").as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(secret: &str) -> Account {
        Account {
            id: "1".to_owned(),
            access_key_id: "AKID".to_owned(),
            access_key_secret: secret.to_owned(),
        }
    }

    #[test]
    fn a_token_is_good_for_its_key_its_account_and_its_time() {
        let lent = grant(&account("SECRET"), 1000);
        let token = lent.key.security_token.as_deref().unwrap();
        let open = |token: &str, id: &str, secret: &str, now| {
            Ticket::open(token, id, &account(secret), now)
                .map(|(ticket, secret)| (ticket.object, secret))
                .map_err(|error| error.status().1)
        };
        let id = lent.key.id.as_str();
        let good = Ok((format!("1/{}", lent.object), lent.key.secret.clone()));
        assert_eq!(open(token, id, "SECRET", 1000 + LENT_MS), good);
        let late = open(token, id, "SECRET", 1001 + LENT_MS);
        assert_eq!(late, Err("SecurityTokenExpired"));
        let broken = token.replacen('e', "f", 1);
        for (token, id, secret) in [
            (token, "STS.other", "SECRET"),
            (token, id, "other"),
            (broken.as_str(), id, "SECRET"),
            ("", id, "SECRET"),
        ] {
            assert_eq!(open(token, id, secret, 1000), Err("InvalidSecurityToken"));
        }
    }
}
