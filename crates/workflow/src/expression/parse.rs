//! From a text to an expression.

use serde_json::Value;

use super::{Builtin, Expr, Operator, Path, Root, Segment};

/// How deep parentheses and calls may nest.
const DEPTH: usize = 32;

/// The roots and functions that a language knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// `$input`, `$local`, `$context`, and a bare `$`; no functions.
    First,
    /// `$Context`, `$Input`, `$Output`, `$Global`, `$Item`, and the built-in functions.
    Second,
    /// `$`, `$$`, and the functions that begin with `States.`.
    States,
}

impl Words {
    fn root(self, name: &str) -> Option<Root> {
        Some(match (self, name) {
            (Self::First | Self::States, "") => Root::Own,
            (Self::First, "input") | (Self::Second, "Input") => Root::Input,
            (Self::First, "local") => Root::Local,
            (Self::First, "context") | (Self::Second, "Context") => Root::Context,
            (Self::Second, "Output") => Root::Output,
            (Self::Second, "Global") => Root::Global,
            (Self::Second, "Item") => Root::Item,
            _ => return None,
        })
    }

    const fn roots(self) -> &'static str {
        match self {
            Self::First => "$, $input, $local and $context",
            Self::Second => "$Input, $Output, $Context, $Global and $Item",
            Self::States => "$ and $$",
        }
    }
}

/// The expression that a text is.
///
/// # Errors
/// What is wrong with it, as a sentence, with the number of characters before the place.
pub fn parse(text: &str, words: Words) -> Result<Expr, (usize, String)> {
    let mut reader = Reader {
        chars: text.chars().collect(),
        at: 0,
        words,
        depth: 0,
    };
    let expression = reader.either().map_err(|said| (reader.at, said))?;
    reader.space();
    match reader.peek() {
        None => Ok(expression),
        Some(c) => Err((reader.at, format!("`{c}` is not expected here"))),
    }
}

/// The path that a text is.
///
/// # Errors
/// As [`parse`]; also when the text is another expression.
pub fn parse_path(text: &str, words: Words) -> Result<Path, (usize, String)> {
    match parse(text, words)? {
        Expr::Path(path) => Ok(path),
        _ => Err((0, "a path is needed here, such as $.orders".to_owned())),
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    words: Words,
    depth: usize,
}

type Read<T> = Result<T, String>;

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Takes `wanted` if it is next.
    fn eat(&mut self, wanted: &str) -> bool {
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

    fn need(&mut self, wanted: &str) -> Read<()> {
        self.space();
        if self.eat(wanted) {
            return Ok(());
        }
        Err(match self.peek() {
            Some(c) => format!("`{wanted}` is expected here, not `{c}`"),
            None => format!("`{wanted}` is missing at the end"),
        })
    }

    fn either(&mut self) -> Read<Expr> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("the expression nests deeper than {DEPTH} levels"));
        }
        let mut left = self.both()?;
        while self.follows("||") {
            left = Expr::Or(Box::new(left), Box::new(self.both()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Read<Expr> {
        let mut left = self.negated()?;
        while self.follows("&&") {
            left = Expr::And(Box::new(left), Box::new(self.negated()?));
        }
        Ok(left)
    }

    fn follows(&mut self, wanted: &str) -> bool {
        self.space();
        self.eat(wanted)
    }

    fn negated(&mut self) -> Read<Expr> {
        self.space();
        if self.peek() == Some('!') && self.chars.get(self.at + 1) != Some(&'=') {
            self.at += 1;
            self.depth += 1;
            if self.depth > DEPTH {
                return Err(format!("the expression nests deeper than {DEPTH} levels"));
            }
            let inner = self.negated()?;
            self.depth -= 1;
            return Ok(Expr::Not(Box::new(inner)));
        }
        self.compared()
    }

    fn compared(&mut self) -> Read<Expr> {
        let left = self.value()?;
        let Some(operator) = self.operator() else {
            return Ok(left);
        };
        let right = self.value()?;
        Ok(Expr::Compare(operator, Box::new(left), Box::new(right)))
    }

    fn operator(&mut self) -> Option<Operator> {
        self.space();
        let known = [
            ("==", Operator::Equal),
            ("!=", Operator::Unequal),
            ("<=", Operator::AtMost),
            (">=", Operator::AtLeast),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        known
            .into_iter()
            .find_map(|(text, operator)| self.eat(text).then_some(operator))
    }

    fn value(&mut self) -> Read<Expr> {
        self.space();
        match self.peek() {
            Some('$') => self.path().map(Expr::Path),
            Some('@') => {
                self.at += 1;
                let segments = self.segments()?;
                Ok(Expr::Path(Path {
                    root: Root::Item,
                    segments,
                }))
            }
            Some('(') => {
                self.at += 1;
                let inner = self.either()?;
                self.need(")")?;
                Ok(inner)
            }
            Some(quote @ ('"' | '\'' | '`')) => self
                .quoted(quote)
                .map(|text| Expr::Literal(Value::String(text))),
            Some(c) if c.is_ascii_digit() || c == '-' || c == '+' => self.number(),
            Some(c) if c.is_alphabetic() || c == '_' => self.word(),
            Some(c) => Err(format!("`{c}` is not expected here")),
            None => Err("something is missing at the end".to_owned()),
        }
    }

    fn quoted(&mut self, quote: char) -> Read<String> {
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

    fn number(&mut self) -> Read<Expr> {
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

    fn name(&mut self, also: &[char]) -> String {
        let begin = self.at;
        while self
            .peek()
            .is_some_and(|c| c.is_alphanumeric() || c == '_' || also.contains(&c))
        {
            self.at += 1;
        }
        self.chars[begin..self.at].iter().collect()
    }

    fn word(&mut self) -> Read<Expr> {
        let begin = self.at;
        let name = self.name(&['.']);
        match name.as_str() {
            "true" => return Ok(Expr::Literal(Value::Bool(true))),
            "false" => return Ok(Expr::Literal(Value::Bool(false))),
            "null" => return Ok(Expr::Literal(Value::Null)),
            _ => {}
        }
        self.space();
        if !self.eat("(") {
            self.at = begin;
            return Err(format!("`{name}` is neither a path nor in quotes"));
        }
        let Some(function) = Builtin::named(&name, self.words) else {
            self.at = begin;
            return Err(format!("there is no function `{name}`"));
        };
        let arguments = self.arguments()?;
        function.check(arguments.len())?;
        Ok(Expr::Call(function, arguments))
    }

    fn arguments(&mut self) -> Read<Vec<Expr>> {
        let mut arguments = Vec::new();
        if self.follows(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.either()?);
            if self.follows(")") {
                return Ok(arguments);
            }
            self.need(",")?;
        }
    }

    fn path(&mut self) -> Read<Path> {
        let begin = self.at;
        self.at += 1;
        let root = if self.words == Words::States && self.eat("$") {
            Root::Context
        } else {
            let name = self.name(&[]);
            self.words.root(&name).ok_or_else(|| {
                self.at = begin;
                format!("there is no `${name}`; there are {}", self.words.roots())
            })?
        };
        let segments = self.segments()?;
        Ok(Path { root, segments })
    }

    fn segments(&mut self) -> Read<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            if self.eat("..") {
                segments.push(Segment::Deep(self.key()?));
            } else if self.eat(".*") {
                segments.push(Segment::All);
            } else if self.eat(".") {
                segments.push(Segment::Key(self.key()?));
            } else if self.eat("[") {
                segments.push(self.bracket()?);
            } else {
                return Ok(segments);
            }
        }
    }

    fn key(&mut self) -> Read<String> {
        let key = self.name(&['-', '$', ':']);
        if key.is_empty() {
            Err("a name is missing after the dot".to_owned())
        } else {
            Ok(key)
        }
    }

    fn bracket(&mut self) -> Read<Segment> {
        self.space();
        let segment = match self.peek() {
            Some('*') => {
                self.at += 1;
                Segment::All
            }
            Some('?') => {
                self.at += 1;
                Segment::Filter(Box::new(self.value_or_condition()?))
            }
            Some(quote @ ('\'' | '"')) => Segment::Key(self.quoted(quote)?),
            _ => self.index()?,
        };
        self.need("]")?;
        Ok(segment)
    }

    fn value_or_condition(&mut self) -> Read<Expr> {
        self.need("(")?;
        let inner = self.either()?;
        self.need(")")?;
        Ok(inner)
    }

    fn index(&mut self) -> Read<Segment> {
        let from = self.whole()?;
        if self.follows(":") {
            return Ok(Segment::Slice(from, self.whole()?));
        }
        from.map(Segment::Index)
            .ok_or_else(|| "an index, a key in quotes or * is expected in the brackets".to_owned())
    }

    fn whole(&mut self) -> Read<Option<i64>> {
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
