//! From a path to a manifest, with everything that is wrong with it at once.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::compose::compose;
use super::dotenv::{self, WithFiles};
use super::resolve::{Host, resolve};
use super::{Environment, Manifest, Node, NodeKind, Occasion};
use super::{assemble, environments, extend, find, read, tree};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span, code};

/// Loads the manifest at `path`: reads it, checks its keys, resolves its expressions.
///
/// Paths in expressions start at the manifest's folder. Outputs stay open, see [`NodeKind::Output`]. What comes along
/// with the manifest are warnings.
///
/// # Errors
/// All that is wrong with the file, in one collection. Only a text that is not YAML hides what comes after it.
pub fn load(
    path: &Path,
    occasion: Occasion<'_>,
    environment: &dyn Environment,
) -> Result<(Manifest, Diagnostics), Diagnostics> {
    let (manifest, diagnostics) = load_all(path, occasion, environment);
    finish(manifest, diagnostics)
}

/// The same, and with errors too as much of the manifest as there is, so that more can be found in it. Blocks with
/// [`super::Block::is_broken`] say less than the file does.
pub fn load_all(
    path: &Path,
    occasion: Occasion<'_>,
    environment: &dyn Environment,
) -> (Option<Manifest>, Diagnostics) {
    if let Err(error) = check_extension(path) {
        return (None, error);
    }
    match read::read(path) {
        Ok(source) => load_text(&source, occasion, environment),
        Err(error) => (None, missing_hint(error, path).into()),
    }
}

fn finish(
    manifest: Option<Manifest>,
    diagnostics: Diagnostics,
) -> Result<(Manifest, Diagnostics), Diagnostics> {
    match manifest {
        Some(manifest) => diagnostics.into_result(manifest),
        None => Err(diagnostics),
    }
}

/// The same for a text that is at hand, such as an editor's: only what it names is read from the disk, seen from the
/// folder of the source's path.
///
/// # Errors
/// As with [`load`].
pub fn load_source(
    source: &Arc<Source>,
    occasion: Occasion<'_>,
    environment: &dyn Environment,
) -> Result<(Manifest, Diagnostics), Diagnostics> {
    let (manifest, diagnostics) = load_text(source, occasion, environment);
    finish(manifest, diagnostics)
}

/// The same, and with errors too as much of the manifest as there is; see [`load_all`].
pub fn load_text(
    source: &Arc<Source>,
    occasion: Occasion<'_>,
    environment: &dyn Environment,
) -> (Option<Manifest>, Diagnostics) {
    let path = source.path.as_path();
    let (root, mut diagnostics) = tree::parse(source);
    let Some(root) = root else {
        return (None, diagnostics);
    };
    if !root.is_map() {
        let detail = match root.kind {
            NodeKind::Null => "the file is empty".to_owned(),
            _ => format!("a manifest is a map, and this is {}", root.type_name()),
        };
        diagnostics.push(Diagnostic::error(code::WRONG_TYPE, detail).at(Span::new(
            source,
            root.at.start,
            root.at.start,
        )));
        return (None, diagnostics);
    }
    let folder = read::folder_of(path);
    let mut composed = compose(root, &folder, (occasion, environment), &mut diagnostics);
    let variables = dotenv::variables(&composed.root, &folder, environment, &mut diagnostics);
    let host = Host {
        environment: &WithFiles {
            environment,
            variables: &variables,
        },
        folder: read::absolute(&folder),
        occasion,
        files: RefCell::default(),
    };
    let mut files = BTreeSet::from([path.to_owned()]);
    add_sources(&composed.root, &mut files);
    resolve(&mut composed, &host, &mut diagnostics);
    files.append(&mut host.files.borrow_mut());
    let mut manifest = assemble::assemble(path, composed.root, occasion, &mut diagnostics);
    manifest.files = files;
    manifest.variables = variables.into_iter().collect();
    (Some(manifest), diagnostics)
}

/// Adds the files that the parts of a document were written in.
fn add_sources(node: &Node, files: &mut BTreeSet<PathBuf>) {
    if !files.contains(node.at.path()) {
        files.insert(node.at.path().to_owned());
    }
    for entry in node.entries() {
        add_sources(&entry.value, files);
    }
    for item in node.items() {
        add_sources(item, files);
    }
}

/// The access alias that the manifest names, read before anything is resolved: expressions may need the credentials that
/// it stands for. That of the environment asked for comes before the key `access`, and that before the base file's.
/// `None` when none is named or a file cannot be read; [`load`] says what is wrong then.
pub fn access(path: &Path, environment: Option<&str>) -> Option<String> {
    let source = read::read(path).ok()?;
    let root = tree::parse(&source).0?;
    let folder = read::folder_of(path);
    let of_environment = environment.and_then(|name| environments::access(&root, &folder, name));
    let own = |root: &Node| root.get("access")?.as_str().map(str::to_owned);
    of_environment
        .or_else(|| own(&root))
        .or_else(|| own(&extend::base(&root, &folder, &mut Diagnostics::new())?))
}

/// The application's name as written, read before anything is resolved. `None` when it has none or cannot be read.
pub fn name(path: &Path) -> Option<String> {
    let root = tree::parse(&read::read(path).ok()?).0?;
    root.get("name")?.as_str().map(str::to_owned)
}

fn check_extension(path: &Path) -> Result<(), Diagnostics> {
    let fits = |extension: &std::ffi::OsStr| {
        extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml")
    };
    if path.extension().is_some_and(fits) {
        return Ok(());
    }
    let detail = format!(
        "the name of a manifest ends in .yaml or .yml, and `{}` does not",
        path.display()
    );
    Err(Diagnostic::error(code::MANIFEST_UNREADABLE, detail).into())
}

fn missing_hint(error: read::ReadError, path: &Path) -> Diagnostic {
    let other = match &error {
        read::ReadError::Missing(_) => find(&read::folder_of(path)),
        _ => None,
    };
    let diagnostic = Diagnostic::from(error);
    match other {
        Some(other) => diagnostic.hint(format!("did you mean `{}`?", other.display())),
        None => diagnostic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::fixture::{DEPLOY, World, load_with, property, wrong};
    use crate::manifest::to_json;
    use serde_json::json;

    #[test]
    fn a_missing_file_offers_the_one_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("s.yml"), "").unwrap();
        let found = load(&folder.path().join("s.yaml"), DEPLOY, &World).unwrap_err();
        let found = found.iter().next().unwrap();
        assert_eq!(found.code, code::MANIFEST_MISSING);
        assert!(found.hints[0].ends_with("s.yml`?"), "{found:?}");
        let found = load(&folder.path().join("s.json"), DEPLOY, &World).unwrap_err();
        assert_eq!(found.iter().next().unwrap().code, code::MANIFEST_UNREADABLE);
    }

    #[test]
    fn the_root_is_a_map() {
        assert_eq!(wrong(""), ["SD0107 1:1"]);
        assert_eq!(wrong("# nothing\n"), ["SD0107 1:1"]);
        assert_eq!(wrong("- a\n").len(), 1);
    }

    #[test]
    fn yaml_errors_that_leave_a_tree_do_not_hide_others() {
        assert_eq!(
            wrong("edition: 3.0.0\nresources: {}\nresources: {}\nx: ${vars.y}\n"),
            ["SD0104 3:1", "SD0110 4:6"]
        );
    }

    #[test]
    fn texts_around_expressions() {
        let vars = "{r: cn, n: 1, f: false, o: {a: 1}, l: [x, y]}";
        let text = |props: &str| to_json(&property(vars, props));
        assert_eq!(text("{p: '$${vars.r} \\${vars.n}'}"), json!("$cn \\1"));
        assert_eq!(text("{p: 'x${vars.f}${vars.l}'}"), json!("xfalsex,y"));
        assert_eq!(text("{p: 'x${vars.o}'}"), json!("x[object Object]"));
        assert_eq!(text("{p: '${vars.n}'}"), json!(1));
        assert_eq!(text("{p: ' ${vars.n}'}"), json!(" 1"));
        assert_eq!(
            text("{p: '${self.x} ${shared.y.z}'}"),
            json!("${self.x} ${shared.y.z}")
        );
        assert_eq!(text("{p: '{{ x }} $(y) $z'}"), json!("{{ x }} $(y) $z"));
    }

    #[test]
    fn doubtful_texts_are_warned_of() {
        let text = "edition: 3.0.0\nvars: {o: {}}\nx: 'x${vars.o}'\ny: 'a ${b'\nresources: {}\n";
        assert_eq!(wrong(text), ["SD0123 3:6", "SD0109 4:7"]);
        assert!(load_with(text, &[]).is_ok());
        assert_eq!(
            wrong("edition: 3.0.0\nresources: {}\nx: <%= 1 %>\n"),
            ["SD0109 3:4"]
        );
    }

    #[test]
    fn keys_are_never_resolved() {
        let (manifest, _) =
            load_with("edition: 3.0.0\nresources: {}\nx: {'${vars.a}': 1}\n", &[]).unwrap();
        assert_eq!(to_json(&manifest.document)["x"], json!({"${vars.a}": 1}));
    }

    #[test]
    fn every_code_has_a_page_whose_example_shows_it() {
        let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors");
        let ours = code::ALL
            .iter()
            .filter(|code| code.to_string().starts_with("SD01"));
        for code in ours {
            let page = std::fs::read_to_string(pages.join(format!("{code}.md"))).unwrap();
            assert!(
                page.starts_with(&format!("# {code}: {}\n", code.summary())),
                "{code}"
            );
            // What is wrong under `sdev`, and with what a component becomes, is told by the rooms that read it.
            let of_others = [
                code::TRIGGER_LOOP,
                code::NO_EFFECT,
                code::RUNTIME_UNKNOWN,
                code::RUNTIME_ABSENT,
                code::UNKNOWN_SETTING,
                code::BAD_SETTING,
                code::POLICY_BROKEN,
                code::BAD_MOVE,
            ];
            if of_others.contains(code) {
                continue;
            }
            let Some((_, example)) = page.split_once("```yaml\n") else {
                assert!(
                    matches!(
                        *code,
                        code::MANIFEST_MISSING
                            | code::MANIFEST_UNREADABLE
                            | code::UNKNOWN_COMPONENT
                            | code::NOT_SUPPORTED_YET
                            | code::ENV_FILE
                            | code::ENVIRONMENT
                    ),
                    "{code}"
                );
                continue;
            };
            let example = example.split("```").next().unwrap();
            let found = match load_with(example, &[]) {
                Ok((_, found)) | Err(found) => found,
            };
            assert!(found.iter().any(|d| d.code == *code), "{code}: {found:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_expression_panics(inner in "[a-z.'\"()\\[\\], 0-9{}$%<>é-]{0,30}") {
            let text = format!("edition: 3.0.0\nvars: {{a: 1}}\nresources: {{a: {{component: x}}}}\nx: |-\n  ${{{inner}}}\n");
            let _ = load_with(&text, &[]);
        }
    }
}
