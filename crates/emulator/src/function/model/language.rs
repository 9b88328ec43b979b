//! Names of runtimes and what they mean.

use runtime::Language;

use crate::function::error::{FcError, Outcome};

/// The runtimes that the vendor's API names. What is not here cannot be run; `dotnetcore` has no interpreter that could be
/// started without the vendor's own bootstrap.
const RUNTIMES: &[(&str, Language)] = &[
    ("python2.7", Language::Python(2, 7)),
    ("python3", Language::Python(3, 0)),
    ("python3.9", Language::Python(3, 9)),
    ("python3.10", Language::Python(3, 10)),
    ("python3.12", Language::Python(3, 12)),
    ("nodejs8", Language::Node(8)),
    ("nodejs10", Language::Node(10)),
    ("nodejs12", Language::Node(12)),
    ("nodejs14", Language::Node(14)),
    ("nodejs16", Language::Node(16)),
    ("nodejs18", Language::Node(18)),
    ("nodejs20", Language::Node(20)),
    ("go1", Language::Go),
    ("java8", Language::Java(8)),
    ("java11", Language::Java(11)),
    ("php7.2", Language::Php),
    ("custom", Language::Custom),
    ("custom.debian10", Language::Custom),
    ("custom.debian11", Language::Custom),
    ("custom.debian12", Language::Custom),
    ("custom-container", Language::Container),
];

/// What a runtime's name means.
pub(crate) fn language(runtime: &str) -> Outcome<Language> {
    let known = RUNTIMES.iter().find(|(name, _)| *name == runtime);
    match known {
        Some((_, language)) => Ok(*language),
        None if runtime.starts_with("dotnetcore") => {
            Err(FcError::unserved(&format!("the runtime {runtime}")))
        }
        None => {
            let names: Vec<&str> = RUNTIMES.iter().map(|(name, _)| *name).collect();
            Err(FcError::invalid(format!(
                "runtime {runtime:?} is none of {}",
                names.join(", ")
            )))
        }
    }
}
