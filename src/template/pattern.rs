//! A small pattern language for parameter values: letters, `[classes]`, `(groups)` and `?`, `*`, `+`.
//!
//! It is the part of regular expressions that names need, written the same way, and it always speaks about the
//! whole value. Matching is a walk over sets of positions, so no pattern can make it slow.

use std::collections::BTreeSet;
use std::fmt;
use std::iter::Peekable;
use std::str::{Chars, FromStr};

/// A pattern that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    source: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    what: What,
    /// May be left out.
    optional: bool,
    /// May follow itself.
    repeated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Class {
        ranges: Vec<(char, char)>,
        negated: bool,
    },
    Group(Vec<Piece>),
}

impl Pattern {
    /// Whether the whole of `value` fits.
    pub fn fits(&self, value: &str) -> bool {
        let value: Vec<char> = value.chars().collect();
        ends(&self.pieces, &value, BTreeSet::from([0])).contains(&value.len())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl serde::Serialize for Pattern {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl FromStr for Pattern {
    /// What is wrong with the pattern.
    type Err = String;

    fn from_str(source: &str) -> Result<Self, Self::Err> {
        let mut rest = source.chars().peekable();
        let pieces = parse_pieces(&mut rest)?;
        match rest.next() {
            None => Ok(Self {
                source: source.to_owned(),
                pieces,
            }),
            Some(other) => Err(format!("`{other}` has no beginning")),
        }
    }
}

/// Every position at which `pieces` can end when they begin at one of `starts`.
fn ends(pieces: &[Piece], value: &[char], starts: BTreeSet<usize>) -> BTreeSet<usize> {
    pieces.iter().fold(starts, |starts, piece| {
        let mut reached = if piece.optional {
            starts.clone()
        } else {
            BTreeSet::new()
        };
        let mut fresh = starts;
        loop {
            let next = piece.what.ends(value, fresh);
            fresh = next.difference(&reached).copied().collect();
            reached.extend(next);
            if !piece.repeated || fresh.is_empty() {
                return reached;
            }
        }
    })
}

impl What {
    fn ends(&self, value: &[char], starts: BTreeSet<usize>) -> BTreeSet<usize> {
        match self {
            Self::Group(pieces) => ends(pieces, value, starts),
            Self::Class { ranges, negated } => starts
                .into_iter()
                .filter(|&at| {
                    value
                        .get(at)
                        .is_some_and(|c| ranges.iter().any(|(a, z)| a <= c && c <= z) != *negated)
                })
                .map(|at| at + 1)
                .collect(),
        }
    }
}

fn parse_pieces(rest: &mut Peekable<Chars<'_>>) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    while let Some(&c) = rest.peek() {
        if c == ')' {
            break;
        }
        rest.next();
        let what = match c {
            '(' => {
                let inner = parse_pieces(rest)?;
                rest.next().ok_or("`(` has no end")?;
                What::Group(inner)
            }
            '[' => parse_class(rest)?,
            '?' | '*' | '+' => return Err(format!("`{c}` has nothing before it")),
            '{' | '}' | '|' | '^' | '$' | '.' | ']' => {
                return Err(format!(
                    "`{c}` means nothing here; write `\\{c}` for the letter"
                ));
            }
            '\\' => letter(rest.next().ok_or("`\\` has nothing after it")?),
            other => letter(other),
        };
        let sign = rest.next_if(|c| matches!(c, '?' | '*' | '+'));
        pieces.push(Piece {
            what,
            optional: matches!(sign, Some('?' | '*')),
            repeated: matches!(sign, Some('*' | '+')),
        });
    }
    Ok(pieces)
}

fn letter(c: char) -> What {
    What::Class {
        ranges: vec![(c, c)],
        negated: false,
    }
}

fn parse_class(rest: &mut Peekable<Chars<'_>>) -> Result<What, String> {
    const OPEN: &str = "`[` has no end";
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let first = match rest.next().ok_or(OPEN)? {
            ']' if ranges.is_empty() => return Err("`[]` holds nothing".to_owned()),
            ']' => return Ok(What::Class { ranges, negated }),
            '\\' => rest.next().ok_or(OPEN)?,
            other => other,
        };
        let mut ahead = rest.clone();
        let last = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(last)) if last != ']' => {
                rest.next();
                rest.next();
                last
            }
            _ => first,
        };
        if last < first {
            return Err(format!("`{first}-{last}` runs backwards"));
        }
        ranges.push((first, last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, value: &str) -> bool {
        pattern.parse::<Pattern>().unwrap().fits(value)
    }

    #[test]
    fn the_whole_value_counts() {
        let name = "[a-z][a-z0-9-]*[a-z0-9]";
        assert!(fits(name, "my-site2"));
        assert!(!fits(name, "My-site"));
        assert!(!fits(name, "my-site-"));
        assert!(!fits(name, "1site"));
        assert!(!fits(name, "a"));
        assert!(!fits(name, ""));
        assert!(!fits(name, "my site"));
    }

    #[test]
    fn groups_repeat_and_may_be_left_out() {
        let domain = "([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]+";
        assert!(fits(domain, "a.example"));
        assert!(fits(domain, "www.my-site.test"));
        assert!(!fits(domain, "example"));
        assert!(!fits(domain, "a..b"));
        assert!(!fits(domain, "-a.b"));
        assert!(!fits(domain, "a-.b"));
        assert!(!fits(domain, "aXb"));
    }

    #[test]
    fn classes_know_negation_escapes_and_a_last_hyphen() {
        assert!(fits("[^<>]+", "größe"));
        assert!(!fits("[^<>]+", "a<b"));
        assert!(fits("[\\]x]+", "]x"));
        assert!(fits("[a-]+", "a-a"));
        assert!(!fits("[a-]+", "b"));
    }

    #[test]
    fn a_group_that_can_be_empty_ends() {
        assert!(fits("(a*)*b", "aaab"));
        assert!(!fits("(a*)*b", &"a".repeat(500)));
    }

    #[test]
    fn a_bad_pattern_is_refused_with_its_reason() {
        for (pattern, why) in [
            ("[a-z", "no end"),
            ("(a", "no end"),
            ("a)", "no beginning"),
            ("*a", "nothing before"),
            ("a|b", "means nothing"),
            ("a.b", "means nothing"),
            ("a{2}", "means nothing"),
            ("[]", "holds nothing"),
            ("[z-a]", "backwards"),
            ("a\\", "nothing after"),
        ] {
            let error = pattern.parse::<Pattern>().unwrap_err();
            assert!(error.contains(why), "{pattern}: {error}");
        }
    }
}
