//! What is said of what stands at a position.

use std::ops::Range;

use super::complete::docs;
use super::define::{resource_of, steps};
use super::outline::{Outline, Shape};
use super::spot::{Expression, expression};
use super::vocabulary::{FUNCTIONS, component_of, outputs, word_at};
use crate::component;
use crate::manifest::{Node, to_yaml};

/// How much of a value is shown.
const MOST: usize = 1000;

/// Words about a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What is said, in Markdown.
    pub markdown: String,
    /// What it is said of.
    pub at: Range<usize>,
}

/// What is said of what is at `byte`. `resolved` is the document that the text becomes, when it becomes one.
pub fn hover(text: &str, outline: &Outline, resolved: Option<&Node>, byte: usize) -> Option<Shown> {
    if let Some(found) = expression(text, byte) {
        return Some(Shown {
            markdown: of_expression(text, outline, resolved, &found, byte)?,
            at: found.whole,
        });
    }
    let at = outline.at(byte)?;
    let item = &outline.items[at];
    let path = outline.path(at);
    let on_value =
        item.shape == Shape::Scalar && byte >= item.value_at.start && !item.value_at.is_empty();
    if let ([first, _, last], true) = (path.as_slice(), on_value)
        && first == "resources"
        && last == "component"
    {
        let written = outline.scalar(text, path.iter().map(String::as_str))?;
        let component = component::schema(component::base_name(written))?;
        return Some(Shown {
            markdown: format!("**{}**\n\n{}", component.name, component.about),
            at: item.value_at.clone(),
        });
    }
    let word = word_at(text, outline, &path)?;
    Some(Shown {
        markdown: format!("**{}**: {}\n\n{}", word.name, word.takes, docs(&word)),
        at: if on_value || item.key_at.is_empty() {
            item.value_at.clone()
        } else {
            item.key_at.clone()
        },
    })
}

fn of_expression(
    text: &str,
    outline: &Outline,
    resolved: Option<&Node>,
    found: &Expression,
    byte: usize,
) -> Option<String> {
    let inner = &text[found.inner.clone()];
    if let Some(open) = inner.find('(') {
        return of_call(text, outline, resolved, found, inner[..open].trim());
    }
    let all = steps(inner, inner.len());
    let path: Vec<String> = match all.as_slice() {
        ["vars", ..] | ["resources", _, "props", ..] => {
            all.iter().map(|s| (*s).to_owned()).collect()
        }
        ["resources", name, "output", output, ..] => {
            return Some(of_output(text, outline, name, output));
        }
        ["this", "name"] => return Some(value_block(&resource_of(outline, byte)?)),
        ["this", rest @ ..] => {
            let own = resource_of(outline, byte)?;
            let rest = rest.iter().map(|s| (*s).to_owned());
            ["resources".to_owned(), own]
                .into_iter()
                .chain(rest)
                .collect()
        }
        _ => return None,
    };
    Some(shown(walk(resolved?, &path)?))
}

fn of_call(
    text: &str,
    outline: &Outline,
    resolved: Option<&Node>,
    found: &Expression,
    name: &str,
) -> Option<String> {
    let (_, form, docs) = FUNCTIONS.iter().find(|(known, _, _)| *known == name)?;
    let said = format!("**{}**\n\n{docs}", form.replace("$1", "…"));
    let inner = &text[found.inner.clone()];
    if ["AccessKeySecret", "SecurityToken", "AccessKeyID"]
        .iter()
        .any(|secret| inner.contains(secret))
    {
        return Some(format!("{said}\n\nIts value is a secret and is not shown."));
    }
    let value = outline.at(found.whole.start).and_then(|at| {
        let written = outline.scalar(text, outline.path(at).iter().map(String::as_str))?;
        // Only the value as a whole is known, so the expression must be all of it.
        (written == &text[found.whole.clone()]).then(|| walk(resolved?, &outline.path(at)))?
    });
    Some(match value {
        Some(value) => format!("{said}\n\n{}", shown(value)),
        None => said,
    })
}

fn of_output(text: &str, outline: &Outline, name: &str, output: &str) -> String {
    let component = component_of(text, outline, name);
    let known = component.and_then(|c| outputs(c).iter().find(|(known, _)| *known == output));
    let docs = known
        .map(|(_, docs)| format!("{docs}\n\n"))
        .unwrap_or_default();
    format!("{docs}An output of `{name}`: known after a deploy.")
}

fn walk<'n>(from: &'n Node, path: &[String]) -> Option<&'n Node> {
    path.iter().try_fold(from, |node, step| {
        let item = || node.items().get(step.parse::<usize>().ok()?);
        node.get(step).or_else(item)
    })
}

fn shown(node: &Node) -> String {
    if node.has_secret() {
        return "Its value is a secret and is not shown.".to_owned();
    }
    let mut block = value_block(to_yaml(node).trim_end());
    if node.has_output() {
        block.push_str("\n\nOutputs in it are known after a deploy.");
    }
    block
}

fn value_block(text: &str) -> String {
    let end = text
        .char_indices()
        .nth(MOST)
        .map_or(text.len(), |(at, _)| at);
    let more = if end < text.len() { "\n…" } else { "" };
    // A fence that the text cannot close.
    let fence = "`".repeat(3.max(longest_run(&text[..end]) + 1));
    format!("{fence}yaml\n{}{more}\n{fence}", &text[..end])
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostic, Source};
    use crate::language::{complete, define, symbols};
    use crate::manifest::{Environment, Occasion, load_text, parse};

    struct World;

    impl Environment for World {
        fn var(&self, _: &str) -> Option<String> {
            None
        }
        fn credential(&self, _: &str) -> Option<String> {
            None
        }
        fn secret(&self, _: &str) -> Result<Option<String>, Diagnostic> {
            Ok(Some(String::new()))
        }
    }

    const FILE: &str = "edition: 3.0.0\nvars: {region: cn, o: {a: 1}, s: '${config(''AccessKeySecret'')}'}\nresources:\n  web:\n    component: site\n    props:\n      source: ./x\n      spa: true\n      headers: {A: \"${vars.o.a} ${resources.web.output.url} ${vars.s}\", B: '${config(''AccessKeySecret'')}'}\n      cache:\n        - match: '*.js' # é 😀\n          control: |\n            no\n";

    fn of(from: &str) -> String {
        let byte = FILE.find(from).unwrap() + from.len() - 1;
        let occasion = Occasion {
            command: "deploy",
            environment: None,
            access: None,
        };
        let (manifest, _) = load_text(&Source::new("s.yaml", FILE), occasion, &World);
        let root = manifest.map(|manifest| manifest.document);
        hover(FILE, &Outline::new(FILE), root.as_ref(), byte).map_or(String::new(), |s| s.markdown)
    }

    #[test]
    fn words_values_and_secrets() {
        assert!(of("spa").contains("Default: false"));
        assert!(of("match").contains("glob"));
        assert!(of("component: si").starts_with("**site**"));
        assert_eq!(of("${vars.o.a"), "```yaml\n1\n```");
        assert!(of("output.url").contains("known after a deploy"));
        assert!(of("${vars.s").contains("is a secret"));
        assert!(of("config(").contains("is a secret"));
        assert_eq!(of("x\n      spa: t").matches("spa").count(), 1);
        assert_eq!(of("edition: 3").matches("**edition**").count(), 1);
    }

    /// Asks everything at every byte that a client could mean.
    fn ask(text: &str, byte: usize) {
        let outline = Outline::new(text);
        let root = parse(&Source::new("s.yaml", text)).0;
        for one in complete(text, &outline, byte) {
            assert!(
                one.replaces.start <= byte && byte <= one.replaces.end,
                "{text:?} {byte} {one:?}"
            );
            assert!(text.get(one.replaces.clone()).is_some());
        }
        if let Some(shown) = hover(text, &outline, root.as_ref(), byte) {
            assert!(text.get(shown.at).is_some());
        }
        define(text, &outline, byte);
        for item in &outline.items {
            assert!(
                text.get(item.key_at.clone()).is_some()
                    && text.get(item.value_at.clone()).is_some()
            );
        }
        symbols(text, &outline);
    }

    fn boundary(text: &str, mut byte: usize) -> usize {
        byte = byte.min(text.len());
        while !text.is_char_boundary(byte) {
            byte -= 1;
        }
        byte
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]
        #[test]
        fn no_edit_and_no_place_panics(
            edits in proptest::collection::vec((0usize..600, 0usize..40, "[-a-c{}\\[\\]:,'\"#$&*!|>. \n\r\té😀]{0,6}"), 1..4),
            at in 0usize..600,
        ) {
            let mut text = FILE.to_owned();
            for (from, size, new) in edits {
                let from = boundary(&text, from);
                let to = boundary(&text, from + size);
                text.replace_range(from..to, &new);
            }
            ask(&text, boundary(&text, at));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,80}", at in 0usize..80) {
            ask(&text, boundary(&text, at));
        }
    }
}
