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
                segments.push(Segment::Key(self.key()?));
            } else if self.eat("[") {
                segments.push(self.bracket()?);
            } else {
                return Ok(segments);
            }
        }
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
            Some(quote @ ('\'' | '"')) => Segment::Key(self.quoted(quote)?),
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
            return Ok(Segment::Slice(from, self.whole()?));
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
