//! What can go wrong with a template, its parameters and the folder that it is written to.

use std::path::PathBuf;

use thiserror::Error;

use crate::diagnostic::{Diagnostic, code};

/// An error of this room. `Display` says what and why; [`TemplateError::hint`] says what to do.
#[derive(Debug, Error)]
pub enum TemplateError {
    /// No template has this id.
    #[error("there is no template `{id}`; there are: {}", .known.join(", "))]
    UnknownTemplate {
        /// What was asked for.
        id: String,
        /// The id that was probably meant.
        near: Option<String>,
        /// Every id.
        known: Vec<String>,
    },
    /// The template's own description breaks a rule: a fault of the template, not of its user.
    #[error("template `{template}` is not well made: {why}")]
    Broken {
        /// Id of the template.
        template: String,
        /// The rule that is broken.
        why: String,
    },
    /// The template's `template.yaml` is not the YAML that it should be.
    #[error("template `{template}` is not well made: its template.yaml cannot be read")]
    Description {
        /// Id of the template.
        template: String,
        /// The parser's error, with line and column.
        #[source]
        source: serde_yaml::Error,
    },
    /// A value was given for a parameter that the template does not have.
    #[error("template `{template}` has no parameter `{name}`; it has: {}", .known.join(", "))]
    UnknownParameter {
        /// Id of the template.
        template: String,
        /// What was given.
        name: String,
        /// The parameter that was probably meant.
        near: Option<String>,
        /// Every parameter.
        known: Vec<String>,
    },
    /// A parameter without a default was not given.
    #[error("parameter `{name}` has no default, so it has to be given: {description}")]
    MissingParameter {
        /// Name of the parameter.
        name: String,
        /// What it is for.
        description: String,
    },
    /// A value does not fit its parameter.
    #[error("parameter `{name}` cannot be `{value}`: {rule}")]
    BadParameter {
        /// Name of the parameter.
        name: String,
        /// The value as given, or as its default came out.
        value: String,
        /// What a value must be.
        rule: String,
    },
    /// A file of the template uses a variable that is no parameter.
    #[error("{file}:{line}:{column}: `{name}` is not a parameter of the template")]
    UnknownVariable {
        /// File below the template's `content`.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The variable.
        name: String,
        /// The parameter that was probably meant.
        near: Option<String>,
    },
    /// A file of the template cannot be rendered.
    #[error("{file}:{line}:{column}: {why}")]
    Syntax {
        /// File below the template's `content`.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The renderer's reason.
        why: String,
    },
    /// A file would be written outside the project folder.
    #[error("`{}` is not a path inside the project folder", .path.display())]
    Escapes {
        /// The path of the file.
        path: PathBuf,
    },
    /// A file would take the place of another one.
    #[error("`{}` would overwrite another file", .path.display())]
    Overwrites {
        /// The path of the second file.
        path: PathBuf,
    },
    /// The destination is a folder with something in it, or not a folder.
    #[error("`{}` exists and is not an empty folder", .dest.display())]
    Occupied {
        /// The destination.
        dest: PathBuf,
    },
    /// The machine refused a step.
    #[error("cannot {action} `{}`", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

impl TemplateError {
    /// What the user can do about it, when that is known: one sentence.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownTemplate {
                near: Some(near), ..
            }
            | Self::UnknownParameter {
                near: Some(near), ..
            }
            | Self::UnknownVariable {
                near: Some(near), ..
            } => Some(format!("did you mean `{near}`?")),
            Self::Occupied { .. } => Some("choose another folder, or empty this one".to_owned()),
            Self::MissingParameter { name, .. } => Some(format!("add `--param {name}=VALUE`")),
            _ => None,
        }
    }
}

impl From<TemplateError> for Diagnostic {
    fn from(error: TemplateError) -> Self {
        let diagnostic = Self::error(code::TEMPLATE, error.to_string());
        match error.hint() {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }
}
