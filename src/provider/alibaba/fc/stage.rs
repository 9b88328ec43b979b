//! Code that is too large for a request: put where the service lends room for it, as the original component does.
//!
//! The loan is the one operation of the older API (2016-08-15) that is called here, `tempBucketToken`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use http::Method;
use http::header::{AUTHORIZATION, DATE, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::client::Fc;
use crate::provider::alibaba::oss::Oss;
use crate::provider::alibaba::target::Target;
use crate::provider::alibaba::transport::Transport;
use crate::provider::{ErrorKind, ProviderError};

const LEND: &str = "GetTempBucketToken";
const PATH: &str = "/2016-08-15/tempBucketToken";

/// Room for one object, and the key that opens it.
#[derive(Deserialize)]
struct Loan {
    credentials: Credentials,
    #[serde(rename = "ossBucket")]
    bucket: String,
    /// Its name below the account's id.
    #[serde(rename = "objectName")]
    object: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    access_key_id: String,
    access_key_secret: String,
    security_token: String,
}

impl Fc {
    /// Puts the package at `path` where the service fetches it from, and says where: the field `code` of a request. The
    /// package must have the CRC-64 `checksum`.
    pub(in crate::provider::alibaba) async fn stage(
        &self,
        path: PathBuf,
        checksum: &str,
    ) -> Result<Json, ProviderError> {
        let target = self.target();
        let account = target.account_id.as_deref().ok_or_else(|| {
            let message = "a package of this size goes through a bucket of the service, which asks for the account id";
            ProviderError::new(ErrorKind::Invalid, LEND, message)
                .with_hint("add it to the access: sdev config add NAME --account-id ID")
        })?;
        let build = |now| request(target, account, now);
        let reply = self.transport().send(LEND, &build).await?;
        let loan: Loan = serde_json::from_slice(&reply.body).map_err(|error| {
            let message = format!("the reply cannot be read: {error}");
            ProviderError::new(ErrorKind::Unexpected, LEND, message)
        })?;
        let lent = Target {
            key_id: loan.credentials.access_key_id,
            key_secret: loan.credentials.access_key_secret,
            security_token: Some(loan.credentials.security_token),
            ..target.clone()
        };
        let object = format!("{account}/{}", loan.object);
        let oss = Oss::new(Arc::new(Transport::new(lent)?));
        oss.place((&loan.bucket, &object), path, checksum).await?;
        Ok(json!({ "ossBucketName": loan.bucket, "ossObjectName": object, "checksum": checksum }))
    }
}

/// The call for a loan.
fn request(
    target: &Target,
    account: &str,
    now: SystemTime,
) -> Result<reqwest::Request, ProviderError> {
    let failure = |why: String| ProviderError::new(ErrorKind::Unexpected, LEND, why);
    let url = format!("{}{PATH}", target.fc2_base(account));
    let url = reqwest::Url::parse(&url).map_err(|error| failure(error.to_string()))?;
    let mut headers = vec![(DATE.as_str().to_owned(), date(now))];
    if let Some(token) = &target.security_token {
        headers.push(("x-fc-security-token".to_owned(), token.clone()));
    }
    let call = wire::header::Call {
        scheme: &wire::header::FC2,
        method: "GET",
        resource: PATH,
        headers: &headers,
    };
    let signed = call.sign(&target.key_id, &target.key_secret);
    headers.push((AUTHORIZATION.as_str().to_owned(), signed));
    let mut request = reqwest::Request::new(Method::GET, url);
    for (name, value) in headers {
        let name = HeaderName::try_from(name).map_err(|error| failure(error.to_string()))?;
        let value = HeaderValue::try_from(value).map_err(|error| failure(error.to_string()))?;
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

/// A time as HTTP writes it.
fn date(now: SystemTime) -> String {
    let now = jiff::Timestamp::try_from(now).unwrap_or_default();
    now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
