//! One file put as an object in one request, whatever its size: a lent key is good for no more.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::client::Oss;
use super::object::{Put, source_fault};
use super::source::{Source, Sums};
use crate::provider::alibaba::fault::SourceFault;
use crate::provider::{Progress, ProviderError, Tell};

impl Oss {
    /// Makes the object `key` of `bucket` from the file at `path`, which must have the CRC-64 `checksum`, in decimal.
    pub(in crate::provider::alibaba) async fn place(
        &self,
        (bucket, key): (&str, &str),
        path: PathBuf,
        checksum: &str,
    ) -> Result<(), ProviderError> {
        let shown = path.display().to_string();
        let fault = |why: String| source_fault(SourceFault(format!("{shown}{why}")));
        let read = tokio::task::spawn_blocking(move || known(&path)).await;
        let read = read.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        let (source, crc) = read.map_err(|error| fault(format!(": {error}")))?;
        if crc.to_string() != checksum {
            return Err(fault(" changed since the plan was made".to_owned()));
        }
        let put = Put {
            bucket,
            key,
            content_type: None,
            cache_control: None,
        };
        self.put_stream(&put, &source, &Silent).await
    }
}

/// The file as it is now, and its CRC-64. Blocks.
fn known(path: &Path) -> io::Result<(Source, u64)> {
    let mut file = File::open(path)?;
    let (mut sums, mut size, mut buffer) = (Sums::default(), 0, vec![0; 256 * 1024]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        sums.update(&buffer[..read]);
        size += read as u64;
    }
    let (path, md5) = (path.to_owned(), sums.md5());
    Ok((Source { path, size, md5 }, sums.crc()))
}

/// Code is one step of the plan, which tells its own progress.
struct Silent;

impl Tell for Silent {
    fn progress(&self, _: Progress) {}

    fn stopped(&self) -> bool {
        false
    }
}
