//! Task tokens: what a callback names a step by. Only this cloud can make them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use workflow::engine::{Attempt, Header, ItemId, Tokens};

/// What a token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) flow: String,
    pub(super) execution: String,
    /// The try of the step.
    pub(super) attempt: Attempt,
    /// The item of a map run whose execution reports by it; the event is that which started the map run.
    pub(super) item: Option<ItemId>,
    /// How the step is told of the end of an execution that it began.
    pub(super) telling: Telling,
}

/// How a step that began an execution is told of its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// Its output or its error, as they are.
    Bare,
    /// All that there is to say of it, with input and output as texts of JSON: `.sync` of the States Language.
    Texts,
    /// The same with input and output as they are: `.sync:2`.
    Values,
}

impl Telling {
    const fn sign(self) -> &'static str {
        match self {
            Self::Bare => "",
            Self::Texts => ".sync",
            Self::Values => ".sync2",
        }
    }
}

/// Makes and reads tokens: base64 of `v1#FLOW#EXECUTION#EVENT#SIGNATURE`, the form of the vendor's, with the event with which
/// the step began. Of another try than the first that is followed by how many came before, `EVENT-EARLIER`; of an item of a
/// map run by the item's number and the round, `EVENT.ITEM.ROUND`; of a step that waits in the manner of the States Language
/// by that manner, `EVENT.sync` or `EVENT.sync2`.
pub(super) struct Seal(Vec<u8>);

impl Seal {
    /// Tokens by a secret of this cloud.
    pub(super) fn new(secret: &str) -> Self {
        Self(format!("task tokens by {secret}").into_bytes())
    }

    fn sign(&self, text: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            unreachable!("HMAC takes a key of any length")
        };
        mac.update(text.as_bytes());
        let bytes = mac.finalize().into_bytes();
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&bytes[..18])
    }

    /// What a token names, if it was made here.
    pub(super) fn read(&self, token: &str) -> Option<Named> {
        let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
        let (text, signature) = text.rsplit_once('#')?;
        if self.sign(text) != signature {
            return None;
        }
        // A flow's name has no `#`; an execution that a step began may be called as the step is.
        let (flow, rest) = text.strip_prefix("v1#")?.split_once('#')?;
        let (execution, entered) = rest.rsplit_once('#')?;
        let mut numbers = entered.split('.');
        let attempt = attempt(numbers.next()?)?;
        let (item, telling) = match (numbers.next(), numbers.next()) {
            (Some(index), Some(round)) => {
                let (index, round) = (index.parse().ok()?, round.parse().ok()?);
                let started = attempt.entered;
                let item = ItemId {
                    started,
                    index,
                    round,
                };
                (Some(item), Telling::Bare)
            }
            (Some("sync"), None) => (None, Telling::Texts),
            (Some("sync2"), None) => (None, Telling::Values),
            _ => (None, Telling::Bare),
        };
        Some(Named {
            flow: flow.to_owned(),
            execution: execution.to_owned(),
            attempt,
            item,
            telling,
        })
    }

    /// The token of a try, to be told so.
    pub(super) fn of_end(&self, header: &Header, attempt: Attempt, telling: Telling) -> String {
        self.seal(header, &format!("{}{}", sign(attempt), telling.sign()))
    }

    /// The token of an item of a map run of an execution.
    pub(super) fn of_item(&self, header: &Header, item: ItemId) -> String {
        let ItemId {
            started,
            index,
            round,
        } = item;
        self.seal(header, &format!("{started}.{index}.{round}"))
    }

    fn seal(&self, header: &Header, event: &str) -> String {
        let text = format!("v1#{}#{}#{event}", header.flow, header.name);
        STANDARD.encode(format!("{text}#{}", self.sign(&text)))
    }
}

impl Tokens for Seal {
    fn token(&self, header: &Header, attempt: Attempt) -> String {
        self.seal(header, &sign(attempt))
    }
}

fn sign(Attempt { entered, earlier }: Attempt) -> String {
    match earlier {
        0 => entered.to_string(),
        earlier => format!("{entered}-{earlier}"),
    }
}

fn attempt(sign: &str) -> Option<Attempt> {
    let (entered, earlier) = sign.split_once('-').unwrap_or((sign, "0"));
    let (entered, earlier) = (entered.parse().ok()?, earlier.parse().ok()?);
    Some(Attempt { entered, earlier })
}

#[cfg(test)]
mod tests {
    use workflow::engine::Mode;

    use super::*;

    #[test]
    fn only_tokens_of_this_cloud_are_read() {
        let header = Header {
            flow: "f".to_owned(),
            name: "e#1:x".to_owned(),
            input: serde_json::json!({}),
            mode: Mode::Standard,
            role: String::new(),
            token: None,
            caller: None,
            part: None,
        };
        let attempt = |earlier: u64| Attempt {
            entered: 7,
            earlier,
        };
        let token = Seal::new("a").token(&header, attempt(0));
        let named = Named {
            flow: "f".to_owned(),
            execution: "e#1:x".to_owned(),
            attempt: attempt(0),
            item: None,
            telling: Telling::Bare,
        };
        assert_eq!(Seal::new("a").read(&token), Some(named));
        for telling in [Telling::Bare, Telling::Texts, Telling::Values] {
            for earlier in [0, 1, 12] {
                let token = Seal::new("a").of_end(&header, attempt(earlier), telling);
                let named = Seal::new("a").read(&token);
                let named = named.map(|named| (named.attempt, named.telling));
                assert_eq!(named, Some((attempt(earlier), telling)));
            }
        }
        assert_eq!(Seal::new("b").read(&token), None);
        let item = ItemId {
            started: 7,
            index: 12,
            round: 1,
        };
        let named = Seal::new("a").read(&Seal::new("a").of_item(&header, item));
        assert_eq!(named.and_then(|named| named.item), Some(item));
        assert_eq!(Seal::new("a").read("bm9uc2Vuc2U="), None);
    }
}
