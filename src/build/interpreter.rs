//! Which interpreter makes packages: the one that will run them, as the local cloud finds it too.

use std::collections::HashMap;
use std::path::PathBuf;

use installed::{Interpreter, Language};

use super::recipe::Recipe;
use crate::diagnostic::{Diagnostic, code};

/// The version of an interpreter that a runtime names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Named {
    language: Language,
    version: Vec<u8>,
}

impl Named {
    /// That of `python3.10` or `nodejs20`; other runtimes name none.
    pub(super) fn of(runtime: &str) -> Option<Self> {
        let (language, numbers) = match runtime.strip_prefix("nodejs") {
            Some(number) => (Language::Node, number),
            None => (
                Language::Python,
                runtime
                    .strip_prefix("python")
                    .filter(|rest| rest.contains('.'))?,
            ),
        };
        let version = numbers.split('.').map(|number| number.parse().ok());
        let version = version.collect::<Option<_>>()?;
        Some(Self { language, version })
    }

    fn language(&self) -> &'static str {
        match self.language {
            Language::Python => "Python",
            Language::Node => "Node",
            Language::Php => "PHP",
        }
    }

    fn managers(&self) -> &'static str {
        match self.language {
            Language::Python => "pyenv, asdf or mise",
            _ => "nvm, asdf or mise",
        }
    }
}

/// The interpreters of this machine, each looked for once.
#[derive(Default)]
pub struct Interpreters {
    found: HashMap<Named, Option<Interpreter>>,
}

impl Interpreters {
    /// Has a recipe use the interpreter that its runtime names, or what there is of the language. Asks programs: blocks for a moment.
    pub fn fit(&mut self, recipe: &mut Recipe) {
        let Some(named) = &recipe.named else {
            return;
        };
        let find = || installed::find(named.language, &named.version);
        let found = self.found.entry(named.clone()).or_insert_with(find);
        recipe.interpreter.clone_from(found);
    }
}

impl Recipe {
    /// That another version makes the packages than the one that its runtime names, if it does.
    pub fn other_version(&self) -> Option<Diagnostic> {
        let (named, used) = (self.named.as_ref()?, self.interpreter.as_ref()?);
        if used.is_of(&named.version) {
            return None;
        }
        let (language, wanted) = (named.language(), installed::dotted(&named.version));
        let detail = format!(
            "{language} {} makes them: there is no {language} {wanted} on this machine; what is compiled in them may not fit",
            used.version
        );
        let hint = format!(
            "install {language} {wanted}, for example with {}",
            named.managers()
        );
        let warning = Diagnostic::warning(code::BUILD_OTHER_VERSION, detail);
        Some(warning.hint(hint))
    }

    /// The program that is run instead of the command's first word.
    pub(super) fn program(&self) -> Option<&PathBuf> {
        let used = self.interpreter.as_ref()?;
        (self.named.as_ref()?.language == Language::Python).then_some(&used.path)
    }

    /// The path on which tools find the interpreter first, when the usual one does not lead to it.
    pub(super) fn path(&self, usual: Option<&str>) -> Option<String> {
        let kept = self.interpreter.as_ref().filter(|used| used.is_kept)?;
        let folder = kept.path.parent()?.to_path_buf();
        let usual = std::env::split_paths(usual.unwrap_or_default());
        let all = std::env::join_paths(std::iter::once(folder).chain(usual));
        all.ok()?.into_string().ok()
    }

    /// Of which version packages are: as many numbers as the runtime names.
    pub(super) fn version(&self) -> Option<String> {
        let (named, used) = (self.named.as_ref()?, self.interpreter.as_ref()?);
        let numbers = used.version.split('.').take(named.version.len());
        Some(numbers.collect::<Vec<_>>().join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtimes_name_versions() {
        let version = |runtime: &str| Named::of(runtime).map(|named| named.version);
        assert_eq!(version("python3.10"), Some(vec![3, 10]));
        assert_eq!(version("nodejs20"), Some(vec![20]));
        for other in ["python3", "custom.debian12", "nodejs", "go1", "python3.x"] {
            assert_eq!(version(other), None, "{other}");
        }
    }
}
