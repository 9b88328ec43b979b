//! What is wrong with a function's code.

use std::path::{Path, PathBuf};

use super::CodePackage;
use crate::diagnostic::{Diagnostic, code};

/// Why code cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// Nothing is there.
    #[error("{} does not exist", .0.display())]
    Missing(PathBuf),
    /// A file or folder cannot be read or its name cannot stand in a zip.
    #[error("{}: {why}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A symbolic link leads to what is not packed.
    #[error("{} leads to {}, which is outside of the code", link.display(), target.display())]
    LeadsOut {
        /// The link.
        link: PathBuf,
        /// Where it leads, as it says.
        target: PathBuf,
    },
    /// The package is larger than the vendor takes.
    #[error("{} is {size} bytes as a zip; a function takes {most}", path.display())]
    TooLarge {
        /// The code.
        path: PathBuf,
        /// Bytes of the zip.
        size: u64,
        /// The limit in bytes.
        most: u64,
    },
    /// A file that is named like a zip is none.
    #[error("{}: {why}", path.display())]
    NoArchive {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// A zip holds what must not be unpacked.
    #[error("{}: {why}", path.display())]
    Unsafe {
        /// The zip.
        path: PathBuf,
        /// What it holds.
        why: String,
    },
    /// What goes into the package is more than may come out of one.
    #[error("{} is {size} bytes unpacked; a package holds {most}", path.display())]
    TooMuch {
        /// The code.
        path: PathBuf,
        /// Bytes of all its files.
        size: u64,
        /// The limit in bytes.
        most: u64,
    },
    /// Nothing is left to run.
    #[error("{} holds no file that is packed", .0.display())]
    Empty(PathBuf),
}

impl From<CodeError> for Diagnostic {
    fn from(error: CodeError) -> Self {
        let text = error.to_string();
        match error {
            CodeError::Missing(_) => Self::error(code::CODE_MISSING, text)
                .hint("paths are relative to the manifest; build it first if a tool makes it"),
            CodeError::Unreadable { .. } => Self::error(code::CODE_UNREADABLE, text)
                .hint("fix the file's permissions or name, or add it to `.fcignore`"),
            CodeError::LeadsOut { .. } => Self::error(code::CODE_LINK, text)
                .hint("copy what it leads to into the code, or add the link to `.fcignore`"),
            CodeError::TooLarge { .. } | CodeError::TooMuch { .. } => {
                Self::error(code::CODE_TOO_LARGE, text).hint(
                    "leave out what is not needed with `.fcignore`, or move libraries into a layer",
                )
            }
            CodeError::NoArchive { .. } => Self::error(code::CODE_NO_ARCHIVE, text)
                .hint("pack it again, or name the folder and let it be packed"),
            CodeError::Unsafe { .. } => Self::error(code::CODE_UNSAFE, text)
                .hint("pack it anew from its files, or name the folder and let it be packed"),
            CodeError::Empty(_) => Self::error(code::CODE_EMPTY, text)
                .hint("check `code` and the rules in `.fcignore`"),
        }
    }
}

/// What is in the folder of a virtual environment of Python.
const ENVIRONMENT: &str = "pyvenv.cfg";

impl CodePackage {
    /// A warning of links to absolute places, which are packed as they are; nothing without any.
    pub fn remark(&self, source: &Path) -> Option<Diagnostic> {
        let (first, target) = self.away().next()?;
        let more = match self.away().count() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more of its links)"),
        };
        let detail = format!(
            "{} leads to {target}{more}: it is packed as a link, to what is there where the code runs",
            source.join(first).display()
        );
        let warning = Diagnostic::warning(code::CODE_LINK, detail);
        let folders = Path::new(first).ancestors().skip(1);
        let mut folders = folders.filter_map(Path::to_str);
        let is_environment = |folder: &&str| {
            let file = Path::new(folder).join(ENVIRONMENT);
            let file = file.to_str();
            file.is_some_and(|file| self.entries.contains_key(file))
        };
        Some(match folders.find(is_environment) {
            Some(folder) if !folder.is_empty() => warning.hint(format!(
                "{folder} is a virtual environment, which no runtime looks into: add `/{folder}/` to `.fcignore`; `sdev build` puts packages where runtimes look"
            )),
            _ => warning.hint("copy what it leads to into the code, or add the link to `.fcignore`"),
        })
    }
}
