//! The templates that are built into the binary.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};

use crate::diagnostic::closest;

use super::error::TemplateError;
use super::parameter::{Kind, Parameter, Written};

const DESCRIPTION: &str = "template.yaml";
const CONTENT: &str = "content/";

/// A kind of project that can be made.
#[derive(Debug, Clone, Serialize)]
pub struct Template {
    /// Its name on the command line, and of its folder.
    pub id: String,
    /// What one gets: one sentence.
    pub summary: String,
    /// What can be chosen, in the order in which defaults may refer to each other. The first is the project's `name`.
    pub parameters: Vec<Parameter>,
    /// The files below `content`, by path with `/`.
    #[serde(skip)]
    pub(super) content: BTreeMap<String, Cow<'static, [u8]>>,
}

/// `template.yaml` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    id: String,
    summary: String,
    parameters: Vec<Written>,
}

#[derive(RustEmbed)]
#[folder = "templates/"]
struct Embedded;

/// Every template, by id.
///
/// # Errors
/// [`TemplateError::Broken`] or [`TemplateError::Description`] when a template breaks a rule.
pub fn catalog() -> Result<Vec<Template>, TemplateError> {
    let mut folders: BTreeMap<String, BTreeMap<String, Cow<'static, [u8]>>> = BTreeMap::new();
    for path in Embedded::iter() {
        if let (Some((id, file)), Some(found)) = (path.split_once('/'), Embedded::get(&path)) {
            folders
                .entry(id.to_owned())
                .or_default()
                .insert(file.to_owned(), found.data);
        }
    }
    folders
        .into_iter()
        .map(|(id, files)| Template::read(&id, files))
        .collect()
}

/// The template with this id.
///
/// # Errors
/// [`TemplateError::UnknownTemplate`], and those of [`catalog`].
pub fn find(id: &str) -> Result<Template, TemplateError> {
    let all = catalog()?;
    let known: Vec<String> = all.iter().map(|t| t.id.clone()).collect();
    all.into_iter()
        .find(|t| t.id == id)
        .ok_or_else(|| TemplateError::UnknownTemplate {
            id: id.to_owned(),
            near: closest(id, known.iter().map(String::as_str)).map(str::to_owned),
            known,
        })
}

impl Template {
    /// Reads a template's folder: `template.yaml` and everything below `content`.
    pub(super) fn read(
        folder: &str,
        mut files: BTreeMap<String, Cow<'static, [u8]>>,
    ) -> Result<Self, TemplateError> {
        let broken = |why: String| TemplateError::Broken {
            template: folder.to_owned(),
            why,
        };
        let description = files
            .remove(DESCRIPTION)
            .ok_or_else(|| broken(format!("there is no {DESCRIPTION}")))?;
        let Description {
            id,
            summary,
            parameters,
        } = serde_yaml::from_slice(&description).map_err(|source| TemplateError::Description {
            template: folder.to_owned(),
            source,
        })?;
        if id != folder {
            return Err(broken(format!("its id is `{id}`, its folder `{folder}`")));
        }
        let parameters = parameters
            .into_iter()
            .map(Parameter::read)
            .collect::<Result<Vec<_>, _>>()
            .map_err(broken)?;
        check(&parameters).map_err(broken)?;
        let mut content = BTreeMap::new();
        for (path, bytes) in files {
            match path.strip_prefix(CONTENT) {
                Some(inner) => content.insert(inner.to_owned(), bytes),
                None => {
                    return Err(broken(format!(
                        "`{path}` is neither {DESCRIPTION} nor below {CONTENT}"
                    )));
                }
            };
        }
        if content.is_empty() {
            return Err(broken(format!("there is nothing below {CONTENT}")));
        }
        Ok(Self {
            id,
            summary,
            parameters,
            content,
        })
    }
}

fn check(parameters: &[Parameter]) -> Result<(), String> {
    let named = |p: &Parameter| p.name == "name" && matches!(p.kind, Kind::String { .. });
    if !parameters.first().is_some_and(named) {
        return Err("its first parameter must be the string `name`, the project's name".to_owned());
    }
    let mut seen = BTreeSet::new();
    match parameters.iter().find(|p| !seen.insert(&p.name)) {
        Some(twice) => Err(format!("parameter `{}` is there twice", twice.name)),
        None => Ok(()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A template in memory: its parameters beside `name` as YAML list items, and its content.
    pub(in crate::template) fn template(parameters: &str, content: &[(&str, &[u8])]) -> Template {
        let description = format!(
            "id: t\nsummary: s\nparameters:\n- {{name: name, type: string, description: d, default: demo}}\n{parameters}"
        );
        read(&description, content).unwrap()
    }

    fn read(description: &str, content: &[(&str, &[u8])]) -> Result<Template, TemplateError> {
        let mut files = BTreeMap::from([(
            DESCRIPTION.to_owned(),
            Cow::from(description.as_bytes().to_vec()),
        )]);
        files.extend(
            content
                .iter()
                .map(|(path, bytes)| (format!("content/{path}"), Cow::from(bytes.to_vec()))),
        );
        Template::read("t", files)
    }

    #[test]
    fn the_catalog_is_sorted_and_each_template_is_found_by_its_id() {
        let all = catalog().unwrap();
        assert!(all.iter().any(|t| t.id == "static-site"));
        assert!(all.is_sorted_by(|a, b| a.id < b.id));
        for template in all {
            assert_eq!(find(&template.id).unwrap().summary, template.summary);
        }
    }

    #[test]
    fn a_misspelt_id_is_told_with_the_likely_one() {
        let error = find("statik-site").unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("did you mean `static-site`?"));
        assert!(error.to_string().contains("`statik-site`"), "{error}");
    }

    #[test]
    fn a_description_with_an_unknown_key_is_refused_with_its_place() {
        let name = "parameters: [{name: name, type: string, description: d}]";
        for (description, line) in [
            (format!("id: t\nsumary: s\n{name}"), "line 2"),
            (format!("id: t\nsummary: s\ntags: []\n{name}"), "line 3"),
            (
                "id: t\nsummary: s\nparameters:\n- {name: name, typ: string, description: d}"
                    .to_owned(),
                "line 4",
            ),
        ] {
            match read(&description, &[("a", b"")]) {
                Err(TemplateError::Description { source, .. }) => {
                    let text = source.to_string();
                    assert!(
                        text.contains("unknown field") && text.contains(line),
                        "{text}"
                    );
                }
                other => panic!("{description}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_description_that_breaks_a_rule_is_refused() {
        let name = "{name: name, type: string, description: d}";
        for (description, why) in [
            (
                format!("id: u\nsummary: s\nparameters: [{name}]"),
                "its folder",
            ),
            (
                "id: t\nsummary: s\nparameters: []".to_owned(),
                "first parameter",
            ),
            (
                "id: t\nsummary: s\nparameters: [{name: name, type: boolean, description: d}]"
                    .to_owned(),
                "first parameter",
            ),
            (
                format!("id: t\nsummary: s\nparameters: [{name}, {name}]"),
                "twice",
            ),
        ] {
            let error = read(&description, &[("a", b"")]).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(read(&format!("id: t\nsummary: s\nparameters: [{name}]"), &[]).is_err());
    }

    #[test]
    fn the_listing_as_data_leaves_the_files_out() {
        let listed = serde_json::to_value(template(
            "- {name: n, type: integer, description: d, max: 3}\n",
            &[("a", b"")],
        ))
        .unwrap();
        assert!(listed.get("content").is_none());
        assert_eq!(listed["parameters"][1]["type"], "integer");
        assert_eq!(listed["parameters"][1]["max"], 3);
    }
}
