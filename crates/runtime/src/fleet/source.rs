//! A pipe that an instance writes to. Whoever must know what was written by now reads it without waiting.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Mutex;

use tokio::net::unix::pipe::Receiver;

use super::lock;
use crate::log::Pipe;

/// Bytes of a line at most; a longer one comes in pieces. The vendor's limit.
pub(super) const LONGEST_LINE: usize = 32 * 1024;
/// Bytes read at once, and reads in a row before others get their turn.
const PART: usize = 8 * 1024;
const READS: usize = 16;

/// The reading end of a pipe.
pub(super) struct Source {
    pub(super) pipe: Pipe,
    end: Receiver,
    read: Mutex<Read>,
}

struct Read {
    part: Box<[u8]>,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
}

/// What a look into a pipe came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// There may be more.
    More,
    /// All was read that was written.
    Nothing,
    /// Nobody will write any more.
    End,
}

impl Source {
    /// # Errors
    /// It is no pipe, or cannot be watched.
    pub(super) fn new(end: OwnedFd, pipe: Pipe) -> io::Result<Self> {
        Ok(Self {
            pipe,
            end: Receiver::from_owned_fd(end)?,
            read: Mutex::new(Read {
                part: vec![0; PART].into(),
                line: Vec::new(),
            }),
        })
    }

    /// Waits until something was written, and hands its lines over. Takes nothing when it is dropped early.
    pub(super) async fn wait(&self, hand: impl FnMut(&[u8])) -> Left {
        match self.end.readable().await {
            Ok(()) => self.hand_over(|part| self.end.try_read(part), hand),
            Err(_) => Left::End,
        }
    }

    /// Hands over the lines that were written by now, without their ends; at the end of all also one that lacks it. Asks the
    /// pipe itself: the runtime may not have heard yet that there is something.
    pub(super) fn take(&self, hand: impl FnMut(&[u8])) -> Left {
        let read = |part: &mut [u8]| Ok(nix::unistd::read(&self.end, part)?);
        self.hand_over(read, hand)
    }

    fn hand_over(
        &self,
        from: impl Fn(&mut [u8]) -> io::Result<usize>,
        mut hand: impl FnMut(&[u8]),
    ) -> Left {
        let mut read = lock(&self.read);
        let Read { part, line } = &mut *read;
        for _ in 0..READS {
            match from(part) {
                Ok(0) => {
                    if !line.is_empty() {
                        hand(&std::mem::take(line));
                    }
                    return Left::End;
                }
                Ok(count) => split(line, &part[..count], &mut hand),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Left::Nothing,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Left::End,
            }
        }
        Left::More
    }
}

/// Hands over the lines that end in `part`, of which `line` is the beginning, and keeps the beginning of the next.
fn split(line: &mut Vec<u8>, part: &[u8], hand: &mut impl FnMut(&[u8])) {
    let mut rest = part;
    while let Some(length) = rest.iter().position(|byte| *byte == b'\n') {
        if line.is_empty() {
            hand(&rest[..length]);
        } else {
            line.extend_from_slice(&rest[..length]);
            hand(line);
            line.clear();
        }
        rest = &rest[length + 1..];
    }
    line.extend_from_slice(rest);
    if line.len() >= LONGEST_LINE {
        hand(line);
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn taken(source: &Source) -> (Left, Vec<String>) {
        let mut lines = Vec::new();
        let left = source.take(|line| lines.push(String::from_utf8_lossy(line).into_owned()));
        (left, lines)
    }

    #[tokio::test]
    async fn what_was_written_is_there_at_once_and_a_line_waits_for_its_end() {
        let (from, mut to) = std::io::pipe().unwrap();
        let source = Source::new(from.into(), Pipe::Out).unwrap();
        assert_eq!(taken(&source), (Left::Nothing, vec![]));
        to.write_all(b"one\ntwo\nth").unwrap();
        let lines = ["one", "two"].map(str::to_owned).to_vec();
        assert_eq!(taken(&source), (Left::Nothing, lines));
        to.write_all(b"ree\nlast").unwrap();
        assert_eq!(taken(&source), (Left::Nothing, vec!["three".to_owned()]));
        drop(to);
        assert_eq!(taken(&source), (Left::End, vec!["last".to_owned()]));
    }

    #[tokio::test]
    async fn whoever_waits_hears_what_nobody_took_before() {
        let (from, mut to) = std::io::pipe().unwrap();
        let source = Source::new(from.into(), Pipe::Out).unwrap();
        to.write_all(b"one\n").unwrap();
        assert_eq!(taken(&source).1, ["one"]);
        let mut lines = Vec::new();
        let writing = std::thread::spawn(move || to.write_all(b"two\n").unwrap());
        while source.wait(|line| lines.push(line.to_owned())).await != Left::End {}
        writing.join().unwrap();
        assert_eq!(lines, [b"two"]);
    }
}
