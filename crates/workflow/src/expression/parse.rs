//! From a text to an expression.

use serde_json::Value;

use super::reader::{Read, Reader};
use super::{Builtin, Expr, Operator, Path, Root, Words};

/// How deep parentheses and calls may nest.
const DEPTH: usize = 32;

/// How deep calls of functions nest at most (alibabacloud.com/help/en/serverless-workflow/latest/built-in-functions and
/// docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html).
const CALLS: usize = 10;

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
        calls: 0,
    };
    let expression = reader.argument().map_err(|said| (reader.at, said))?;
    if words == Words::States && !matches!(expression, Expr::Path(_) | Expr::Call(..)) {
        let said = "a path such as $.orders or a function such as States.Format is needed here";
        return Err((0, said.to_owned()));
    }
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

impl Reader {
    pub(super) fn either(&mut self) -> Read<Expr> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("the expression nests deeper than {DEPTH} levels"));
        }
        let mut parts = vec![self.both()?];
        while self.follows("||") {
            parts.push(self.both()?);
        }
        self.depth -= 1;
        Ok(joined(parts, Expr::Any))
    }

    fn both(&mut self) -> Read<Expr> {
        let mut parts = vec![self.negated()?];
        while self.follows("&&") {
            parts.push(self.negated()?);
        }
        Ok(joined(parts, Expr::All))
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
        if self.words == Words::States {
            return self.tested();
        }
        let left = self.value()?;
        let Some(operator) = self.operator() else {
            return Ok(left);
        };
        let right = self.value()?;
        Ok(Expr::Compare(operator, Box::new(left), Box::new(right)))
    }

    fn operator(&mut self) -> Option<Operator> {
        let symbol = self.symbol();
        symbol.or_else(|| self.eat_in().then_some(Operator::In))
    }

    pub(super) fn symbol(&mut self) -> Option<Operator> {
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

    /// Takes the word `in` if it is next.
    fn eat_in(&mut self) -> bool {
        let begin = self.at;
        let is_next = self.name(&[]) == "in";
        if !is_next {
            self.at = begin;
        }
        is_next
    }

    pub(super) fn value(&mut self) -> Read<Expr> {
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
            Some('[') if self.words != Words::States => {
                self.at += 1;
                self.arguments("]").map(listed)
            }
            Some('{') if self.words != Words::States => self.map(),
            Some(c) if c.is_ascii_digit() || c == '-' || c == '+' => self.number(),
            Some(c) if c.is_alphabetic() || c == '_' => self.word(),
            Some(c) => Err(format!("`{c}` is not expected here")),
            None => Err("something is missing at the end".to_owned()),
        }
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
        self.calls += 1;
        if self.calls > CALLS {
            self.at = begin;
            return Err(format!("functions nest deeper than {CALLS} levels"));
        }
        let arguments = self.arguments(")")?;
        self.calls -= 1;
        function.check(arguments.len())?;
        Ok(Expr::Call(function, arguments))
    }

    /// A condition, or, in the States Language, a value.
    fn argument(&mut self) -> Read<Expr> {
        match self.words {
            Words::States => self.nested(),
            Words::First | Words::Second => self.either(),
        }
    }

    /// A value, which may hold calls that hold values.
    fn nested(&mut self) -> Read<Expr> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("the expression nests deeper than {DEPTH} levels"));
        }
        let value = self.value()?;
        self.depth -= 1;
        Ok(value)
    }

    /// A map as written; one of constants is one itself.
    fn map(&mut self) -> Read<Expr> {
        self.at += 1;
        let mut entries = Vec::new();
        let mut is_over = self.follows("}");
        while !is_over {
            self.space();
            let Some(quote @ ('"' | '\'' | '`')) = self.peek() else {
                return Err("a key in quotes is expected here".to_owned());
            };
            let key = self.quoted(quote)?;
            self.need(":")?;
            entries.push((key, self.argument()?));
            is_over = self.follows("}");
            if !is_over {
                self.need(",")?;
            }
        }
        let constants = entries
            .iter()
            .map(|(key, part)| Some((key.clone(), constant(part)?)));
        let constants = constants.collect::<Option<_>>();
        Ok(match constants {
            Some(map) => Expr::Literal(Value::Object(map)),
            None => Expr::Map(entries),
        })
    }

    /// What stands between commas up to an end.
    pub(super) fn arguments(&mut self, end: &str) -> Read<Vec<Expr>> {
        let mut arguments = Vec::new();
        if self.follows(end) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.argument()?);
            if self.follows(end) {
                return Ok(arguments);
            }
            self.need(",")?;
        }
    }
}

/// A list as written; one of constants is one itself.
pub(super) fn listed(parts: Vec<Expr>) -> Expr {
    let constants: Option<Vec<Value>> = parts.iter().map(constant).collect();
    match constants {
        Some(items) => Expr::Literal(Value::Array(items)),
        None => Expr::List(parts),
    }
}

fn constant(part: &Expr) -> Option<Value> {
    match part {
        Expr::Literal(value) => Some(value.clone()),
        _ => None,
    }
}

/// One condition as it is, several in one.
fn joined(mut parts: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}
