//! Lines and columns as editors count them, and bytes.

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of 16 bits, as every client understands.
    Utf16,
}

/// A line and a column, both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in units of the encoding.
    pub character: usize,
}

/// Where the lines of a text begin.
#[derive(Debug, Clone, Default)]
pub struct Lines(Vec<usize>);

impl Lines {
    /// The lines of `text`. A line ends with `\n`, `\r\n` or `\r`.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = |at: &usize| {
            bytes[*at] == b'\n' || bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n')
        };
        let starts = (0..bytes.len()).filter(ends).map(|at| at + 1);
        Self(std::iter::once(0).chain(starts).collect())
    }

    /// The byte at a position. A column past the end of its line is its end, a line past the last the end of the text.
    pub fn byte(&self, text: &str, at: Position, encoding: Encoding) -> usize {
        let Some(&start) = self.0.get(at.line) else {
            return text.len();
        };
        let end = self.0.get(at.line + 1).copied().unwrap_or(text.len());
        let line = text[start..end].trim_end_matches(['\r', '\n']);
        let mut units = 0;
        for (offset, c) in line.char_indices() {
            let width = match encoding {
                Encoding::Utf8 => c.len_utf8(),
                Encoding::Utf16 => c.len_utf16(),
            };
            // A position inside a character is that character's.
            if units + width > at.character {
                return start + offset;
            }
            units += width;
        }
        start + line.len()
    }

    /// The position of a byte.
    pub fn position(&self, text: &str, byte: usize, encoding: Encoding) -> Position {
        let byte = byte.min(text.len());
        let line = self.0.partition_point(|start| *start <= byte).max(1) - 1;
        let before = text.get(self.0[line]..byte).unwrap_or_default();
        let character = match encoding {
            Encoding::Utf8 => before.len(),
            Encoding::Utf16 => before.chars().map(char::len_utf16).sum(),
        };
        Position { line, character }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_as_the_client_counts() {
        let text = "a: 😀é中x\r\nb\n";
        let lines = Lines::new(text);
        let x = text.find('x').unwrap();
        let of = |encoding| lines.position(text, x, encoding).character;
        assert_eq!((of(Encoding::Utf16), of(Encoding::Utf8)), (7, 12));
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for (byte, _) in text.char_indices().filter(|(_, c)| !"\r\n".contains(*c)) {
                let at = lines.position(text, byte, encoding);
                assert_eq!(lines.byte(text, at, encoding), byte);
            }
        }
        let past =
            |line, character| lines.byte(text, Position { line, character }, Encoding::Utf16);
        assert_eq!(past(0, 99), text.find('\r').unwrap());
        assert_eq!(past(0, 4), 3, "inside a pair is the pair's start");
        assert_eq!(past(9, 0), text.len());
    }
}
