//! Secrets taken out of what others print: a program's lines, a cloud's messages.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use zeroize::Zeroizing;

use super::{Secret, Secrets};

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// Shorter texts are left alone: they occur everywhere, and hiding them would spoil every line and tell them.
const SHORTEST: usize = 4;

/// The shortest part of a longer encoded text that is hidden.
const SHORTEST_PART: usize = 6;

/// The shortest line of a text of several lines that is hidden by itself.
const SHORTEST_LINE: usize = 8;

/// Secrets to be hidden in texts, as they are and as programs write them: in base64 (alone or inside something longer),
/// in hex, escaped for JSON or for an address; of a text of several lines each line too.
///
/// Texts of fewer than 4 bytes are not looked for.
#[derive(Clone, Default)]
pub struct Mask {
    needles: Vec<Zeroizing<String>>,
}

impl Mask {
    /// A mask for these secrets.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Self {
        let mut mask = Self::default();
        for secret in secrets {
            mask.add(secret.reveal());
        }
        mask.needles.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        mask.needles.dedup();
        mask
    }

    /// A mask for the secrets at these sources, as far as their texts can be had.
    pub fn of<'s>(sources: impl IntoIterator<Item = &'s str>, secrets: &dyn Secrets) -> Self {
        let texts = sources.into_iter().map(|source| secrets.text(source));
        Self::new(&texts.filter_map(Result::ok).collect::<Vec<_>>())
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// The text with `***` in the place of every secret.
    pub fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for needle in &self.needles {
            let mut from = 0;
            while let Some(at) = text[from..].find(needle.as_str()).map(|at| from + at) {
                found.push(at..at + needle.len());
                from = at + text[at..].chars().next().map_or(1, char::len_utf8);
            }
        }
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        found.sort_by_key(|range| range.start);
        let mut hidden = String::with_capacity(text.len());
        let mut done = 0;
        for range in found {
            // Hits that overlap are hidden as one.
            if range.start >= done {
                hidden.push_str(&text[done..range.start]);
                hidden.push_str(HIDDEN);
            }
            done = done.max(range.end);
        }
        hidden.push_str(&text[done..]);
        Cow::Owned(hidden)
    }

    fn add(&mut self, text: &str) {
        if text.trim().len() < SHORTEST {
            return;
        }
        self.spellings(text);
        let trimmed = text.trim();
        if trimmed.len() != text.len() {
            self.spellings(trimmed);
        }
        if trimmed.contains('\n') {
            for line in trimmed.lines().map(str::trim) {
                if line.len() >= SHORTEST_LINE {
                    self.spellings(line);
                }
            }
        }
    }

    fn spellings(&mut self, text: &str) {
        let escaped = serde_json::Value::from(text).to_string();
        let percent = wire::escape::strict(text);
        self.needle(&escaped[1..escaped.len() - 1]);
        self.needle(&percent.replace("%20", "+"));
        self.needle(&percent);
        self.needle(&wire::escape::path(text));
        let hex = wire::digest::hex_lower(text.as_bytes());
        self.needle(&hex.to_ascii_uppercase());
        self.needle(&hex);
        for before in 0..3 {
            let core = base64_core(text.as_bytes(), before);
            if before == 0 || core.len() >= SHORTEST_PART {
                self.needle(&core.replace('+', "-").replace('/', "_"));
                self.needle(&core);
            }
        }
        self.needle(&STANDARD.encode(text));
        self.needle(&URL_SAFE.encode(text));
        self.needle(text);
    }

    fn needle(&mut self, text: &str) {
        self.needles.push(Zeroizing::new(text.to_owned()));
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({} spellings)", self.needles.len())
    }
}

/// The letters of base64 that a text always has when `before` bytes (0 to 2) stand in front of it in its first group,
/// whatever they are and whatever follows.
fn base64_core(text: &[u8], before: usize) -> String {
    let mut padded = vec![0; before];
    padded.extend_from_slice(text);
    let mut coded = STANDARD.encode(&padded);
    // A letter stands for 6 bits; those that hold bits of neighbours are no part of the core.
    let whole = padded.len() * 8 / 6;
    coded.truncate(whole);
    coded.split_off(if before == 0 { 0 } else { before + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mask(texts: &[&str]) -> Mask {
        let secrets: Vec<Secret> = texts.iter().map(|text| Secret::new(*text)).collect();
        Mask::new(&secrets)
    }

    #[test]
    fn a_secret_is_hidden_in_every_spelling() {
        let text = "p4ss/w\"ord é+1";
        let mask = mask(&[text]);
        let hex = wire::digest::hex_lower(text.as_bytes());
        let spelled = [
            text.to_owned(),
            serde_json::json!({ "a": text }).to_string(),
            wire::escape::strict(text),
            wire::escape::path(text),
            STANDARD.encode(text),
            URL_SAFE.encode(text),
            hex.to_ascii_uppercase(),
            hex,
        ];
        for line in spelled {
            let hidden = mask.hide(&line).into_owned();
            assert!(hidden.contains(HIDDEN) && hidden.len() < 15, "{hidden}");
        }
        assert_eq!(mask.hide("nothing of it"), "nothing of it");
    }

    #[test]
    fn overlapping_secrets_leave_no_rest() {
        assert_eq!(mask(&["abcde", "cdefgh"]).hide("x abcdefgh y"), "x *** y");
        assert_eq!(mask(&["aaaa"]).hide("aaaaaa!"), "***!");
        assert_eq!(mask(&["éééé"]).hide("-ééééé-"), "-***-");
    }

    #[test]
    fn each_line_of_a_long_text_is_hidden() {
        let mask = mask(&["-----BEGIN-----\nMIIabcdefgh\nxy\n"]);
        assert_eq!(mask.hide("> MIIabcdefgh <"), "> *** <");
        assert_eq!(mask.hide("xy"), "xy");
    }

    #[test]
    fn what_is_short_or_empty_is_left_alone() {
        assert!(mask(&["", "abc", "  a  "]).is_empty());
        assert!(!format!("{:?}", mask(&["abcd"])).contains("abcd"));
    }

    proptest! {
        #[test]
        fn base64_inside_something_longer_is_hidden(before in ".{0,5}", text in "[!-~]{8,20}", after in ".{0,5}") {
            let whole = format!("{before}{text}{after}");
            let line = STANDARD.encode(&whole);
            let hidden = mask(&[&text]).hide(&line).into_owned();
            prop_assert!(hidden.contains(HIDDEN), "{whole} {hidden}");
        }

        #[test]
        fn nothing_of_a_secret_is_left(text in "\\PC{4,12}", around in "\\PC{0,8}") {
            prop_assume!(text.trim().len() >= 4);
            let hidden = mask(&[&text]).hide(&format!("{around}{text}{text}{around}")).into_owned();
            prop_assert!(!hidden.contains(text.as_str()) || around.contains(text.as_str()) || HIDDEN.contains(text.as_str()), "{hidden}");
        }
    }
}
