//! How messages come in: sent to queues, published to topics, by calls and by other rooms of this cloud.

use std::sync::Arc;

use rusqlite::Connection;

use super::error::{MnsError, Outcome};
use super::model::{Address, Endpoint, Letter, Notification, Subscription};
use super::service::{Mns, Shared};
use super::table::{delivery, message, queue, subscription, topic};

/// A message that is being published, as who hears of it sees it.
#[derive(Debug)]
pub(crate) struct Publication<'a> {
    /// The account that owns the topic.
    pub(crate) owner: &'a str,
    pub(crate) topic: &'a str,
    pub(crate) message_id: &'a str,
    pub(crate) body: &'a str,
    /// Empty: none.
    pub(crate) tag: &'a str,
    /// Names and texts, as they were published.
    pub(crate) attributes: &'a [(String, String)],
    /// Milliseconds of the cloud's time.
    pub(crate) published_ms: i64,
}

/// What came of a message, in a transaction that is to be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) message_id: String,
    /// MD5 of the body in upper-case hex.
    pub(crate) digest: String,
    /// The handle by which it can be deleted while it is delayed.
    pub(super) handle: Option<String>,
    /// Queues that got something.
    queues: Vec<String>,
    /// Somebody took note of it.
    is_heard: bool,
    /// Something of it is on its way.
    is_owed: bool,
}

impl Mns {
    /// Sends or publishes in a transaction of another room. When that is durable, [`Mns::committed`] must be told.
    ///
    /// # Errors
    /// There is no such queue or topic, or it does not take messages of this size; nothing was changed.
    pub(crate) fn post(&self, db: &Connection, to: &Address, letter: &Letter) -> Outcome<Posted> {
        self.0.post(db, to, letter)
    }

    /// A transaction in which something was posted is durable.
    pub(crate) fn committed(&self, posted: &Posted) {
        self.0.committed(posted);
    }

    /// Sends or publishes in a transaction of its own.
    ///
    /// # Errors
    /// As [`Mns::post`], or it could not be kept.
    pub(crate) async fn send(&self, to: Address, letter: Letter) -> Outcome<Posted> {
        let shared = Arc::clone(&self.0);
        let write = self.0.store.write(move |db| shared.post(db, &to, &letter));
        let posted = write.await?;
        self.0.committed(&posted);
        Ok(posted)
    }
}

impl Shared {
    /// See [`Mns::post`].
    pub(super) fn post(&self, db: &Connection, to: &Address, letter: &Letter) -> Outcome<Posted> {
        match to {
            Address::Queue(name) => self.send(db, name, letter),
            Address::Topic(name) => self.publish(db, name, letter),
        }
    }

    fn send(&self, db: &Connection, name: &str, letter: &Letter) -> Outcome<Posted> {
        let queue = queue::find(db, name)?.ok_or_else(|| MnsError::no_queue(name))?;
        letter.check_size(queue.attributes.size)?;
        let now = self.now();
        let kept = message::add(db, &queue, letter, now)?;
        Ok(Posted {
            message_id: kept.id.clone(),
            digest: letter.digest(),
            handle: (kept.visible_ms > now).then(|| kept.handle().show()),
            queues: vec![queue.name],
            is_heard: false,
            is_owed: false,
        })
    }

    /// Publishes: queues get the message in the same transaction, pushes are kept to be made.
    fn publish(&self, db: &Connection, name: &str, letter: &Letter) -> Outcome<Posted> {
        let topic = topic::find(db, name)?.ok_or_else(|| MnsError::no_topic(name))?;
        letter.check_size(topic.attributes.size)?;
        let now = self.now();
        delivery::forget_old(db, now)?;
        let (mut queues, mut owed) = (Vec::new(), Vec::new());
        for one in subscription::of(db, name)? {
            if !one.wants(&letter.tag) {
                continue;
            }
            match Endpoint::read(&one.terms.endpoint)? {
                Endpoint::Http(_) => owed.push((one.name, 0, now)),
                Endpoint::Queue(to) => {
                    if self.hand_over(db, (&one, &to), letter, now)? {
                        queues.push(to);
                    } else if let Some(due_ms) = one.next_try(1, now) {
                        owed.push((one.name, 1, due_ms));
                    }
                }
            }
        }
        delivery::add(db, name, letter, (&owed, now))?;
        let publication = Publication {
            owner: &self.account.id,
            topic: name,
            message_id: &letter.message_id,
            body: &letter.body,
            tag: &letter.tag,
            attributes: &letter.attributes,
            published_ms: now,
        };
        let watch = self.watch.get();
        let heard = watch.map(|watch| watch.published(db, &publication));
        Ok(Posted {
            message_id: letter.message_id.clone(),
            digest: letter.digest(),
            handle: None,
            queues,
            is_heard: heard.transpose()?.unwrap_or_default(),
            is_owed: !owed.is_empty(),
        })
    }

    /// Puts what was published at a moment into the queue of a subscription; whether there is that queue.
    pub(super) fn hand_over(
        &self,
        db: &Connection,
        (subscription, to): (&Subscription, &str),
        letter: &Letter,
        published_ms: i64,
    ) -> Outcome<bool> {
        let Some(queue) = queue::find(db, to)? else {
            return Ok(false);
        };
        let notification = Notification {
            owner: &self.account.id,
            topic: &subscription.topic,
            subscription: &subscription.name,
            message_id: &letter.message_id,
            body: &letter.body,
            tag: &letter.tag,
            published_ms,
        };
        let text = notification.text(subscription.terms.format);
        let mut copy = Letter::new(text);
        copy.extra = letter.extra.clone();
        message::add(db, &queue, &copy, self.now())?;
        Ok(true)
    }

    /// See [`Mns::committed`].
    pub(super) fn committed(&self, posted: &Posted) {
        for queue in &posted.queues {
            self.bells.ring(queue);
        }
        if posted.is_owed {
            self.bell.notify_one();
        }
        if posted.is_heard
            && let Some(watch) = self.watch.get()
        {
            watch.committed();
        }
    }
}
