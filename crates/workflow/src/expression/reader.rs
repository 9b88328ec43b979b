//! The characters of an expression, one after the other, and its smallest parts.

use serde_json::Value;

use super::{Expr, Words};

pub(super) struct Reader {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    pub(super) words: Words,
    pub(super) depth: usize,
    /// How many calls are around this place.
    pub(super) calls: usize,
}

pub(super) type Read<T> = Result<T, String>;

impl Reader {
    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Takes `wanted` if it is next.
    pub(super) fn eat(&mut self, wanted: &str) -> bool {
        let length = wanted.chars().count();
        let is_next = self.chars[self.at..]
            .iter()
            .copied()
            .take(length)
            .eq(wanted.chars());
        if is_next {
            self.at += length;
        }
        is_next
    }

    pub(super) fn need(&mut self, wanted: &str) -> Read<()> {
        self.space();
        if self.eat(wanted) {
            return Ok(());
        }
        Err(match self.peek() {
            Some(c) => format!("`{wanted}` is expected here, not `{c}`"),
            None => format!("`{wanted}` is missing at the end"),
        })
    }

    pub(super) fn follows(&mut self, wanted: &str) -> bool {
        self.space();
        self.eat(wanted)
    }

    pub(super) fn quoted(&mut self, quote: char) -> Read<String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let c = self
                .peek()
                .ok_or_else(|| format!("the closing {quote} is missing"))?;
            self.at += 1;
            match c {
                '\\' => {
                    let escaped = self
                        .peek()
                        .ok_or_else(|| format!("the closing {quote} is missing"))?;
                    self.at += 1;
                    unescape(escaped, quote, &mut text);
                }
                c if c == quote => return Ok(text),
                c => text.push(c),
            }
        }
    }

    pub(super) fn number(&mut self) -> Read<Expr> {
        let begin = self.at;
        while self
            .peek()
            .is_some_and(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+'))
        {
            self.at += 1;
        }
        let text: String = self.chars[begin..self.at].iter().collect();
        let unsigned = text.strip_prefix('+').unwrap_or(&text);
        match unsigned.parse::<serde_json::Number>() {
            Ok(number) => Ok(Expr::Literal(Value::Number(number))),
            Err(_) => Err(format!("`{text}` is not a number")),
        }
    }

    pub(super) fn name(&mut self, also: &[char]) -> String {
        let begin = self.at;
        while self
            .peek()
            .is_some_and(|c| c.is_alphanumeric() || c == '_' || also.contains(&c))
        {
            self.at += 1;
        }
        self.chars[begin..self.at].iter().collect()
    }

    pub(super) fn whole(&mut self) -> Read<Option<i64>> {
        self.space();
        let begin = self.at;
        self.eat("-");
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        if begin == self.at {
            return Ok(None);
        }
        let text: String = self.chars[begin..self.at].iter().collect();
        text.parse()
            .map(Some)
            .map_err(|_| format!("`{text}` is not an index"))
    }
}

fn unescape(c: char, quote: char, text: &mut String) {
    match c {
        'n' => text.push('\n'),
        't' => text.push('\t'),
        'r' => text.push('\r'),
        '\\' => text.push('\\'),
        c if c == quote => text.push(c),
        // Braces are escaped in templates of `format`, which reads them itself.
        other => {
            text.push('\\');
            text.push(other);
        }
    }
}
