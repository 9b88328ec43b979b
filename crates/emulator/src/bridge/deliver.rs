//! One delivery: the event as its target gets it, and what comes of that.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;
use rusqlite::Connection;
use serde_json::Value;

use super::error::{BridgeError, Outcome};
use super::model::{Goal, Target};
use super::service::Shared;
use super::stream::{After, finish};
use super::table::batch;
use super::table::delivery::{self, Delivery};
use crate::function::FcError;
use crate::identity::chance;
use crate::mns::{Address, Letter};
use crate::push::push;

/// Parameters that hold what a target gets.
const BODY: &[&str] = &["Body"];
/// The same of a flow.
const INPUT: &[&str] = &["Input", "Body"];

impl Shared {
    /// Makes a delivery and records what came of it. A delivery that was made and not recorded, because the cloud died in
    /// between, is made again.
    pub(super) async fn deliver(self: &Arc<Self>, delivery: Delivery) -> Outcome<()> {
        let of = delivery.clone();
        let read = self
            .store
            .read(move |db| Ok::<_, BridgeError>(delivery::content(db, &of)?));
        let Some((trace, text)) = read.await? else {
            return self.settle(delivery, (String::new(), true)).await;
        };
        let event: Value = serde_json::from_str(&text).unwrap_or_default();
        let id = format!("{trace}-{}", delivery.id);
        let made = match delivery.target.goal() {
            Ok(Goal::Post(to, coded)) => {
                return match delivery.target.body(BODY, &event) {
                    Ok(body) if coded => {
                        self.post(delivery, to, BASE64_STANDARD.encode(body), text)
                            .await
                    }
                    Ok(body) => self.post(delivery, to, body, text).await,
                    Err(_) => self.settle(delivery, (text, false)).await,
                };
            }
            Ok(Goal::Function {
                name,
                qualifier,
                waits,
            }) => {
                let to = (name.as_str(), qualifier.as_str());
                self.call(&delivery.target, to, waits, (&id, &event)).await
            }
            Ok(Goal::Http(to)) => self.send(&delivery.target, to, &event).await,
            Ok(Goal::Flow(flow)) => self.start(&delivery.target, &flow, (&id, &event)).await,
            Err(_) => false,
        };
        self.settle(delivery, (text, made)).await
    }

    /// One transaction: the message, and that it was sent.
    async fn post(
        self: &Arc<Self>,
        delivery: Delivery,
        to: Address,
        body: String,
        text: String,
    ) -> Outcome<()> {
        let room = Arc::clone(self);
        let write = self.store.write(move |db| {
            // An event that was deleted meanwhile goes nowhere.
            if delivery::content(db, &delivery)?.is_none() {
                return Ok(After::default());
            }
            match room.mns.post(db, &to, &Letter::new(body)) {
                Ok(posted) => {
                    finish(db, &delivery)?;
                    Ok(After {
                        posted: vec![posted],
                        ..After::default()
                    })
                }
                Err(error) if error.status.is_server_error() => {
                    Err(BridgeError::failed(error.message))
                }
                Err(_) => room.fail(db, &delivery, &text),
            }
        });
        self.tell(&write.await?);
        Ok(())
    }

    async fn call(
        &self,
        target: &Target,
        (name, qualifier): (&str, &str),
        waits: bool,
        (id, event): (&str, &Value),
    ) -> bool {
        let (Ok(body), Some((functions, _))) = (target.body(BODY, event), self.joined()) else {
            return false;
        };
        if !waits {
            let body = body.into_bytes();
            let queued = functions.enqueue_event((name, Some(qualifier)), (id, None, None), body);
            return queued.await.is_ok();
        }
        let call = runtime::Call {
            request_id: id.to_owned(),
            trace: None,
            retries: 0,
            request: runtime::Request::Event(body.into()),
        };
        let answered: Result<_, FcError> = functions.call_event(name, qualifier, call).await;
        answered.is_ok_and(|answer| answer.error.is_none())
    }

    async fn send(&self, target: &Target, to: Uri, event: &Value) -> bool {
        let Ok(body) = target.body(BODY, event) else {
            return false;
        };
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = to;
        let json = HeaderValue::from_static("application/json;charset=utf-8");
        request.headers_mut().insert(header::CONTENT_TYPE, json);
        push(&self.web, request).await
    }

    /// Begins an execution that is called as this delivery is, so that one that was begun before a crash is not begun twice.
    async fn start(&self, target: &Target, flow: &str, (id, event): (&str, &Value)) -> bool {
        let input = target.body(INPUT, event);
        let input = input.ok().and_then(|text| serde_json::from_str(&text).ok());
        let (Some(input), Some((_, flows))) = (input, self.joined()) else {
            return false;
        };
        flows.begin(flow, &format!("eb-{id}"), input).await.is_ok()
    }

    /// Records what came of a delivery.
    async fn settle(
        self: &Arc<Self>,
        delivery: Delivery,
        (text, made): (String, bool),
    ) -> Outcome<()> {
        let room = Arc::clone(self);
        let to = delivery.target.clone();
        let write = self.store.write(move |db| {
            if made {
                finish(db, &delivery)?;
                return Ok(After::default());
            }
            room.fail(db, &delivery, &text)
        });
        let after = write.await?;
        if after.has_stopped {
            self.say_stopped(&to);
        }
        self.tell(&after);
        Ok(())
    }

    /// A line in the log of the function that a stream called to the last.
    fn say_stopped(&self, to: &Target) {
        let (
            Ok(Goal::Function {
                name, qualifier, ..
            }),
            Some((functions, _)),
        ) = (to.goal(), self.joined())
        else {
            return;
        };
        let stream = &to.id;
        let text = format!(
            "the trigger {stream} has stopped: what it called the function with failed to the last try, and errorsTolerance is NONE; its messages wait in their queue until the trigger is changed"
        );
        functions.note(&name, &qualifier, &text);
    }

    /// It is tried again, or over; then the event goes to the queue of dead letters, if there is one.
    fn fail(&self, db: &Connection, delivery: &Delivery, text: &str) -> Outcome<After> {
        if let Some(batch) = batch::of(db, delivery.id)? {
            let items: Vec<String> = serde_json::from_str(text).unwrap_or_default();
            return self.fail_batch(db, (delivery, &batch), &items);
        }
        if let Some(wait) = delivery.target.wait_ms(delivery.failures + 1, chance()) {
            delivery::again(db, delivery, self.now() + wait)?;
            return Ok(After::default());
        }
        let was_there = delivery::remove(db, delivery)?;
        let Some(queue) = delivery.target.dead_letters().filter(|_| was_there) else {
            return Ok(After::default());
        };
        let posted = self.bury(db, &Address::Queue(queue), text)?;
        Ok(After {
            posted: posted.into_iter().collect(),
            ..After::default()
        })
    }

    fn tell(&self, after: &After) {
        if after.has_stopped {
            // Before it hears that its messages are back.
            self.sources.change();
        }
        for posted in &after.posted {
            self.mns.committed(posted);
        }
        if let Some(queue) = &after.rung {
            self.mns.ring(queue);
        }
    }
}
