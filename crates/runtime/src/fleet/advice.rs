//! What can be done about code that does not start, by what it says of itself and by what lies in it.

use std::fs;
use std::path::Path;

use super::built::built_otherwise;
use crate::spec::{Command, Hook, Spec};

/// Files and functions that are named at most.
const NAMED: usize = 8;
/// Bytes of a source file that is looked into at most.
const LARGEST: u64 = 1024 * 1024;
/// Where packages are named that a build installs.
const LISTS: [&str; 2] = ["requirements.txt", "package.json"];

/// What to do about code that said `said` when it was loaded; nothing when that is not plain. `python` is the version that runs it, if one
/// does and is known.
pub(super) fn advice(spec: &Spec, said: &str, python: Option<&str>) -> Option<String> {
    if let Some(module) = quoted(said, "is missing on module '") {
        return functions(&spec.code, module);
    }
    let module = [
        "No module named '",
        "Cannot find module '",
        "Cannot find package '",
    ]
    .iter()
    .find_map(|words| quoted(said, words))?;
    if handlers(spec).any(|handler| module_of(handler) == Some(module)) {
        return Some(files(&spec.code, module));
    }
    // Paths are the code's own files.
    if module.starts_with(['.', '/']) {
        return None;
    }
    let folders = spec.unpacked().map(AsRef::as_ref);
    let built = built_otherwise(folders, module, python);
    Some(built.unwrap_or_else(|| package(&spec.code, module)))
}

/// What stands between the last words that end in an apostrophe and the next one.
fn quoted<'t>(text: &'t str, words: &str) -> Option<&'t str> {
    let begin = text.rfind(words)? + words.len();
    let (found, _) = text[begin..].split_once('\'')?;
    Some(found).filter(|found| !found.is_empty())
}

/// All that is named as `file.function`.
fn handlers(spec: &Spec) -> impl Iterator<Item = &str> {
    let hooks = [&spec.initializer, &spec.pre_stop].into_iter().flatten();
    let hooks = hooks.filter_map(|Hook { command, .. }| match command {
        Command::Handler(handler) => Some(handler.as_str()),
        Command::Program(_) => None,
    });
    std::iter::once(spec.handler.as_str()).chain(hooks)
}

fn module_of(handler: &str) -> Option<&str> {
    handler.rsplit_once('.').map(|(module, _)| module)
}

/// Which files there are instead of a handler's.
fn files(code: &Path, module: &str) -> String {
    let mut names: Vec<String> = fs::read_dir(code)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_folder { name + "/" } else { name }
        })
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    format!(
        "the handler names the file {module}, which is not in the code; it has {}",
        listed(&names)
    )
}

/// Which functions a handler's file has instead.
fn functions(code: &Path, module: &str) -> Option<String> {
    let places = ["py", "js", "mjs", "cjs"].map(|end| code.join(format!("{module}.{end}")));
    let place = places.iter().find(|place| {
        is_own(code, place)
            && fs::metadata(place).is_ok_and(|data| data.is_file() && data.len() <= LARGEST)
    })?;
    let text = fs::read_to_string(place).ok()?;
    let mut names: Vec<String> = text
        .lines()
        .filter_map(function)
        .map(str::to_owned)
        .collect();
    names.dedup();
    let file = place.file_name()?.to_string_lossy().into_owned();
    Some(format!("{file} has {}", listed(&names)))
}

/// Whether a file is the code's own: links of code lead to what code may see, and who looks here sees more.
pub(super) fn is_own(code: &Path, place: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(code)
        .zip(real(place))
        .is_some_and(|(code, place)| place.starts_with(code))
}

/// The function that a line gives to others, as most write it.
fn function(line: &str) -> Option<&str> {
    const BEFORE: [&str; 8] = [
        "def ",
        "async def ",
        "exports.",
        "module.exports.",
        "export const ",
        "export function ",
        "export async function ",
        "export let ",
    ];
    let rest = BEFORE.iter().find_map(|words| line.strip_prefix(words))?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
    let name = &rest[..end.unwrap_or(rest.len())];
    Some(name).filter(|name| !name.is_empty())
}

/// How a package gets into the code.
fn package(code: &Path, module: &str) -> String {
    // `a.b` and `a/b` are parts of `a`; `@a/b` is a package.
    let name = match module.strip_prefix('@') {
        Some(_) => module,
        None => module.split(['.', '/']).next().unwrap_or(module),
    };
    let lists = LISTS.map(|list| (list, code.join(list)));
    for (list, place) in lists.into_iter().filter(|(_, place)| is_own(code, place)) {
        let Ok(text) = fs::read_to_string(place) else {
            continue;
        };
        return if names(&text, name) {
            format!(
                "{list} names {name}, and it is not installed in the code: `sdev build` does that"
            )
        } else {
            format!(
                "{list} does not name {name}: name its package there, and `sdev build` installs it"
            )
        };
    }
    format!(
        "{name} is not in the code: name its package in {}, and `sdev build` installs it",
        LISTS.join(" or ")
    )
}

/// Whether a list of packages names one; `_` and `-` are the same there.
fn names(list: &str, package: &str) -> bool {
    let same = |text: &str| text.to_lowercase().replace('_', "-");
    let wanted = same(package);
    let list = same(list);
    let mut words = list.split(|c: char| !c.is_alphanumeric() && !"-@/".contains(c));
    words.any(|word| word == wanted)
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names if names.len() > NAMED => {
            format!(
                "{} and {} more",
                names[..NAMED].join(", "),
                names.len() - NAMED
            )
        }
        names => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_name_packages_as_their_tools_read_them() {
        assert!(names("Flask==3.0\nmy-lib>=1\n", "flask"));
        assert!(names("my-lib>=1", "my_lib"));
        assert!(names(
            r#"{"dependencies": {"@scope/part": "1"}}"#,
            "@scope/part"
        ));
        assert!(!names("flask-cors\n", "flask"));
    }

    #[test]
    fn what_is_missing_is_told_with_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let code = folder.path();
        fs::write(
            code.join("index.py"),
            "def handler(e, c):\n    def inner(): pass\nasync def other(): pass\n",
        )
        .unwrap();
        assert_eq!(
            functions(code, "index").unwrap(),
            "index.py has handler, other"
        );
        assert!(files(code, "main").ends_with("it has index.py"));
        assert!(package(code, "yaml").starts_with("yaml is not in the code"));
        fs::write(code.join("requirements.txt"), "pyyaml\n").unwrap();
        assert!(package(code, "yaml.nodes").contains("does not name yaml:"));
        assert!(package(code, "pyyaml").contains("names pyyaml,"));
    }

    #[test]
    fn files_that_links_lead_to_are_not_looked_into() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let code = folder.path();
        fs::write(outside.path().join("index.py"), "def secret(): pass\n").unwrap();
        fs::write(outside.path().join("requirements.txt"), "secret\n").unwrap();
        for (name, place) in [
            ("index.py", outside.path().join("index.py")),
            ("requirements.txt", outside.path().join("requirements.txt")),
            ("folder", outside.path().to_owned()),
        ] {
            std::os::unix::fs::symlink(place, code.join(name)).unwrap();
        }
        assert_eq!(functions(code, "index"), None);
        assert_eq!(functions(code, "folder/index"), None);
        assert!(package(code, "secret").starts_with("secret is not in the code"));
    }
}
