//! Secrets as plans, states and journals hold them: where the text comes from and a fingerprint, never the text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// The key under which a text with secrets inside has its parts.
const PARTS: &str = "text_with_secrets";

/// What the places of secrets begin with.
const SCHEMES: [&str; 4] = ["secret:", "env:", "config:", "plain:"];

/// The place of a text that was no secret when it was remembered.
pub const PLAIN: &str = "plain:text";

/// Hexadecimal digits of a fingerprint; those in front tell its key from others.
const DIGEST_SIZE: usize = 40;
const KEY_SIZE: usize = 8;

/// Longer texts are not searched for several secrets.
const MOST: usize = 64 * 1024;

/// Enough of a secret to see that it changed; never its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    /// Where the text comes from, such as `secret:DB_PASSWORD` or `env:DB_PASSWORD`.
    #[serde(rename = "secret")]
    pub source: String,
    /// What is done with the text before it is used, in this order.
    #[serde(default, rename = "as", skip_serializing_if = "Vec::is_empty")]
    pub transforms: Vec<Transform>,
    /// A keyed fingerprint of the text as it comes from the source, in hex, after 8 digits that tell the key. Empty where none was asked for.
    pub digest: String,
}

/// What can be done with a secret's text without reading it into a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transform {
    /// Its bytes in base64.
    Base64,
}

impl Transform {
    fn apply(self, text: &str) -> String {
        match self {
            Self::Base64 => STANDARD.encode(text),
        }
    }

    fn undo(self, text: &str) -> Option<String> {
        match self {
            Self::Base64 => String::from_utf8(STANDARD.decode(text).ok()?).ok(),
        }
    }
}

impl SecretRef {
    /// A secret by its source.
    pub fn new(source: impl Into<String>, digest: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            transforms: Vec::new(),
            digest: digest.into(),
        }
    }

    /// The text as it is used, from the text as it comes from the source.
    pub fn shape(&self, text: &str) -> String {
        let shaped = text.to_owned();
        self.transforms
            .iter()
            .fold(shaped, |text, transform| transform.apply(&text))
    }

    /// The text as it comes from the source, from one that is used.
    fn unshape(&self, text: &str) -> Option<String> {
        let mut shaped = self.transforms.iter().rev();
        shaped.try_fold(text.to_owned(), |text, transform| transform.undo(&text))
    }

    /// The form that states and plans hold.
    pub fn to_json(&self) -> Json {
        let mut json = json!({ "secret": self.source });
        if !self.transforms.is_empty() {
            json["as"] = json!(self.transforms);
        }
        json["digest"] = self.digest.as_str().into();
        json
    }

    /// The secret that stands in a state or a plan.
    pub fn of(json: &Json) -> Option<Self> {
        let map = json.as_object().filter(|map| map.contains_key("secret"))?;
        let found: Self = serde_json::from_value(Json::Object(map.clone())).ok()?;
        let known = SCHEMES.iter().any(|s| found.source.starts_with(s));
        let hex = found.digest.bytes().all(|b| b.is_ascii_hexdigit());
        (known && hex && matches!(found.digest.len(), 0 | DIGEST_SIZE)).then_some(found)
    }
}

/// A text with secrets inside, as states and plans hold it; a secret alone is one too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<Part>);

/// A part of a sealed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that is no secret.
    Text(String),
    /// A secret.
    Secret(SecretRef),
    /// Not known yet.
    Unknown,
}

impl Sealed {
    /// The sealed text that stands in a state or a plan.
    pub fn of(json: &Json) -> Option<Self> {
        if let Some(secret) = SecretRef::of(json) {
            return Some(Self(vec![Part::Secret(secret)]));
        }
        let map = json.as_object().filter(|map| map.len() == 1)?;
        let part = |json: &Json| match json {
            Json::String(text) => Some(Part::Text(text.clone())),
            Json::Null => Some(Part::Unknown),
            other => SecretRef::of(other).map(Part::Secret),
        };
        let parts: Option<Vec<Part>> = map.get(PARTS)?.as_array()?.iter().map(part).collect();
        let sealed = Self(parts?);
        sealed.first().is_some().then_some(sealed)
    }

    /// The form that states and plans hold: without a secret the text itself, or null when it is not known.
    pub(super) fn to_json(&self) -> Json {
        let part = |part: &Part| match part {
            Part::Text(text) => text.as_str().into(),
            Part::Secret(secret) => secret.to_json(),
            Part::Unknown => Json::Null,
        };
        match &self.0[..] {
            [] => "".into(),
            [one] => part(one),
            _ if self.first().is_none() => Json::Null,
            parts => json!({ PARTS: parts.iter().map(part).collect::<Vec<_>>() }),
        }
    }

    /// Its first secret.
    fn first(&self) -> Option<&SecretRef> {
        self.0.iter().find_map(|part| match part {
            Part::Secret(secret) => Some(secret),
            _ => None,
        })
    }

    /// Whether `text` is this text, by fingerprint; `None` where none are made.
    fn fits<E>(&self, text: &str, print: Print<'_, E>) -> Result<Option<bool>, E> {
        if self.0.len() > 1 && text.len() > MOST {
            return Ok(Some(false));
        }
        let mut reached = vec![0];
        for (number, part) in self.0.iter().enumerate() {
            let mut next = Vec::new();
            for &from in &reached {
                let after = self.0.get(number + 1);
                let Some(ends) = part.ends(&text[from..], after, print)? else {
                    return Ok(None);
                };
                next.extend(ends.into_iter().map(|end| from + end));
            }
            next.sort_unstable();
            next.dedup();
            reached = next;
        }
        Ok(Some(reached.contains(&text.len())))
    }
}

impl Part {
    /// Where it may end at the start of a text; `None` where no fingerprints are made.
    fn ends<E>(
        &self,
        text: &str,
        after: Option<&Self>,
        print: Print<'_, E>,
    ) -> Result<Option<Vec<usize>>, E> {
        let mut found = Vec::new();
        match self {
            Self::Text(plain) if text.starts_with(plain.as_str()) => found.push(plain.len()),
            Self::Text(_) | Self::Unknown => {}
            Self::Secret(secret) => {
                for end in ends(text, after) {
                    match is_of(secret, &text[..end], print)? {
                        None => return Ok(None),
                        Some(true) => found.push(end),
                        Some(false) => {}
                    }
                }
            }
        }
        Ok(Some(found))
    }
}

/// Makes the fingerprint of a text that stands for a source.
pub type Print<'a, E> = &'a dyn Fn(&str, &str) -> Result<Option<String>, E>;

/// Where a secret at the start of a text may end, by what comes after it.
fn ends(rest: &str, after: Option<&Part>) -> Vec<usize> {
    let Some(after) = after else {
        return vec![rest.len()];
    };
    let fits = |at: &usize| match after {
        Part::Text(plain) => rest[*at..].starts_with(plain.as_str()),
        _ => true,
    };
    let places = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    places.filter(fits).collect()
}

fn is_of<E>(secret: &SecretRef, shown: &str, print: Print<'_, E>) -> Result<Option<bool>, E> {
    let Some(text) = secret.unshape(shown) else {
        return Ok(Some(false));
    };
    let found = print(&secret.source, &text)?;
    Ok(found.map(|found| found == secret.digest))
}

/// Whether the value stands for a text with secrets, and so is no map of its own.
pub fn is_sealed(json: &Json) -> bool {
    Sealed::of(json).is_some()
}

/// Whether both stand for the same secrets with fingerprints of different keys, which cannot be compared.
pub fn differ_in_key(one: &Json, other: &Json) -> bool {
    let (Some(one), Some(other)) = (Sealed::of(one), Sealed::of(other)) else {
        return false;
    };
    let key = |sealed: &Sealed| {
        let digest = sealed.first().map(|secret| secret.digest.clone());
        digest.and_then(|digest| Some(digest.get(..KEY_SIZE)?.to_owned()))
    };
    let (one, other) = (key(&one), key(&other));
    one.is_some() && other.is_some() && one != other
}

/// Takes the texts of secrets out of what a cloud shows. Where one of the candidates (what is remembered, what is wanted)
/// holds a secret, the shown text becomes the candidate that it is by fingerprint, otherwise a fingerprint of its own.
/// Where no fingerprints are made, it becomes the first candidate.
///
/// # Errors
/// Those of `print`.
pub fn conceal<E>(shown: &mut Json, candidates: &[&Json], print: Print<'_, E>) -> Result<(), E> {
    match shown {
        Json::String(text) => {
            if let Some(sealed) = concealed(text, candidates, print)? {
                *shown = sealed;
            }
        }
        Json::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                let below: Vec<&Json> = candidates.iter().filter_map(|c| c.get(at)).collect();
                conceal(item, &below, print)?;
            }
        }
        Json::Object(map) => {
            for (key, value) in map.iter_mut() {
                let below: Vec<&Json> = candidates.iter().filter_map(|c| c.get(key)).collect();
                conceal(value, &below, print)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn concealed<E>(text: &str, candidates: &[&Json], print: Print<'_, E>) -> Result<Option<Json>, E> {
    let sealed = candidates.iter().filter_map(|c| Some((*c, Sealed::of(c)?)));
    let mut first = None;
    for (candidate, sealed) in sealed {
        match sealed.fits(text, print)? {
            None | Some(true) => return Ok(Some(candidate.clone())),
            Some(false) => first = first.or(sealed.first().map(|s| s.source.clone())),
        }
    }
    let Some(source) = first else {
        return Ok(None);
    };
    let digest = print(&source, text)?.unwrap_or_default();
    Ok(Some(SecretRef::new(source, digest).to_json()))
}

/// Takes plain texts out of what is remembered where secrets are wanted: a text that was written into the manifest before
/// it became a secret.
///
/// # Errors
/// Those of `print`.
pub fn conceal_plain<E>(known: &mut Json, wanted: &Json, print: Print<'_, E>) -> Result<(), E> {
    match known {
        Json::String(text) if is_sealed(wanted) => {
            let digest = print(PLAIN, text)?.unwrap_or_default();
            *known = SecretRef::new(PLAIN, digest).to_json();
        }
        Json::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                conceal_plain(item, &wanted[at], print)?;
            }
        }
        Json::Object(map) => {
            for (key, value) in map.iter_mut() {
                conceal_plain(value, &wanted[key.as_str()], print)?;
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use proptest::prelude::*;

    #[expect(clippy::unnecessary_wraps, reason = "others may fail")]
    fn print(source: &str, text: &str) -> Result<Option<String>, Infallible> {
        Ok(Some(digest(source, text)))
    }

    #[expect(clippy::unnecessary_wraps, reason = "others may fail")]
    fn none(_: &str, _: &str) -> Result<Option<String>, Infallible> {
        Ok(None)
    }

    /// A fingerprint that a test can read: bound to source and text, and no text.
    fn digest(source: &str, text: &str) -> String {
        let hex = wire::digest::sha256_hex(format!("{source}\n{text}").as_bytes());
        format!("00000001{}", &hex[..DIGEST_SIZE - KEY_SIZE])
    }

    fn secret(text: &str) -> SecretRef {
        SecretRef::new("secret:N", digest("secret:N", text))
    }

    fn coded(text: &str) -> SecretRef {
        SecretRef {
            transforms: vec![Transform::Base64],
            ..secret(text)
        }
    }

    fn seen(shown: Json, candidates: &[&Json]) -> Json {
        let mut shown = shown;
        conceal(&mut shown, candidates, &print).unwrap();
        shown
    }

    #[test]
    fn json_tells_where_and_a_fingerprint() {
        let json = coded("x").to_json();
        let text = json.to_string();
        assert!(
            text.starts_with(r#"{"secret":"secret:N","as":["base64"],"digest":""#),
            "{text}"
        );
        assert_eq!(SecretRef::of(&json), Some(coded("x")));
        for other in [
            json!({ "secret": "N", "digest": "" }),
            json!({ "secret": "secret:N", "digest": "xyz" }),
            json!({ "secret": "secret:N", "digest": "", "more": 1 }),
            json!({ "secret": "secret:N" }),
            json!({ "text_with_secrets": ["a"] }),
            json!("secret:N"),
        ] {
            assert!(!is_sealed(&other), "{other}");
        }
    }

    #[test]
    fn the_same_secret_online_is_what_is_remembered_or_wanted() {
        let (old, new) = (secret("old").to_json(), secret("new").to_json());
        assert_eq!(seen(json!("old"), &[&old, &new]), old);
        assert_eq!(seen(json!("new"), &[&old, &new]), new);
        let foreign = seen(json!("foreign"), &[&old, &new]);
        assert_eq!(foreign, secret("foreign").to_json());
        let plain = json!("plain");
        assert_eq!(seen(json!("x"), &[&plain]), json!("x"));
        let coded = coded("new").to_json();
        assert_eq!(seen(json!("bmV3"), &[&coded]), coded);
        assert_ne!(seen(json!("bmV3 "), &[&coded]), coded);
    }

    #[test]
    fn secrets_are_found_at_any_depth_and_nothing_else_changes() {
        let known = json!({ "a": [{ "k": secret("t").to_json(), "o": "x" }], "n": 1 });
        let shown = json!({ "a": [{ "k": "t", "o": "y" }, { "k": "t" }], "n": "t", "z": "t" });
        let all = seen(shown, &[&known]);
        let wanted = json!({ "a": [{ "k": secret("t").to_json(), "o": "y" }, { "k": "t" }], "n": "t", "z": "t" });
        assert_eq!(all, wanted);
    }

    #[test]
    fn fingerprints_of_different_keys_are_told_apart() {
        let with = |digest: &str| SecretRef::new("env:A", digest.repeat(DIGEST_SIZE)).to_json();
        assert!(differ_in_key(&with("a"), &with("b")));
        let same = secret("x").to_json();
        for (one, other) in [
            (&same, secret("y").to_json()),
            (&same, with("")),
            (&same, json!("x")),
        ] {
            assert!(!differ_in_key(one, &other) && !differ_in_key(&other, one));
        }
    }

    #[test]
    fn where_no_fingerprints_are_made_what_is_remembered_stands() {
        let old = secret("old").to_json();
        let mut shown = json!("whatever");
        conceal(&mut shown, &[&old], &none).unwrap();
        assert_eq!(shown, old);
    }

    #[test]
    fn a_plain_text_that_became_a_secret_is_taken_out() {
        let wanted = json!({ "h": { "X": secret("t").to_json(), "Y": "y" } });
        let mut known = json!({ "h": { "X": "t", "Y": "z" }, "l": ["t"] });
        conceal_plain(&mut known, &wanted, &print).unwrap();
        assert!(!known["h"].to_string().contains("\"t\""), "{known}");
        assert_eq!(
            (&known["h"]["Y"], &known["l"][0]),
            (&json!("z"), &json!("t"))
        );
        assert_ne!(known["h"]["X"], wanted["h"]["X"]);
    }

    fn part() -> impl Strategy<Value = (u8, String)> {
        (0_u8..3, "[ab:é]{0,4}")
    }

    proptest! {
        #[test]
        fn a_text_with_secrets_is_recognised(parts in prop::collection::vec(part(), 1..5), other in "[ab:é]{0,8}") {
            let mut text = String::new();
            let mut sealed: Vec<Part> = parts
                .iter()
                .map(|(kind, piece)| match kind {
                    0 => { text.push_str(piece); Part::Text(piece.clone()) }
                    1 => { text.push_str(piece); Part::Secret(secret(piece)) }
                    _ => { text.push_str(&STANDARD.encode(piece)); Part::Secret(coded(piece)) }
                })
                .collect();
            sealed.push(Part::Secret(secret("end")));
            text.push_str("end");
            let json = Sealed(sealed.clone()).to_json();
            prop_assert_eq!(Sealed::of(&json), Some(Sealed(sealed)));
            prop_assert_eq!(seen(text.as_str().into(), &[&json]), json.clone());
            if other != text {
                let foreign = seen(other.as_str().into(), &[&json]);
                prop_assert_ne!(&foreign, &json);
                prop_assert!(is_sealed(&foreign));
            }
        }
    }
}
