//! The canonical form of a file, proved to hold the same values.

use std::sync::Arc;

use super::order::arrange;
use super::print::print;
use super::read::read;
use super::scan::comments;
use super::verify::is_same;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span, code};
use crate::manifest::{Node, parse, parse_with_text};

/// The text of `source` in canonical form: the same values, the same comments, and formatting it again changes nothing.
/// A text that is not valid is refused with what is wrong.
pub fn format(source: &Arc<Source>) -> Result<String, Diagnostics> {
    let unix = source.text.replace("\r\n", "\n").replace('\r', "\n");
    let (read, found) = parse_with_text(source);
    let (Some((before, _)), false) = (read, found.has_errors()) else {
        return Err(found);
    };
    let text = written(source, &unix)?;
    check(source, &before, &text)?;
    let kept = |text: &str| strict(source, text).map(|strict| comments(&strict));
    if kept(&unix)? != kept(&text)? {
        return Err(differs(source, 0, "a comment would not be kept").into());
    }
    let again = written(source, &text)?;
    if again == text {
        return Ok(text);
    }
    Err(differs(source, 0, "its form does not settle").into())
}

fn strict(source: &Arc<Source>, text: &str) -> Result<String, Diagnostics> {
    let (read, found) = parse_with_text(&Source::new(&source.path, text));
    read.map(|(_, strict)| strict).ok_or(found)
}

/// A text in canonical form, not yet proved.
fn written(source: &Arc<Source>, text: &str) -> Result<String, Diagnostics> {
    // Places are those of the text that is read, which may have other line ends than the file.
    let strict = Source::new(&source.path, strict(source, text)?);
    let mut document = read(&strict.text)
        .map_err(|at| Diagnostics::from(differs(&strict, at, "this cannot be rewritten")))?;
    arrange(&mut document);
    Ok(print(&document))
}

/// Refuses a `text` that does not read as `before`.
fn check(source: &Arc<Source>, before: &Node, text: &str) -> Result<(), Diagnostics> {
    let (after, found) = parse(&Source::new(&source.path, text));
    match after {
        Some(after) if !found.has_errors() && is_same(before, &after) => Ok(()),
        _ => Err(differs(source, 0, "the rewritten text would not read the same").into()),
    }
}

fn differs(source: &Arc<Source>, at: usize, detail: &str) -> Diagnostic {
    Diagnostic::error(code::REWRITE, detail)
        .at(Span::new(source, at, at))
        .hint("the file was left as it is; write the values in a simpler form")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::to_yaml;
    use proptest::prelude::*;
    use std::path::Path;

    fn formatted(text: &str) -> String {
        let source = Source::new("s.yaml", text);
        format(&source).unwrap_or_else(|found| panic!("{text}\n{found:?}"))
    }

    /// The comments of a text, in no order, found without the code under test: by a generous look at each line.
    fn comments(text: &str) -> Vec<String> {
        let behind = |line: &str| {
            let (_, comment) = line.split_once(" #")?;
            Some(comment.trim_matches(['"', '\'', ' ']).to_owned())
        };
        let mut found: Vec<String> = text
            .lines()
            .filter_map(|line| behind(&format!(" {}", line.trim())))
            .collect();
        found.sort();
        found
    }

    #[test]
    fn a_comment_behind_quotes_is_kept() {
        for (text, expected) in [
            ("a: \"x\" # c\n", "a: x # c\n"),
            (
                "a: '1'   # c\nb: 'it''s' # d\n",
                "a: \"1\" # c\nb: it's # d\n",
            ),
            ("a: \"1\\\" # no\" # c\n", "a: \"1\\\" # no\" # c\n"),
            (
                "- 'x' # c\n# own\n- ['y', 'z'] # d\n",
                "- x # c\n# own\n- [\"y\", z] # d\n",
            ),
            ("'k': 'v' # c\n\n# own\nl: 1\n", "k: v # c\n\n# own\nl: 1\n"),
            ("&a 'q' # c\n", "&a 'q' # c\n"),
            ("!!str \"1\" # c\n", "!!str \"1\" # c\n"),
            ("- &a 'q' # c\n- *a\n", "- &a 'q' # c\n- *a\n"),
            ("k: &a 'q' # c\nl: *a\n", "k: &a 'q' # c\nl: *a\n"),
        ] {
            assert_eq!(formatted(text), expected);
        }
    }

    #[test]
    fn brackets_may_have_an_anchor_or_a_tag() {
        for (text, expected) in [
            ("a: &x {b: 1} # c\nc: *x\n", "a: &x { b: 1 } # c\nc: *x\n"),
            ("a: !!seq [1]\n", "a: !!seq [1]\n"),
            (
                "- &x [1]\n- [*x, &y { k: v }]\n",
                "- &x [1]\n- [*x, &y { k: v }]\n",
            ),
            ("a: &x # {\n  b: 1\n", "a: &x # {\n  b: 1\n"),
        ] {
            assert_eq!(formatted(text), expected);
        }
    }

    #[test]
    fn real_manifests_keep_values_and_comments() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/manifests");
        let Ok(files) = std::fs::read_dir(folder) else {
            return;
        };
        let (mut good, mut refused) = (0, Vec::new());
        for file in files {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let source = Source::new(&path, text);
            let valid = parse(&source).0.is_some() && !parse(&source).1.has_errors();
            match format(&source) {
                Ok(text) => {
                    assert_eq!(
                        comments(&text),
                        comments(&source.text),
                        "{}",
                        path.display()
                    );
                    good += 1;
                }
                Err(found) if valid => refused.push(format!("{}: {found:?}", path.display())),
                Err(_) => {}
            }
        }
        assert!(refused.is_empty(), "{}", refused.join("\n"));
        assert!(good > 100, "{good}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn whatever_yaml_is_kept_or_refused_as_invalid(
            text in "([a-c]: ?|- |  |\n|# x\n| # y\n|\\[|\\]|\\{|\\}|, |'q'|\"r\"|\\|\n|&a |\\*a|v){0,30}",
        ) {
            let source = Source::new("s.yaml", text.as_str());
            let valid = { let (root, found) = parse(&source); root.is_some() && !found.has_errors() };
            let result = format(&source);
            if let (true, Ok(after)) = (valid, &result) {
                prop_assert_eq!(comments(after).len() >= comments(&text).len(), true, "{}", after);
            }
            prop_assert!(valid || result.is_err());
        }

        #[test]
        fn what_sdev_writes_is_formatted_the_same(
            map in prop::collection::btree_map("[a-z]{1,4}", prop::collection::vec("[ -~]{0,8}(\n[ -~]{0,8})?", 0..3), 1..4),
        ) {
            let json = serde_json::to_string(&map).unwrap();
            let (root, _) = parse(&Source::new("s.yaml", json.as_str()));
            let yaml = to_yaml(&root.unwrap());
            prop_assert_eq!(formatted(&yaml), yaml);
        }
    }
}
