//! One HTTP client for all services: pooled connections, a limit on requests under way, retries, and the time that
//! signatures carry.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use ::http::{HeaderMap, header};
use bytes::Bytes;
use tokio::sync::Semaphore;

use super::fault::Fault;
use super::retry::{RetryPolicy, Tries};
use super::target::Target;
use crate::provider::{ErrorKind, ProviderError};
use crate::sys::http;

/// Requests under way at once.
pub(super) const CONCURRENCY: usize = 32;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const POOL_IDLE: Duration = Duration::from_secs(20);
/// How long a reply may take, beyond the time that the body needs to get out.
const REPLY_TIMEOUT: Duration = Duration::from_mins(1);
/// Slower than this (bytes a second) an upload counts as stuck.
const SLOWEST_UPLOAD: u64 = 16 * 1024;

/// Makes the request for one try, signed for the time given.
pub(super) type Build<'a> =
    dyn Fn(SystemTime) -> Result<reqwest::Request, ProviderError> + Sync + 'a;

/// A successful reply, whole.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Reply {
    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Sends requests until they succeed or fail for good.
pub(super) struct Transport {
    client: reqwest::Client,
    target: Target,
    slots: Semaphore,
    policy: RetryPolicy,
    /// Seconds that the server's clock is ahead of ours.
    ahead: AtomicI64,
}

impl Transport {
    /// A transport for the target, with the usual patience.
    pub(super) fn new(target: Target) -> Result<Self, ProviderError> {
        Self::with_policy(target, RetryPolicy::default())
    }

    /// A transport with a patience of its own.
    pub(super) fn with_policy(target: Target, policy: RetryPolicy) -> Result<Self, ProviderError> {
        let builder = if target.is_loopback() {
            http::loopback(CONNECT_TIMEOUT)
        } else {
            http::builder(CONNECT_TIMEOUT)
        };
        let builder = builder
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(CONCURRENCY)
            // Servers close idle connections; ours must give up first.
            .pool_idle_timeout(POOL_IDLE);
        let client = builder.build().map_err(|error| {
            ProviderError::new(ErrorKind::Unexpected, "connect", error.to_string())
        })?;
        Ok(Self {
            client,
            target,
            slots: Semaphore::new(CONCURRENCY),
            policy,
            ahead: AtomicI64::new(0),
        })
    }

    /// Whom it talks to.
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// Sends a request; only temporary failures are tried again. All operations here may be repeated.
    ///
    /// When the server finds the request's time too far from its own, the time is corrected by the server's once.
    pub(super) async fn send(
        &self,
        operation: &str,
        build: &Build<'_>,
    ) -> Result<Reply, ProviderError> {
        let mut tries = Tries::begin(&self.policy);
        let mut corrected = false;
        loop {
            let fault = match self.try_once(operation, build, REPLY_TIMEOUT).await {
                Ok(reply) => return Ok(reply),
                Err(fault) => fault,
            };
            if let Some(server_time) = fault.server_time.filter(|_| !corrected) {
                corrected = true;
                self.ahead.store(
                    seconds_between(SystemTime::now(), server_time),
                    Ordering::Relaxed,
                );
                continue;
            }
            match tries.pause_after(&fault) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(fault.error),
            }
        }
    }

    /// Sends a request once: what it does must not be done twice.
    pub(super) async fn send_once(
        &self,
        operation: &str,
        build: &Build<'_>,
        patience: Duration,
    ) -> Result<Reply, ProviderError> {
        let sent = self.try_once(operation, build, patience).await;
        sent.map_err(|fault| fault.error)
    }

    async fn try_once(
        &self,
        operation: &str,
        build: &Build<'_>,
        patience: Duration,
    ) -> Result<Reply, Fault> {
        let Ok(_slot) = self.slots.acquire().await else {
            let closed = ProviderError::new(ErrorKind::Stopped, operation, "the client is closed");
            return Err(closed.into());
        };
        let mut request = build(self.now())?;
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let sending = Duration::from_secs(length.unwrap_or(0) / SLOWEST_UPLOAD);
        *request.timeout_mut() = Some(patience + sending);
        let broken = |error| Fault::of_connection(operation, error, &self.target);
        let response = self.client.execute(request).await.map_err(broken)?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.bytes().await.map_err(broken)?;
        if status.is_success() {
            Ok(Reply { headers, body })
        } else {
            Err(Fault::of_reply(
                operation,
                status,
                &headers,
                &body,
                &self.target,
            ))
        }
    }

    /// The time as the server has it, as far as is known.
    fn now(&self) -> SystemTime {
        let ahead = self.ahead.load(Ordering::Relaxed);
        let distance = Duration::from_secs(ahead.unsigned_abs());
        let now = SystemTime::now();
        let shifted = match ahead {
            0.. => now.checked_add(distance),
            _ => now.checked_sub(distance),
        };
        shifted.unwrap_or(now)
    }
}

fn seconds_between(from: SystemTime, to: SystemTime) -> i64 {
    let seconds = |distance: Duration| i64::try_from(distance.as_secs()).unwrap_or(i64::MAX);
    match to.duration_since(from) {
        Ok(later) => seconds(later),
        Err(earlier) => -seconds(earlier.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::oss::Oss;
    use super::super::stub::{Answer, Stub};
    use super::*;
    use std::sync::Arc;

    const ACL: &str = "<AccessControlPolicy><AccessControlList><Grant>private</Grant></AccessControlList></AccessControlPolicy>";

    fn ok() -> Answer {
        Answer::Reply(200, "", ACL.to_owned())
    }

    fn failure(status: u16, code: &str) -> Answer {
        let body = format!(
            "<Error><Code>{code}</Code><Message>m</Message><RequestId>R1</RequestId></Error>"
        );
        Answer::Reply(status, "Date: Sun, 22 Nov 2037 08:29:25 GMT\r\n", body)
    }

    async fn acl(target: Target) -> Result<String, ProviderError> {
        let policy = RetryPolicy {
            base: Duration::ZERO,
            ..RetryPolicy::default()
        };
        let transport = Transport::with_policy(target, policy).unwrap();
        Oss::new(Arc::new(transport)).bucket_acl("bkt").await
    }

    #[tokio::test]
    async fn a_busy_service_is_asked_again() {
        let stub = Stub::start(vec![
            failure(503, "ServiceUnavailable"),
            Answer::Break,
            ok(),
        ])
        .await;
        assert_eq!(acl(stub.target()).await.unwrap(), "private");
        assert_eq!(stub.asked().len(), 3);
    }

    #[tokio::test]
    async fn five_tries_are_enough() {
        let answers = (0..6).map(|_| failure(500, "InternalError")).collect();
        let stub = Stub::start(answers).await;
        let error = acl(stub.target()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Temporary);
        assert_eq!(stub.asked().len(), 5);
    }

    #[tokio::test]
    async fn a_refusal_is_final_and_says_all() {
        let stub = Stub::start(vec![failure(403, "SignatureDoesNotMatch"), ok()]).await;
        let error = acl(stub.target()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied);
        assert_eq!(error.code.as_deref(), Some("SignatureDoesNotMatch"));
        assert_eq!(error.request_id.as_deref(), Some("R1"));
        assert!(error.hint.is_some());
        assert_eq!(stub.asked().len(), 1);
    }

    #[tokio::test]
    async fn a_wrong_clock_is_corrected_by_the_servers_once() {
        let skewed = || failure(403, "RequestTimeTooSkewed");
        let stub = Stub::start(vec![skewed(), ok()]).await;
        assert_eq!(acl(stub.target()).await.unwrap(), "private");
        let asked = stub.asked();
        assert!(!asked[0].contains("x-oss-date: 2037"), "{}", asked[0]);
        assert!(asked[1].contains("x-oss-date: 20371122T"), "{}", asked[1]);
        let stub = Stub::start(vec![skewed(), skewed(), ok()]).await;
        let error = acl(stub.target()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied);
        assert_eq!(stub.asked().len(), 2);
    }

    #[tokio::test]
    async fn nothing_at_the_address_is_said_so_with_a_way_out() {
        let stub = Stub::start(Vec::new()).await;
        let target = stub.target();
        let address = target.endpoint.clone().unwrap();
        // The stub's only task ends at once and closes the port.
        while tokio::net::TcpStream::connect(address.trim_start_matches("http://"))
            .await
            .is_ok()
        {
            tokio::task::yield_now().await;
        }
        let error = acl(target).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreachable);
        assert!(error.hint.unwrap().contains("sdev local start"));
    }

    #[tokio::test]
    async fn a_page_of_something_else_is_no_answer() {
        let stub = Stub::start(vec![Answer::Reply(200, "", "<html></html>".to_owned())]).await;
        let error = acl(stub.target()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unexpected);
    }
}
