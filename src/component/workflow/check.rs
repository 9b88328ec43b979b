//! What is wrong with a definition, as diagnostics with their places.

use workflow::{Finding, Place, Program, Severity};

use super::inline::LATER;
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};

/// What the flow is, as far as its definition must fit.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    /// The name that it is deployed under.
    pub(super) name: String,
    /// Where the name is written, or the properties.
    pub(super) name_at: Span,
    /// Whether it is an express flow.
    pub(super) express: bool,
}

/// Says where a place of the text is to be shown, if that is known.
type Locate<'a> = &'a dyn Fn(Place) -> Option<Span>;

/// Reads a definition and reports all that is found, at `whole` where no better place is known.
pub(super) fn check(
    text: &str,
    terms: &Terms,
    (locate, whole): (Locate<'_>, &Span),
    diagnostics: &mut Diagnostics,
) {
    let (program, mut findings) = workflow::read(text);
    if let Some(program) = &program {
        if terms.express {
            findings.extend(workflow::express(program));
        }
        diagnostics.extend(misnamed(program, terms, whole));
    }
    for finding in findings {
        diagnostics.push(told(finding, locate, whole));
    }
}

fn told(finding: Finding, locate: Locate<'_>, whole: &Span) -> Diagnostic {
    let at = locate(finding.at).unwrap_or_else(|| whole.clone());
    let mut told = match finding.severity {
        Severity::Error => Diagnostic::error(code::WORKFLOW_BROKEN, finding.said),
        Severity::Warning => Diagnostic::warning(code::WORKFLOW_DOUBTFUL, finding.said),
    }
    .at(at);
    if let Some((place, word)) = finding.other
        && let Some(other) = locate(place)
    {
        told = told.related(other, word);
    }
    match finding.hint {
        Some(hint) => told.hint(hint),
        None => told,
    }
}

/// The name in the text must be the flow's own, where the language has one.
fn misnamed(program: &Program, terms: &Terms, whole: &Span) -> Option<Diagnostic> {
    let named = program.name.as_ref()?;
    if *named == terms.name || named.contains(LATER) {
        return None;
    }
    let detail = format!(
        "the definition calls the flow `{named}`, and it is deployed as `{}`",
        terms.name
    );
    let error = Diagnostic::error(code::WORKFLOW_BROKEN, detail)
        .at(terms.name_at.clone())
        .related(whole.clone(), "the definition");
    Some(error.hint(format!(
        "write `name: {named}`, or change `Name` in the definition"
    )))
}
