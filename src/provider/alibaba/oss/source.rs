//! The local file behind an upload: read while its digests are computed, and refused when it is not what was planned.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream};
use md5::{Digest as _, Md5};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc::UnboundedSender;
use wire::crc64::Crc64;

use crate::provider::alibaba::fault::SourceFault;
use crate::provider::{ErrorKind, ProviderError};

/// Bytes read at once while streaming.
const CHUNK: usize = 256 * 1024;

/// A local file as the plan knows it.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// Bytes it had.
    pub(super) size: u64,
    /// Lower-case hex MD5 it had.
    pub(super) md5: String,
}

/// Digests of bytes that pass by.
#[derive(Default)]
pub(super) struct Sums {
    md5: Md5,
    crc: Crc64,
}

impl Sums {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.crc.update(bytes);
    }

    pub(super) fn crc(&self) -> u64 {
        self.crc.value()
    }

    /// Lower-case hex.
    pub(super) fn md5(&self) -> String {
        wire::digest::hex_lower(&self.md5.clone().finalize())
    }
}

/// The digests of one streamed try, for when it is over.
pub(super) type SharedSums = Arc<Mutex<Sums>>;

/// Runs `with` on the digests.
pub(super) fn with_sums<T>(sums: &SharedSums, with: impl FnOnce(&mut Sums) -> T) -> T {
    with(&mut sums.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Source {
    /// Opens the file if it has the size it had.
    pub(super) async fn open(&self) -> Result<File, SourceFault> {
        let file = File::open(&self.path).await;
        let file = file.map_err(|error| self.fault(&error))?;
        let metadata = file.metadata().await.map_err(|error| self.fault(&error))?;
        if metadata.len() == self.size {
            Ok(file)
        } else {
            Err(self.changed())
        }
    }

    /// The whole file, if it is what it was.
    pub(super) async fn read(&self) -> Result<(Bytes, Sums), SourceFault> {
        let (path, most) = (self.path.clone(), self.size + 1);
        let read = move || {
            // With the room at hand it takes two system calls; growing step by step it would take nine.
            let mut bytes = Vec::with_capacity(usize::try_from(most).unwrap_or_default());
            // A file that has grown meanwhile is read no further than it takes to see it.
            std::fs::File::open(path)?
                .take(most)
                .read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let read = tokio::task::spawn_blocking(read).await;
        let bytes = read.unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
        let bytes = Bytes::from(bytes.map_err(|error| self.fault(&error))?);
        let mut sums = Sums::default();
        sums.update(&bytes);
        self.check(&sums)?;
        Ok((bytes, sums))
    }

    /// Whether the bytes that went by are those of the plan.
    pub(super) fn check(&self, sums: &Sums) -> Result<(), SourceFault> {
        if sums.md5() == self.md5 {
            Ok(())
        } else {
            Err(self.changed())
        }
    }

    /// The file as a stream that adds to `sums` and tells `passed` how many bytes went by; it ends with an error
    /// when the file is shorter than it was.
    pub(super) fn stream(
        &self,
        sums: SharedSums,
        passed: UnboundedSender<u64>,
    ) -> impl Stream<Item = Result<Bytes, SourceFault>> + Send + 'static {
        let source = self.clone();
        let start = (None, source.size);
        stream::try_unfold(start, move |(file, left)| {
            let (source, sums, passed) = (source.clone(), Arc::clone(&sums), passed.clone());
            async move {
                if left == 0 {
                    return Ok(None);
                }
                let mut file = match file {
                    Some(file) => file,
                    None => source.open().await?,
                };
                let most = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
                let bytes = source.read_some(&mut file, most).await?;
                with_sums(&sums, |sums| sums.update(&bytes));
                let count = bytes.len() as u64;
                // Nobody listens any more once the upload was given up.
                let _ = passed.send(count);
                Ok(Some((bytes, (Some(file), left - count))))
            }
        })
    }

    /// Exactly `count` bytes from where the file is.
    pub(super) async fn read_some(
        &self,
        file: &mut File,
        count: usize,
    ) -> Result<Bytes, SourceFault> {
        let mut buffer = BytesMut::zeroed(count);
        match file.read_exact(&mut buffer).await {
            Ok(_) => Ok(buffer.freeze()),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(self.changed()),
            Err(error) => Err(self.fault(&error)),
        }
    }

    fn changed(&self) -> SourceFault {
        SourceFault(format!(
            "`{}` changed since the plan was made",
            self.path.display()
        ))
    }

    fn fault(&self, error: &std::io::Error) -> SourceFault {
        SourceFault(format!("cannot read `{}`: {error}", self.path.display()))
    }
}

/// The error to tell, with what helps.
pub(super) fn source_error(operation: &str, fault: SourceFault) -> ProviderError {
    ProviderError::new(ErrorKind::Source, operation, fault.0)
        .with_hint("run the same command again; it plans with the file as it is now")
}

/// The path of a key below a folder; `None` when the key would lead out of it.
pub(super) fn path_below(folder: &Path, key: &str) -> Option<PathBuf> {
    let plain = |segment: &str| !matches!(segment, "" | "." | "..");
    key.split('/').all(plain).then(|| {
        key.split('/')
            .fold(folder.to_owned(), |path, s| path.join(s))
    })
}
