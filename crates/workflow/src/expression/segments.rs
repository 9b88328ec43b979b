//! Paths in the text of an expression.

use super::reader::{Read, Reader};
use super::{Expr, Path, Root, Segment, Words};

impl Reader {
    pub(super) fn path(&mut self) -> Read<Path> {
        let begin = self.at;
        self.at += 1;
        if self.words == Words::States && self.eat("$") {
            let segments = self.segments()?;
            return Ok(Path {
                root: Root::Context,
                segments,
            });
        }
        let name = self.name(&[]);
        let root = self.words.root(&name).ok_or_else(|| {
            self.at = begin;
            format!("there is no `${name}`; there are {}", self.words.roots())
        })?;
        let mut segments = self.segments()?;
        if root == Root::Variables {
            segments.insert(0, Segment::Key(name));
        }
        Ok(Path { root, segments })
    }

    pub(super) fn segments(&mut self) -> Read<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            if self.eat("..") {
                segments.push(Segment::Deep(self.key()?));
            } else if self.eat(".*") {
                segments.push(Segment::All);
            } else if self.words == Words::States && self.eat(".[") {
                // A dot before brackets changes nothing, and machines have it.
                segments.push(self.bracket()?);
            } else if self.eat(".") {
                let begin = self.at;
                let key = self.key()?;
                if self.words == Words::States && self.eat("(") {
                    segments.push(self.counted(&key, begin)?);
                    return Ok(segments);
                }
                segments.push(Segment::Key(key));
            } else if self.eat("[") {
                segments.push(self.bracket()?);
            } else {
                return Ok(segments);
            }
        }
    }

    /// The function that ends a path, behind its opening parenthesis.
    fn counted(&mut self, name: &str, begin: usize) -> Read<Segment> {
        if name != "length" {
            self.at = begin;
            return Err(format!(
                "`{name}` is no function that ends a path here; there is length()"
            ));
        }
        self.need(")")?;
        Ok(Segment::Length)
    }

    pub(super) fn key(&mut self) -> Read<String> {
        let key = self.name(&['-', '$', ':']);
        if key.is_empty() {
            Err("a name is missing after the dot".to_owned())
        } else {
            Ok(key)
        }
    }

    pub(super) fn bracket(&mut self) -> Read<Segment> {
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
            Some(quote @ ('\'' | '"')) => {
                let first = self.quoted(quote)?;
                if self.words == Words::States && self.follows(",") {
                    self.names(first)?
                } else {
                    Segment::Key(first)
                }
            }
            _ => self.index()?,
        };
        self.need("]")?;
        Ok(segment)
    }

    pub(super) fn value_or_condition(&mut self) -> Read<Expr> {
        self.need("(")?;
        let inner = self.either()?;
        self.need(")")?;
        Ok(inner)
    }

    pub(super) fn index(&mut self) -> Read<Segment> {
        let from = self.whole()?;
        if self.follows(":") {
            return self.slice(from);
        }
        if let Some(first) = from
            && self.words == Words::States
            && self.follows(",")
        {
            return self.indices(first);
        }
        from.map(Segment::Index)
            .ok_or_else(|| "an index, a key in quotes or * is expected in the brackets".to_owned())
    }

    /// What is behind the first index of a slice and its colon. A step is read as `JsonPath` does, which gives it no effect
    /// and takes none where both bounds are missing.
    fn slice(&mut self, from: Option<i64>) -> Read<Segment> {
        let to = self.whole()?;
        let mut step = None;
        if self.words == Words::States && self.follows(":") {
            if from.is_none() && to.is_none() {
                let said = "a slice with a step needs a first or a last index, and the step has no effect: write [*]";
                return Err(said.to_owned());
            }
            step = self.whole()?;
        }
        Ok(Segment::Slice(from, to, step))
    }

    /// The names behind the first one and its comma.
    fn names(&mut self, first: String) -> Read<Segment> {
        let mut names = vec![first];
        loop {
            self.space();
            let Some(quote @ ('\'' | '"')) = self.peek() else {
                return Err("a name in quotes is missing after the comma".to_owned());
            };
            names.push(self.quoted(quote)?);
            if !self.follows(",") {
                return Ok(Segment::Names(names));
            }
        }
    }

    /// The places behind the first one and its comma.
    fn indices(&mut self, first: i64) -> Read<Segment> {
        let mut indices = vec![first];
        loop {
            let next = self.whole()?;
            indices.push(next.ok_or_else(|| "an index is missing after the comma".to_owned())?);
            if !self.follows(",") {
                return Ok(Segment::Indices(indices));
            }
        }
    }
}
