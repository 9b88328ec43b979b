//! What runs a function's code, as its files tell.

use std::collections::BTreeMap;
use std::path::Path;

use super::fc3::with_defaults;
use crate::artifact::Entry;
use crate::diagnostic::{Diagnostic, code};
use crate::resource::{Attrs, ResourceId, Value};

/// A file at the root of the code → the runtime that it speaks of.
const SIGNS: [(&str, &str); 12] = [
    ("bootstrap", "custom.debian12"),
    ("index.js", "nodejs20"),
    ("index.mjs", "nodejs20"),
    ("main.js", "nodejs20"),
    ("app.js", "nodejs20"),
    ("package.json", "nodejs20"),
    ("index.py", "python3.12"),
    ("main.py", "python3.12"),
    ("app.py", "python3.12"),
    ("handler.py", "python3.12"),
    ("requirements.txt", "python3.12"),
    ("index.php", "php7.2"),
];
/// Names that a file with the entry point has.
const ENTRANCES: [&str; 4] = ["index", "main", "app", "handler"];

/// What no file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untold {
    Runtime,
    Handler,
}

/// Fills in runtime and handler where they are absent.
pub(super) fn fill(attrs: &mut Attrs, files: &BTreeMap<String, Entry>) -> Result<(), Untold> {
    if !attrs.contains_key("runtime") {
        let sign = SIGNS.iter().find(|(file, _)| files.contains_key(*file));
        let (_, runtime) = sign.ok_or(Untold::Runtime)?;
        attrs.insert("runtime".to_owned(), (*runtime).into());
        with_defaults(attrs);
    }
    if attrs.contains_key("handler") {
        return Ok(());
    }
    let runtime = match attrs.get("runtime") {
        Some(Value::Plain(runtime)) => runtime.as_str().unwrap_or_default(),
        _ => "",
    };
    let endings: &[&str] = match runtime {
        of if of.starts_with("python") => &["py"],
        of if of.starts_with("nodejs") => &["js", "mjs"],
        of if of.starts_with("php") => &["php"],
        _ => &[],
    };
    let is_there = |name: &&&str| {
        let mut files_of = endings.iter().map(|ending| format!("{name}.{ending}"));
        files_of.any(|file| files.contains_key(&file))
    };
    let name = ENTRANCES.iter().find(is_there).ok_or(Untold::Handler)?;
    attrs.insert("handler".to_owned(), format!("{name}.handler").into());
    Ok(())
}

impl Untold {
    /// The error, about the function whose code is there.
    pub(super) fn about(self, source: &Path, function: &ResourceId) -> Diagnostic {
        let (what, example) = match self {
            Self::Runtime => ("runtime", "runtime: python3.12"),
            Self::Handler => ("handler", "handler: index.handler"),
        };
        let detail = format!(
            "the files in {} do not say which {what} `{}` has",
            source.display(),
            function.block()
        );
        let error = Diagnostic::error(code::RUNTIME_UNKNOWN, detail);
        error.hint(format!("write it, for example `{example}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Form;

    fn told(files: &[&str], attrs: &[(&str, &str)]) -> Result<(String, String), Untold> {
        let entry = || Entry {
            form: Form::File,
            size: 0,
            digest: String::new(),
            executable: false,
            link: None,
        };
        let files = files
            .iter()
            .map(|file| ((*file).to_owned(), entry()))
            .collect();
        let attrs = attrs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()));
        let mut attrs: Attrs = attrs.collect();
        fill(&mut attrs, &files)?;
        let text = |name: &str| match &attrs[name] {
            Value::Plain(value) => value.as_str().unwrap().to_owned(),
            other => panic!("{other:?}"),
        };
        Ok((text("runtime"), text("handler")))
    }

    #[test]
    fn files_say_what_runs_them() {
        for (files, runtime, handler) in [
            (&["index.py"][..], "python3.12", "index.handler"),
            (&["requirements.txt", "app.py"], "python3.12", "app.handler"),
            (&["package.json", "index.mjs"], "nodejs20", "index.handler"),
            (&["bootstrap", "index.py"], "custom.debian12", "handler"),
        ] {
            assert_eq!(
                told(files, &[]),
                Ok((runtime.to_owned(), handler.to_owned()))
            );
        }
        let given = [("runtime", "nodejs18"), ("handler", "a.b")];
        assert_eq!(told(&[], &given), Ok(("nodejs18".into(), "a.b".into())));
    }

    #[test]
    fn what_no_file_says_is_an_error() {
        assert_eq!(told(&["readme.md"], &[]), Err(Untold::Runtime));
        assert_eq!(told(&["package.json"], &[]), Err(Untold::Handler));
        assert_eq!(
            told(&["index.py"], &[("runtime", "nodejs20")]),
            Err(Untold::Handler)
        );
    }
}
