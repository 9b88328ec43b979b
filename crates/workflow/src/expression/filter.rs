//! Conditions in filters of the States Language, whose paths are those of <https://github.com/json-path/JsonPath>.

use super::parse::listed;
use super::reader::{Read, Reader};
use super::test::Pattern;
use super::{Expr, Operator, Test};

impl Reader {
    /// A comparison, or a path, which asks whether something is there.
    pub(super) fn tested(&mut self) -> Read<Expr> {
        let left = self.operand()?;
        if self.follows("=~") {
            let pattern = Test::Matches(self.pattern()?);
            return Ok(Expr::Test(pattern, Box::new(left)));
        }
        if let Some(operator) = self.symbol() {
            let right = self.operand()?;
            return Ok(Expr::Compare(operator, Box::new(left), Box::new(right)));
        }
        let begin = self.at;
        let word = self.name(&[]);
        match word.to_ascii_lowercase().as_str() {
            "" => Ok(there(left)),
            "in" => self.among(left),
            "nin" => Ok(Expr::Not(Box::new(self.among(left)?))),
            _ => {
                self.at = begin;
                Err(format!(
                    "`{word}` is no operator here; there are ==, !=, <, <=, >, >=, =~, in and nin"
                ))
            }
        }
    }

    fn among(&mut self, left: Expr) -> Read<Expr> {
        let right = Box::new(self.operand()?);
        Ok(Expr::Compare(Operator::Among, Box::new(left), right))
    }

    /// A value, or a list of values as they are written.
    fn operand(&mut self) -> Read<Expr> {
        self.space();
        let begin = self.at;
        if !self.eat("[") {
            return self.value();
        }
        let list = listed(self.arguments("]")?);
        if matches!(list, Expr::Literal(_)) {
            return Ok(list);
        }
        self.at = begin;
        Err("the list of a filter has constants only".to_owned())
    }

    /// `/x/i`
    fn pattern(&mut self) -> Read<Pattern> {
        self.need("/")?;
        let begin = self.at;
        let mut text = String::new();
        loop {
            let c = self.peek().ok_or("the closing / is missing")?;
            self.at += 1;
            match c {
                '/' => break,
                '\\' => {
                    text.push(c);
                    if let Some(escaped) = self.peek() {
                        text.push(escaped);
                        self.at += 1;
                    }
                }
                c => text.push(c),
            }
        }
        let flags = self.name(&[]);
        let pattern = Pattern::of(&text, &flags);
        if pattern.is_err() {
            self.at = begin;
        }
        pattern
    }
}

/// Whether something is at a path that stands alone.
fn there(condition: Expr) -> Expr {
    match condition {
        Expr::Path(_) => Expr::Test(Test::Present, Box::new(condition)),
        other => other,
    }
}
