//! The terminal that a process belongs to, for what nobody shall see: asked and answered there whatever standard input is.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

use nix::sys::termios::{
    LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

/// The longest line that is read.
const LONGEST: usize = 64 * 1024;

/// The terminal, opened for questions.
#[derive(Debug)]
pub struct Terminal(File);

/// How a hidden line ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// It goes on.
    Open,
    /// With the return key.
    Done,
    /// It was given up (Ctrl-C, Ctrl-D, or the terminal is gone).
    GivenUp,
}

/// A line being typed.
#[derive(Default)]
struct Line(Zeroizing<Vec<u8>>);

impl Terminal {
    /// The terminal; `None`: the process has none.
    pub fn open() -> Option<Self> {
        let opened = OpenOptions::new().read(true).write(true).open("/dev/tty");
        opened.ok().map(Self)
    }

    /// Shows a line.
    pub fn say(&mut self, text: &str) {
        // Whoever does not see the words sees no question either.
        let _ = writeln!(self.0, "{text}");
    }

    /// Asks for a line that does not show while it is typed. `None`: it was given up, or is empty or no text.
    pub fn hidden(&mut self, question: &str) -> Option<Zeroizing<String>> {
        let before = tcgetattr(&self.0).ok()?;
        write!(self.0, "{question}").ok()?;
        let hushed = hush(&self.0, &before).ok()?;
        let line = self.read_line();
        drop(hushed);
        let _ = writeln!(self.0);
        let line = line.ok()??;
        let text = std::str::from_utf8(&line.0).ok()?;
        (!text.is_empty()).then(|| Zeroizing::new(text.to_owned()))
    }

    fn read_line(&self) -> io::Result<Option<Line>> {
        let mut line = Line::default();
        let mut byte = [0];
        loop {
            if (&self.0).read(&mut byte)? == 0 {
                return Ok(None);
            }
            match line.take(byte[0]) {
                End::Open => {}
                End::Done => return Ok(Some(line)),
                End::GivenUp => return Ok(None),
            }
        }
    }
}

impl Line {
    /// Takes a key as terminals send them.
    fn take(&mut self, byte: u8) -> End {
        const INTERRUPT: u8 = 3;
        const END: u8 = 4;
        const CLEAR: u8 = 21;
        match byte {
            b'\n' | b'\r' => return End::Done,
            INTERRUPT => return End::GivenUp,
            END if self.0.is_empty() => return End::GivenUp,
            8 | 127 => self.erase(),
            CLEAR => self.0.clear(),
            END => {}
            byte if self.0.len() < LONGEST => self.0.push(byte),
            _ => {}
        }
        End::Open
    }

    /// Takes the last character back, all bytes of it.
    fn erase(&mut self) {
        while let Some(byte) = self.0.pop() {
            if byte & 0xc0 != 0x80 {
                break;
            }
        }
    }
}

/// A terminal that shows nothing and sends each key at once, until this is dropped. Interrupts come as keys, so that the
/// terminal is always put back.
struct Hushed<'t> {
    terminal: &'t File,
    before: &'t Termios,
}

fn hush<'t>(terminal: &'t File, before: &'t Termios) -> nix::Result<Hushed<'t>> {
    let mut quiet = before.clone();
    quiet
        .local_flags
        .remove(LocalFlags::ECHO | LocalFlags::ECHONL | LocalFlags::ICANON | LocalFlags::ISIG);
    quiet.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
    quiet.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
    // What was typed before the question is no answer.
    tcsetattr(terminal, SetArg::TCSAFLUSH, &quiet)?;
    Ok(Hushed { terminal, before })
}

impl Drop for Hushed<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, SetArg::TCSAFLUSH, self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> (String, End) {
        let mut line = Line::default();
        let mut end = End::Open;
        for byte in keys.bytes() {
            end = line.take(byte);
            if end != End::Open {
                break;
            }
        }
        (String::from_utf8(line.0.to_vec()).unwrap(), end)
    }

    #[test]
    fn lines_are_edited_as_in_a_terminal() {
        let cases = [
            ("abc\n", "abc", End::Done),
            ("abc\r", "abc", End::Done),
            ("ab\u{7f}c\n", "ac", End::Done),
            ("a😀\u{8}b\n", "ab", End::Done),
            ("\u{7f}\u{7f}a\n", "a", End::Done),
            ("abc\u{15}d\n", "d", End::Done),
            ("abc\u{3}d\n", "abc", End::GivenUp),
            ("\u{4}", "", End::GivenUp),
            ("a\u{4}b\n", "ab", End::Done),
            ("a b\tc", "a b\tc", End::Open),
        ];
        for (keys, text, end) in cases {
            assert_eq!(typed(keys), (text.to_owned(), end), "{keys:?}");
        }
    }
}
