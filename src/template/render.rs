//! Fills a template with the chosen values, in memory.

use std::collections::BTreeMap;
use std::path::PathBuf;

use handlebars::{Handlebars, Template as Text, html_escape, no_escape};
use serde_json::{Map, Value as Json};

use crate::diagnostic::closest;

use super::catalog::Template;
use super::error::TemplateError;
use super::variable::uses;

/// One file of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// Where it goes, below the project's folder.
    pub path: PathBuf,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Whether it is a script that can be run: it begins with `#!`.
    pub executable: bool,
}

/// The files of `template` for the values `given`, ordered by the template's paths. The same values give the same bytes.
///
/// `{{parameter}}` is replaced in text files and in file names. In HTML, XML and SVG the value is escaped as their
/// syntax needs; elsewhere it is put in as it is. Files that are not UTF-8 are copied.
///
/// # Errors
/// A parameter that is unknown, missing or bad; a variable that is no parameter, with its file, line and column.
pub fn render(
    template: &Template,
    given: &BTreeMap<String, String>,
) -> Result<Vec<RenderedFile>, TemplateError> {
    let values = values(template, given)?;
    let plain = Renderer::new(no_escape);
    let markup = Renderer::new(html_escape);
    let mut files = Vec::with_capacity(template.content.len());
    for (name, bytes) in &template.content {
        let path = PathBuf::from(plain.fill(name, name, &values)?);
        let renderer = if is_markup(name) { &markup } else { &plain };
        let bytes = match std::str::from_utf8(bytes) {
            Ok(text) => renderer.fill(name, text, &values)?.into_bytes(),
            Err(_) => bytes.to_vec(),
        };
        files.push(RenderedFile {
            path,
            executable: bytes.starts_with(b"#!"),
            bytes,
        });
    }
    Ok(files)
}

/// The value of every parameter: what is given, otherwise its default, which may use the parameters before it.
fn values(
    template: &Template,
    given: &BTreeMap<String, String>,
) -> Result<Map<String, Json>, TemplateError> {
    let known = || template.parameters.iter().map(|p| p.name.as_str());
    if let Some(name) = given.keys().find(|name| known().all(|k| k != *name)) {
        return Err(TemplateError::UnknownParameter {
            template: template.id.clone(),
            name: name.clone(),
            near: closest(name, known()).map(str::to_owned),
            known: known().map(str::to_owned).collect(),
        });
    }
    let renderer = Renderer::new(no_escape);
    let mut values = Map::new();
    for parameter in &template.parameters {
        let text = match (given.get(&parameter.name), &parameter.default) {
            (Some(text), _) => text.clone(),
            (None, Some(default)) => renderer.fill(
                &format!("default of `{}`", parameter.name),
                default,
                &values,
            )?,
            (None, None) => {
                let (name, description) = (parameter.name.clone(), parameter.description.clone());
                return Err(TemplateError::MissingParameter { name, description });
            }
        };
        values.insert(parameter.name.clone(), parameter.accept(&text)?);
    }
    Ok(values)
}

fn is_markup(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["html", "htm", "xhtml", "xml", "svg"]
        .iter()
        .any(|markup| extension.eq_ignore_ascii_case(markup))
}

struct Renderer(Handlebars<'static>);

impl Renderer {
    fn new(escape: fn(&str) -> String) -> Self {
        let mut handlebars = Handlebars::new();
        handlebars.set_strict_mode(true);
        handlebars.register_escape_fn(escape);
        Self(handlebars)
    }

    fn fill(
        &self,
        file: &str,
        text: &str,
        values: &Map<String, Json>,
    ) -> Result<String, TemplateError> {
        if !text.contains("{{") {
            return Ok(text.to_owned());
        }
        let syntax = |place: Option<(usize, usize)>, why: String| {
            let (line, column) = place.unwrap_or((1, 1));
            TemplateError::Syntax {
                file: file.to_owned(),
                line,
                column,
                why,
            }
        };
        let compiled = Text::compile(text).map_err(|e| syntax(e.pos(), e.reason().to_string()))?;
        if let Some(stray) = uses(&compiled)
            .into_iter()
            .find(|used| !values.contains_key(&used.name))
        {
            return Err(TemplateError::UnknownVariable {
                file: file.to_owned(),
                line: stray.line,
                column: stray.column,
                near: closest(&stray.name, values.keys().map(String::as_str)).map(str::to_owned),
                name: stray.name,
            });
        }
        self.0
            .render_template(text, values)
            .map_err(|e| syntax(e.line_no.zip(e.column_no), e.reason().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalog::tests::template;
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn text(files: &[RenderedFile], path: &str) -> String {
        let file = files.iter().find(|f| f.path.as_os_str() == path).unwrap();
        String::from_utf8(file.bytes.clone()).unwrap()
    }

    #[test]
    fn values_reach_texts_and_file_names_and_expressions_stay() {
        let t = template(
            "",
            &[(
                "src/{{name}}.txt",
                b"{{name}}: ${vars.x} ${this.name} ${env('A','b')}",
            )],
        );
        let files = render(&t, &given(&[("name", "shop")])).unwrap();
        assert_eq!(
            text(&files, "src/shop.txt"),
            "shop: ${vars.x} ${this.name} ${env('A','b')}"
        );
    }

    #[test]
    fn a_default_is_filled_from_the_parameters_before_it() {
        let t = template(
            "- {name: domain, type: string, description: d, default: '{{name}}.test'}\n",
            &[("a", b"{{domain}}")],
        );
        assert_eq!(text(&render(&t, &given(&[])).unwrap(), "a"), "demo.test");
        assert_eq!(
            text(&render(&t, &given(&[("name", "shop")])).unwrap(), "a"),
            "shop.test"
        );
        assert_eq!(
            text(&render(&t, &given(&[("domain", "x.org")])).unwrap(), "a"),
            "x.org"
        );
    }

    #[test]
    fn a_default_cannot_use_a_later_parameter() {
        let t = template(
            "- {name: a, type: string, description: d, default: '{{b}}'}\n- {name: b, type: string, description: d, default: x}\n",
            &[("f", b"")],
        );
        let error = render(&t, &given(&[])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "default of `a`:1:1: `b` is not a parameter of the template"
        );
    }

    #[test]
    fn a_computed_default_must_fit_too() {
        let t = template(
            "- {name: tag, type: string, description: d, default: '{{name}}', max: 5}\n",
            &[("f", b"")],
        );
        let error = render(&t, &given(&[("name", "a-long-name")]))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("parameter `tag` cannot be `a-long-name`: "),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_variable_is_an_error_with_its_place() {
        let t = template("", &[("docs/a.md", b"# {{name}}\n\nby {{nme}}")]);
        let error = render(&t, &given(&[])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "docs/a.md:3:4: `nme` is not a parameter of the template"
        );
        assert_eq!(error.hint().as_deref(), Some("did you mean `name`?"));
    }

    #[test]
    fn an_unknown_variable_is_found_in_a_branch_that_is_not_taken() {
        let t = template(
            "- {name: spa, type: boolean, description: d, default: false}\n",
            &[("a", b"{{#if spa}}\n{{route}}\n{{/if}}")],
        );
        let error = render(&t, &given(&[])).unwrap_err();
        assert!(
            matches!(&error, TemplateError::UnknownVariable { name, line: 2, column: 1, .. } if name == "route"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_variable_in_a_file_name_is_an_error() {
        let t = template("", &[("{{nam}}.txt", b"")]);
        assert!(matches!(
            render(&t, &given(&[])),
            Err(TemplateError::UnknownVariable { .. })
        ));
    }

    #[test]
    fn broken_syntax_is_told_with_its_place() {
        let t = template("", &[("a.txt", b"one\n{{#if name}}two")]);
        match render(&t, &given(&[])).unwrap_err() {
            TemplateError::Syntax { file, line, .. } => {
                assert_eq!((file.as_str(), line), ("a.txt", 2));
            }
            other => panic!("{other}"),
        }
    }

    #[test]
    fn numbers_and_truths_work_in_conditions() {
        let t = template(
            "- {name: spa, type: boolean, description: d, default: false}\n- {name: size, type: integer, description: d, default: 1}\n",
            &[("a", b"{{#if spa}}yes{{else}}no{{/if}} {{#if (gt size 5)}}big{{else}}small{{/if}} {{size}}")],
        );
        assert_eq!(text(&render(&t, &given(&[])).unwrap(), "a"), "no small 1");
        assert_eq!(
            text(
                &render(&t, &given(&[("spa", "true"), ("size", "10")])).unwrap(),
                "a"
            ),
            "yes big 10"
        );
    }

    #[test]
    fn markup_is_escaped_and_other_text_is_not() {
        let t = template(
            "- {name: title, type: string, description: d, default: 'Tom & \"Ada\" <3'}\n",
            &[
                ("a.html", b"<p title=\"{{title}}\">"),
                ("a.md", b"# {{title}}"),
                ("a.HTM", b"{{title}}"),
            ],
        );
        let files = render(&t, &given(&[])).unwrap();
        assert_eq!(
            text(&files, "a.html"),
            "<p title=\"Tom &amp; &quot;Ada&quot; &lt;3\">"
        );
        assert_eq!(text(&files, "a.HTM"), "Tom &amp; &quot;Ada&quot; &lt;3");
        assert_eq!(text(&files, "a.md"), "# Tom & \"Ada\" <3");
    }

    #[test]
    fn a_mustache_that_is_meant_as_itself_stays() {
        let t = template("", &[("a.py", br"\{{page}} of {{name}}")]);
        assert_eq!(
            text(&render(&t, &given(&[])).unwrap(), "a.py"),
            "{{page}} of demo"
        );
    }

    #[test]
    fn a_value_is_not_a_template() {
        let t = template(
            "- {name: title, type: string, description: d, default: x}\n",
            &[("a", b"{{title}}")],
        );
        assert_eq!(
            text(&render(&t, &given(&[("title", "{{name}}")])).unwrap(), "a"),
            "{{name}}"
        );
    }

    #[test]
    fn binary_files_are_copied_and_scripts_can_be_run() {
        let picture: &[u8] = b"\x89PNG\xff{{nothing}}";
        let t = template(
            "",
            &[("a.png", picture), ("run", b"#!/bin/sh\n"), ("text", b"#")],
        );
        let files = render(&t, &given(&[])).unwrap();
        assert_eq!(
            files
                .iter()
                .find(|f| f.path.as_os_str() == "a.png")
                .unwrap()
                .bytes,
            picture
        );
        let runnable: Vec<_> = files
            .iter()
            .filter(|f| f.executable)
            .map(|f| f.path.clone())
            .collect();
        assert_eq!(runnable, [PathBuf::from("run")]);
    }

    #[test]
    fn an_unknown_parameter_is_told_with_the_likely_one() {
        let error = render(&template("", &[("a", b"")]), &given(&[("nmae", "x")])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "template `t` has no parameter `nmae`; it has: name"
        );
        assert_eq!(error.hint().as_deref(), Some("did you mean `name`?"));
    }

    #[test]
    fn a_parameter_without_a_default_must_be_given() {
        let t = template(
            "- {name: key, type: string, description: The key.}\n",
            &[("a", b"{{key}}")],
        );
        let error = render(&t, &given(&[])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "parameter `key` has no default, so it has to be given: The key."
        );
        assert!(render(&t, &given(&[("key", "v")])).is_ok());
    }
}
