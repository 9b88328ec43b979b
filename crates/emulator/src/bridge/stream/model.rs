//! What a stream is, when it takes messages, and when a batch that failed is tried again. Pure.

use serde::{Deserialize, Serialize};

use crate::bridge::watch::Listener;
use crate::mns::{Ready, Strategy};

/// Messages that a stream takes at a time when they go one by one.
const AT_A_TIME: usize = 64;
/// Bytes of a call's event at most ("Invocation methods" of the vendor's docs): waited for, and queued.
const LARGEST: (usize, usize) = (32 * 1024 * 1024, 128 * 1024);

/// A queue whose messages go to a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stream {
    /// Who gets them. Its name is like no other stream's.
    pub(crate) to: Listener,
    /// The queue's name.
    pub(crate) queue: String,
    /// Whether bodies are in base64.
    pub(crate) decodes: bool,
    pub(crate) flow: Flow,
}

/// How events flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Each by itself, as over an event bus of this name.
    Each(String),
    Batched(Batches),
}

/// How events flow in batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batches {
    /// Events of a batch at most.
    pub(crate) count: usize,
    /// Milliseconds that the first one waits for others.
    pub(crate) window_ms: i64,
    /// Whether of each event only the data are delivered.
    pub(crate) raw: bool,
    /// Batches under way at most.
    pub(crate) side_by_side: usize,
    pub(crate) terms: Terms,
}

/// What becomes of a batch that fails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Terms {
    pub(crate) strategy: Strategy,
    /// Tries after the first one at most, if that is said.
    pub(crate) attempts: Option<u32>,
    /// Milliseconds after which it is not tried any more, if that is said.
    pub(crate) age_ms: Option<i64>,
    /// Whether the stream goes on after a batch that could not be delivered; otherwise it stops.
    pub(crate) tolerant: bool,
    /// The queue that gets the events of such a batch.
    pub(crate) dead_letters: Option<String>,
}

/// What a stream does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Take,
    /// Looks again at a moment.
    Look(i64),
    /// Waits until something happens.
    Rest,
}

impl Stream {
    /// What it is called among streams.
    pub(super) fn name(&self) -> &str {
        &self.to.name
    }

    /// Messages that it takes at a time at most.
    pub(super) fn most(&self) -> usize {
        match &self.flow {
            Flow::Each(_) => AT_A_TIME,
            Flow::Batched(batches) => batches.count,
        }
    }

    /// Bytes of what its function is called with at most.
    pub(super) fn largest(&self) -> usize {
        if self.to.waits { LARGEST.0 } else { LARGEST.1 }
    }

    /// Whether it takes what is ready in its queue while so many batches of it are under way.
    pub(super) fn step(&self, ready: Ready, under_way: usize, now_ms: i64) -> Step {
        let (is_full, window_ms) = match &self.flow {
            Flow::Each(_) => (true, 0),
            Flow::Batched(batches) if under_way >= batches.side_by_side => return Step::Rest,
            Flow::Batched(batches) => (
                ready.messages >= batches.count || ready.bytes >= self.largest(),
                batches.window_ms,
            ),
        };
        let over_ms = ready.since_ms.map(|since| since + window_ms);
        if over_ms.is_some_and(|over| is_full || over <= now_ms) {
            return Step::Take;
        }
        let next = over_ms.into_iter().chain(ready.next_ms).min();
        next.map_or(Step::Rest, Step::Look)
    }
}

impl Terms {
    /// When a batch of a moment is tried again after so many tries that failed; nothing: no more. `chance` is any number.
    pub(super) fn again_ms(
        &self,
        failed: u32,
        (begun_ms, now_ms): (i64, i64),
        chance: u32,
    ) -> Option<i64> {
        let due_ms = now_ms + self.strategy.wait_ms(failed, chance)?;
        let is_young = self.age_ms.is_none_or(|age| due_ms - begun_ms <= age);
        let is_left = self.attempts.is_none_or(|attempts| failed <= attempts);
        (is_young && is_left).then_some(due_ms)
    }
}

/// A stream of this queue to the function `f`.
#[cfg(test)]
pub(super) fn sample(queue: &str, decodes: bool, flow: Flow) -> Stream {
    Stream {
        to: Listener {
            name: "f/t".to_owned(),
            function: "f".to_owned(),
            qualifier: "LATEST".to_owned(),
            pattern: "{}".to_owned(),
            waits: false,
        },
        queue: queue.to_owned(),
        decodes,
        flow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(flow: Flow) -> Stream {
        sample("q", true, flow)
    }

    fn batched() -> Stream {
        stream(Flow::Batched(Batches {
            count: 3,
            window_ms: 1000,
            raw: false,
            side_by_side: 2,
            terms: Terms::default(),
        }))
    }

    fn ready(messages: usize, since_ms: Option<i64>, next_ms: Option<i64>) -> Ready {
        Ready {
            messages,
            bytes: messages * 10,
            since_ms,
            next_ms,
        }
    }

    #[test]
    fn a_batch_is_taken_when_it_is_full_large_or_old() {
        let stream = batched();
        let large = Ready {
            bytes: 128 * 1024,
            ..ready(1, Some(9_900), None)
        };
        for (ready, under_way, step) in [
            (ready(3, Some(9_900), None), 0, Step::Take),
            (ready(3, Some(9_900), None), 1, Step::Take),
            (ready(3, Some(9_900), None), 2, Step::Rest),
            (large, 0, Step::Take),
            (ready(2, Some(9_000), None), 0, Step::Take),
            (ready(2, Some(9_900), None), 0, Step::Look(10_900)),
            (ready(2, Some(9_900), Some(10_100)), 0, Step::Look(10_100)),
            (ready(0, None, Some(12_000)), 0, Step::Look(12_000)),
            (ready(0, None, None), 0, Step::Rest),
        ] {
            assert_eq!(stream.step(ready, under_way, 10_000), step, "{ready:?}");
        }
    }

    #[test]
    fn one_by_one_nothing_waits() {
        let stream = stream(Flow::Each("bus".to_owned()));
        for (ready, step) in [
            (ready(1, Some(10_000), None), Step::Take),
            (ready(0, None, Some(12_000)), Step::Look(12_000)),
            (ready(0, None, None), Step::Rest),
        ] {
            assert_eq!(stream.step(ready, 99, 10_000), step, "{ready:?}");
        }
    }

    #[test]
    fn a_batch_is_given_up_after_so_many_tries_or_so_long() {
        let usual = Terms::default();
        assert_eq!(usual.again_ms(3, (0, 1000), 0), Some(11_000));
        assert_eq!(usual.again_ms(4, (0, 1000), 0), None);
        let few = Terms {
            attempts: Some(1),
            ..Terms::default()
        };
        assert_eq!(few.again_ms(1, (0, 1000), 0), Some(11_000));
        assert_eq!(few.again_ms(2, (0, 1000), 0), None);
        let young = Terms {
            strategy: Strategy::Decay,
            age_ms: Some(60_000),
            ..Terms::default()
        };
        assert_eq!(young.again_ms(5, (0, 44_000), 0), Some(60_000));
        assert_eq!(young.again_ms(6, (0, 44_000), 0), None);
    }
}
