//! The property `definition`: a path, or the definition itself.

use super::check::{self, Terms};
use super::inline;
use super::pack::DefinitionPack;
use crate::component::fc3::plain;
use crate::component::lower::Context;
use crate::component::pack::Pack;
use crate::component::planned;
use crate::component::props::Props;
use crate::diagnostic::{Diagnostics, Span};
use crate::manifest::{Node, NodeKind};
use crate::resource::{ResourceId, Value};

/// The definition as far as it is known, and the file to read it from when it stands in one. One that stands in the
/// manifest is checked.
pub(super) fn read(
    props: &Props<'_>,
    (flow, context): (&ResourceId, &Context),
    terms: Terms,
    diagnostics: &mut Diagnostics,
) -> (Option<Value>, Option<Pack>) {
    let Some(node) = props.node("definition") else {
        return (None, None);
    };
    match &node.kind {
        NodeKind::Text(text) if is_path(text) => {
            let file = plain(&context.folder.join(text));
            let pack = DefinitionPack::new(flow.clone(), file, (text, &node.at), terms);
            (None, Some(Pack::Definition(pack)))
        }
        NodeKind::Text(text) => {
            let locate = |place| inline::place_in_text(&node.at, text, place);
            check::check(text, &terms, (&locate, &node.at), diagnostics);
            (Some(planned::value(node)), None)
        }
        NodeKind::Map(_) => {
            check_map(node, &terms, diagnostics);
            (Some(planned::value(node)), None)
        }
        // A text that is known only later.
        NodeKind::Output { .. } | NodeKind::Join(_) | NodeKind::Secret(_) => {
            (Some(planned::value(node)), None)
        }
        // What is nothing else was reported.
        _ => (None, None),
    }
}

/// Whether a text is a path: a definition has more than one line, or is a map of JSON.
fn is_path(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !text.contains('\n') && !text.starts_with('{')
}

fn check_map(node: &Node, terms: &Terms, diagnostics: &mut Diagnostics) {
    let written = inline::write(node);
    let mut found = Diagnostics::new();
    let locate = |place| written.place(place);
    check::check(&written.text, terms, (&locate, &node.at), &mut found);
    // Of what is known only later nothing can be said.
    let is_open = |at: &Span| written.open.contains(at);
    let said = found.into_iter();
    diagnostics.extend(said.filter(|said| !said.at.as_ref().is_some_and(is_open)));
}

#[cfg(test)]
mod tests {
    use super::is_path;

    #[test]
    fn a_definition_is_told_from_a_path() {
        for path in ["flow.yaml", "./flows/pay.json", " pay "] {
            assert!(is_path(path), "{path}");
        }
        for definition in [
            "",
            "{\"Type\": \"StateMachine\"}",
            "type: flow\nsteps: []\n",
            " { }",
        ] {
            assert!(!is_path(definition), "{definition}");
        }
    }
}
