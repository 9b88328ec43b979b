//! Finds the variables that a template's text uses, in every branch, without rendering it.

use handlebars::Path;
use handlebars::template::{HelperTemplate, Parameter, Subexpression, Template, TemplateElement};

/// A use of a variable.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// Its name, as written.
    pub(super) name: String,
    /// Line, from 1.
    pub(super) line: usize,
    /// Column, from 1.
    pub(super) column: usize,
}

/// Every use of a variable in `template`, in the order of the text.
pub(super) fn uses(template: &Template) -> Vec<Use> {
    let mut found = Vec::new();
    collect(template, (1, 1), &mut found);
    found
}

/// `outer` is the place of the block around: an `{{else if …}}` comes without a place of its own.
fn collect(template: &Template, outer: (usize, usize), found: &mut Vec<Use>) {
    for (index, element) in template.elements.iter().enumerate() {
        let (line, column) = template
            .mapping
            .get(index)
            .map_or(outer, |place| (place.0, place.1));
        let mut names = Vec::new();
        let mut inner = Vec::new();
        match element {
            TemplateElement::Expression(e) | TemplateElement::HtmlExpression(e) => {
                expression(e, &mut names);
            }
            TemplateElement::HelperBlock(block) => {
                arguments(block, &mut names);
                inner.extend(block.template.iter().chain(&block.inverse));
            }
            _ => {}
        }
        found.extend(names.into_iter().map(|name| Use { name, line, column }));
        for part in inner {
            collect(part, (line, column), found);
        }
    }
}

/// `{{variable}}`, or `{{helper argument …}}`.
fn expression(e: &HelperTemplate, names: &mut Vec<String>) {
    if e.params.is_empty() && e.hash.is_empty() {
        one(&e.name, names);
    } else {
        arguments(e, names);
    }
}

fn arguments(e: &HelperTemplate, names: &mut Vec<String>) {
    e.params
        .iter()
        .chain(e.hash.values())
        .for_each(|argument| one(argument, names));
}

fn one(parameter: &Parameter, names: &mut Vec<String>) {
    match parameter {
        Parameter::Name(name) | Parameter::Path(Path::Relative((_, name))) => {
            names.push(name.clone());
        }
        Parameter::Subexpression(Subexpression { element, .. }) => {
            if let TemplateElement::Expression(inner) = element.as_ref() {
                expression(inner, names);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        uses(&Template::compile(text).unwrap())
            .into_iter()
            .map(|u| u.name)
            .collect()
    }

    #[test]
    fn variables_are_found_in_every_branch_and_argument() {
        assert_eq!(names("{{a}} {{{b}}} ${c}"), ["a", "b"]);
        assert_eq!(
            names("{{#if a}}{{b}}{{else if c}}{{d}}{{else}}{{e}}{{/if}}"),
            ["a", "b", "c", "d", "e"]
        );
        assert_eq!(names("{{#if (eq a \"x\")}}y{{/if}}"), ["a"]);
        assert_eq!(names("{{#unless (not a)}}{{b.c}}{{/unless}}"), ["a", "b.c"]);
    }

    #[test]
    fn the_place_is_counted_from_one() {
        let found = uses(&Template::compile("first\nab {{late}}").unwrap());
        assert_eq!(
            found,
            [Use {
                name: "late".to_owned(),
                line: 2,
                column: 4
            }]
        );
    }
}
