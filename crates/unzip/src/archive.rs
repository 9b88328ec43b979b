//! A zip that was judged, to be read.

use std::io::{self, Read, Seek};

use zip::ZipReadOptions;
use zip::read::OwnedZipFileEntry;

use crate::directory::{self, Line, Sort};
use crate::{Form, Member, Refusal, link};

/// A zip whose directory passed.
pub struct Archive<R> {
    zip: R,
    members: Vec<Member>,
    raw: Vec<OwnedZipFileEntry>,
}

impl<R: Read + Seek> Archive<R> {
    /// Judges a zip by its directory, and reads where its links lead. No content is unpacked. The directory is read in
    /// small pieces: a reader with a large buffer is slower than one with a small one.
    ///
    /// # Errors
    /// It is no zip, or it holds what must not be unpacked.
    pub fn judge(mut zip: R) -> Result<Self, Refusal> {
        let lines = directory::read(&mut zip)?;
        let (mut members, mut raw) = (Vec::new(), Vec::new());
        let mut left = link::MOST;
        for line in lines {
            let size = line.raw.as_ref().size();
            let form = match line.sort {
                Sort::Folder => Form::Folder,
                Sort::File { executable } => Form::File { executable },
                Sort::Link => {
                    left = left.checked_sub(size).ok_or(Refusal::TooLarge)?;
                    let target = target(&mut zip, &line)?;
                    Form::Link { target }
                }
            };
            let path = line.path;
            members.push(Member { path, form, size });
            raw.push(line.raw);
        }
        link::all_lead_straight(&members)?;
        Ok(Self { zip, members, raw })
    }

    /// What it holds, in the order of its directory.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The content of the member with this number, a piece at a time.
    ///
    /// # Errors
    /// It is damaged, or longer than it declares; or `take` failed, whose error is handed on.
    pub fn content<E: From<Refusal>>(
        &mut self,
        number: usize,
        take: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let path = &self.members[number].path;
        pieces(&mut self.zip, path, &self.raw[number], take)
    }
}

/// Hands a content over in pieces. The reader ends with an error where a content is longer than declared.
fn pieces<E: From<Refusal>>(
    zip: &mut (impl Read + Seek),
    path: &str,
    raw: &OwnedZipFileEntry,
    take: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let opened = raw.as_ref().with_reader(zip, ZipReadOptions::new());
    let mut content = opened.map_err(|error| Refusal::damaged(path, &error))?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = match content.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(|error| Refusal::damaged(path, &error))?,
        };
        if read == 0 {
            return Ok(());
        }
        take(&buffer[..read])?;
    }
}

/// Where a link leads.
fn target(zip: &mut (impl Read + Seek), line: &Line) -> Result<String, Refusal> {
    let refused = |why| Refusal::entry(&line.path, why);
    if line.raw.as_ref().size() > link::LONGEST {
        return Err(refused("is a link that leads further than a path can"));
    }
    let mut bytes = Vec::new();
    pieces(zip, &line.path, &line.raw, &mut |piece| {
        bytes.extend_from_slice(piece);
        Ok::<(), Refusal>(())
    })?;
    let target =
        String::from_utf8(bytes).map_err(|_| refused("is a link whose target is no UTF-8"))?;
    if link::leads_out(&line.path, &target) {
        return Err(refused("is a link that leads out of the folder"));
    }
    Ok(target)
}
