//! `vars.a`, `this.props.b`, `resources.r.output.c`: from a name to a value, or to what was meant.

use std::ops::Range;

use super::attempt::{Around, Attempt};
use super::cell::Place;
use super::lookup::Found;
use super::world::View;
use crate::diagnostic::{Diagnostic, closest, code};
use crate::manifest::expression::Reference;
use crate::manifest::{Node, NodeKind};

/// The names an expression may start with.
const ROOTS: [&str; 3] = ["vars", "this", "resources"];

/// A reference with the place to blame.
#[derive(Clone, Copy)]
struct Asked<'a> {
    reference: &'a Reference,
    around: Around<'a>,
    at: &'a Range<usize>,
    /// Whether a way that leads nowhere is an error; an argument may be missing.
    strict: bool,
}

impl<'w> Attempt<'w> {
    pub(super) fn reference(
        &mut self,
        reference: &Reference,
        around: Around,
        at: &Range<usize>,
        strict: bool,
    ) -> Option<Node> {
        let asked = Asked {
            reference,
            around,
            at,
            strict,
        };
        let steps = &reference.segments[..];
        match (reference.root.as_str(), steps) {
            ("vars", _) => {
                let found = self.follow(self.world.vars.as_ref(), steps);
                self.found(found, steps, asked)
            }
            ("this" | "that", [first, rest @ ..]) => self.own(first, rest, steps, asked),
            ("source", _) if self.under(steps).is_some() => {
                let found = self.under(steps).unwrap_or(Found::Broken);
                self.found(found, steps, asked)
            }
            ("project", _) if matches!(self.view, View::Overlay { .. }) => {
                let View::Overlay { project, .. } = self.view else {
                    return None;
                };
                let found = self.follow(project, steps);
                self.found(found, steps, asked)
            }
            ("resources", [name, rest @ ..]) => self.of_resource(name, rest, asked),
            ("components", [name, output, rest @ ..]) if output == "output" => {
                self.output(name, rest, asked)
            }
            ("this" | "resources" | "components", _) => {
                let detail = format!("`{}` is not a value by itself", reference.path());
                self.unknown(asked, detail, Some("name a property, such as ${this.props.region} or ${resources.web.props.region}".to_owned()))
            }
            _ => self.unknown_root(asked),
        }
    }

    fn own(
        &mut self,
        first: &str,
        rest: &[String],
        steps: &[String],
        asked: Asked,
    ) -> Option<Node> {
        if let View::Overlay { entry, .. } = self.view {
            let found = self.follow(Some(entry), steps);
            if !matches!(found, Found::Missing(..)) {
                return self.found(found, steps, asked);
            }
        }
        if self.place == Place::Template {
            let text = format!("${{{}}}", asked.reference.path());
            return Some(Node::new(
                asked.around.place(asked.at),
                NodeKind::Text(text),
            ));
        }
        let Place::Resource(number) = self.place else {
            let detail = format!(
                "`{}` has a meaning only inside a resource",
                asked.reference.path()
            );
            return self.unknown(
                asked,
                detail,
                Some("use ${vars.x} or ${resources.NAME.props.x} here".to_owned()),
            );
        };
        let (name, _) = &self.world.resources.all[number];
        match first {
            "name" if rest.is_empty() => Some(Node::new(
                asked.around.place(asked.at),
                NodeKind::Text((*name).to_owned()),
            )),
            "access" => {
                let found = self.follow(self.world.access.as_ref(), rest);
                self.found(found, steps, asked)
            }
            "output" | "info" => {
                let detail = format!("`{name}` has no {first} while its own properties are read");
                self.unknown(asked, detail, None)
            }
            _ => self.in_resource(number, steps, asked),
        }
    }

    /// The property under an environment's overlay that `source` leads to.
    fn under(&self, steps: &[String]) -> Option<Found<'w>> {
        let (View::Overlay { before, .. }, Place::Resource(number)) = (&self.view, self.place)
        else {
            return None;
        };
        let (name, _) = &self.world.resources.all[number];
        let props: Vec<String> = std::iter::once("props".to_owned())
            .chain(steps.iter().cloned())
            .collect();
        Some(self.follow(before.get(name), &props))
    }

    fn of_resource(&mut self, name: &str, rest: &[String], asked: Asked) -> Option<Node> {
        match (
            rest.first().map(String::as_str),
            self.world.resources.number(name),
        ) {
            (Some("output" | "info"), _) => self.output(name, &rest[1..], asked),
            (_, Some(number)) => self.in_resource(number, rest, asked),
            (_, None) => self.unknown_resource(name, asked),
        }
    }

    fn in_resource(&mut self, number: usize, steps: &[String], asked: Asked) -> Option<Node> {
        let (name, cell) = &self.world.resources.all[number];
        if let View::File(own) = self.view
            && let Some(cell) = own.get(name)
        {
            let found = self.follow(Some(cell), steps);
            if !matches!(found, Found::Missing(..)) {
                return self.found(found, steps, asked);
            }
        }
        let found = self.follow(Some(cell), steps);
        if matches!(found, Found::Missing(0, _)) && steps.len() == 1 && steps[0] == "props" {
            return Some(Node::new(
                asked.around.place(asked.at),
                NodeKind::Map(Vec::new()),
            ));
        }
        self.found(found, steps, asked)
    }

    fn output(&mut self, name: &str, path: &[String], asked: Asked) -> Option<Node> {
        if self.world.resources.number(name).is_none() {
            return self.unknown_resource(name, asked);
        }
        let kind = NodeKind::Output {
            resource: name.to_owned(),
            path: path.join("."),
        };
        Some(Node::new(asked.around.place(asked.at), kind))
    }

    fn found(&mut self, found: Found<'w>, steps: &[String], asked: Asked) -> Option<Node> {
        let Found::Missing(number, names) = found else {
            return self.take(found, &|| asked.around.place(asked.at));
        };
        let path = asked.reference.path();
        let shown = steps.get(number).map_or("", String::as_str);
        let depth = asked.reference.segments.len() - steps.len() + number;
        let parent = Reference {
            root: asked.reference.root.clone(),
            segments: asked.reference.segments[..depth].to_vec(),
        };
        let hint = spelled_hint(shown, asked.reference).or_else(|| {
            let near = closest(shown, names.iter().copied())?;
            Some(format!("did you mean `{}.{near}`?", parent.path()))
        });
        let detail = match shown {
            "" => format!("there is no `{path}`"),
            _ => format!("`{}` has no `{shown}`", parent.path()),
        };
        self.unknown(asked, detail, hint)
    }

    fn unknown_resource(&mut self, name: &str, asked: Asked) -> Option<Node> {
        if !asked.strict {
            return Some(self.absent(asked));
        }
        let names = self.world.resources.all.iter().map(|(name, _)| *name);
        let detail = format!("there is no resource `{name}`");
        let diagnostic =
            Diagnostic::error(code::UNKNOWN_RESOURCE, detail).at(asked.around.place(asked.at));
        let hint = closest(name, names).map(|near| format!("did you mean `{near}`?"));
        self.tell(hint.into_iter().fold(diagnostic, Diagnostic::hint))
    }

    fn unknown_root(&mut self, asked: Asked) -> Option<Node> {
        let root = asked.reference.root.as_str();
        let path = asked.reference.path();
        let first = asked.reference.segments.first().map_or("", String::as_str);
        let is_variable = self.world.vars.as_ref().is_some_and(|vars| {
            matches!(
                self.follow(Some(vars), &[root.to_owned()]),
                Found::Cell(_) | Found::Node(_)
            )
        });
        let hint = match root {
            "env" => Some(format!("write ${{env('{first}')}}")),
            "process" if first == "env" => Some(format!(
                "write ${{env('{}')}}",
                asked
                    .reference
                    .segments
                    .get(1)
                    .map_or("NAME", String::as_str)
            )),
            "config" => Some(format!("write ${{config('{first}')}}")),
            "aliyun-cli" => Some("it is a value of the top-level key `access` only".to_owned()),
            _ if is_variable => Some(format!("write ${{vars.{path}}}")),
            _ if is_shell_name(root) && asked.reference.segments.is_empty() => {
                return self.shell_name(root, asked);
            }
            _ if root.trim() != root => Some(format!("remove the blank: ${{{}}}", path.trim())),
            _ => match closest(root, ROOTS.into_iter()) {
                Some(near) => Some(format!("did you mean `{near}`?")),
                None => spelled_hint(root, asked.reference),
            },
        };
        self.unknown(
            asked,
            format!("`{path}` names nothing; a reference starts with vars, this or resources"),
            hint,
        )
    }

    fn shell_name(&mut self, name: &str, asked: Asked) -> Option<Node> {
        if !asked.strict {
            return Some(self.absent(asked));
        }
        self.tell(
            Diagnostic::error(
                code::EXPRESSION_UNKNOWN,
                format!("`{name}` names nothing; a reference starts with vars, this or resources"),
            )
            .at(asked.around.place(asked.at))
            .hint(format!("write `${name}` for a variable of the shell"))
            .hint(format!(
                "write ${{env('{name}')}} for an environment variable"
            )),
        )
    }

    fn unknown(&mut self, asked: Asked, detail: String, hint: Option<String>) -> Option<Node> {
        if !asked.strict {
            return Some(self.absent(asked));
        }
        let diagnostic =
            Diagnostic::error(code::EXPRESSION_UNKNOWN, detail).at(asked.around.place(asked.at));
        self.tell(hint.into_iter().fold(diagnostic, Diagnostic::hint))
    }

    fn absent(&mut self, asked: Asked) -> Node {
        self.absent.push(asked.reference.path());
        Node::new(asked.around.place(asked.at), NodeKind::Null)
    }
}

/// What is wrong with the spelling of a step, when something is.
fn spelled_hint(step: &str, reference: &Reference) -> Option<String> {
    let path = reference.path();
    if step.trim() != step {
        return Some(format!("remove the blank: ${{{}}}", path.trim()));
    }
    if let Some((name, index)) = step.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
        return Some(format!(
            "write ${{{}}}",
            path.replace(&format!("{name}[{index}]"), &format!("{name}.{index}"))
        ));
    }
    let operator = |c: char| matches!(c, '+' | '*' | '|' | '&' | '?' | '=' | '<' | '>' | '!' | '(');
    step.contains(operator).then(|| {
        "expressions have no operators; env('NAME', 'default') is the only fallback".to_owned()
    })
}

/// Whether it looks like a variable of the shell: `HOME`.
fn is_shell_name(name: &str) -> bool {
    name.bytes()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use crate::manifest::fixture::{error, load_with, property, with};
    use crate::manifest::{Node, NodeKind, to_json};
    use serde_json::json;

    fn output(resource: &str, path: &str) -> NodeKind {
        NodeKind::Output {
            resource: resource.to_owned(),
            path: path.to_owned(),
        }
    }

    #[test]
    fn outputs_stay_open() {
        let kind = |props| property("{o: '${resources.b.output}'}", props).kind;
        assert_eq!(kind("{p: '${resources.b.output.url}'}"), output("b", "url"));
        assert_eq!(kind("{p: '${resources.b.output}'}"), output("b", ""));
        assert_eq!(kind("{p: '${vars.o.url.0}'}"), output("b", "url.0"));
        assert_eq!(kind("{p: '${components.b.output.x}'}"), output("b", "x"));
        let NodeKind::Join(parts) = kind("{p: 'x${resources.b.output.url}/${this.name}'}") else {
            panic!("no join");
        };
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[1].kind, output("b", "url"));
        assert_eq!(parts[2].kind, NodeKind::Text("/a".to_owned()));
    }

    #[test]
    fn outputs_are_written_as_they_were() {
        for text in [
            "${resources.b.output.url}",
            "x${resources.b.info.k}y",
            "${components.b.output.a.0}",
            "${resources.b.output}",
        ] {
            assert_eq!(
                to_json(&property("{}", &format!("{{p: '{text}'}}"))),
                json!(text)
            );
        }
        assert_eq!(
            to_json(&property(
                "{o: '${resources.b.output}'}",
                "{p: '${vars.o.url}'}"
            )),
            json!("${resources.b.output.url}")
        );
    }

    #[test]
    fn a_value_stands_where_it_is_used() {
        let text = with("{cfg: {x: 1}}", "{p: '${vars.cfg}'}");
        let (manifest, _) = load_with(&text, &[]).unwrap();
        let p: &Node = manifest.blocks[0].props.get("p").unwrap();
        assert_eq!(&p.at.source.text[p.at.start..p.at.end], "'${vars.cfg}'");
        assert_eq!(p.get("x").unwrap().at.line_column().0, 2);
    }

    #[test]
    fn lengths_and_items() {
        let vars = "{s: aé😀, l: [x, '${vars.s}']}";
        assert_eq!(
            to_json(&property(vars, "{p: '${vars.s.length}'}")),
            json!(4)
        );
        assert_eq!(
            to_json(&property(vars, "{p: '${vars.l.length}'}")),
            json!(2)
        );
        assert_eq!(
            to_json(&property(vars, "{p: '${vars.l.1}'}")),
            json!("aé😀")
        );
    }

    /// Props, the code and place of their error, its first hint.
    const CASES: [(&str, &str, &str, &str); 17] = [
        (
            "{p: 'x ${vars.regoin}'}",
            "SD0110",
            "vars.regoin",
            "did you mean `vars.region`?",
        ),
        (
            "{p: '${vars.region }'}",
            "SD0110",
            "vars.region ",
            "remove the blank: ${vars.region}",
        ),
        (
            "{p: '${vars.list[0]}'}",
            "SD0110",
            "vars.list[0]",
            "write ${vars.list.0}",
        ),
        (
            "{p: '${env.HOME}'}",
            "SD0110",
            "env.HOME",
            "write ${env('HOME')}",
        ),
        (
            "{p: 'echo ${HOME}'}",
            "SD0110",
            "HOME",
            "write `$HOME` for a variable of the shell",
        ),
        (
            "{p: '${region}'}",
            "SD0110",
            "region",
            "write ${vars.region}",
        ),
        (
            "{p: '${var.region}'}",
            "SD0110",
            "var.region",
            "did you mean `vars`?",
        ),
        (
            "{p: '${ this.name}'}",
            "SD0110",
            " this.name",
            "remove the blank: ${this.name}",
        ),
        (
            "{p: '${this.porps.x}'}",
            "SD0110",
            "this.porps.x",
            "did you mean `this.props`?",
        ),
        (
            "{p: '${this.props.none}', nono: 1}",
            "SD0110",
            "this.props.none",
            "did you mean `this.props.nono`?",
        ),
        (
            "{p: '${resources.c.output.x}'}",
            "SD0113",
            "resources.c.output.x",
            "",
        ),
        (
            "{p: '${resources.bb.props.x}'}",
            "SD0113",
            "resources.bb.props.x",
            "",
        ),
        (
            "{p: '${vars.region || 1}'}",
            "SD0110",
            "vars.region || 1",
            "expressions have no operators; env('NAME', 'default') is the only fallback",
        ),
        (
            "{p: \"${vars['region']}\"}",
            "SD0109",
            "vars['region']",
            "write a key after a dot, ${vars.my-key}, or in double quotes, ${vars[\"my-key\"]}",
        ),
        ("{p: '${vars.nul}'}", "SD0110", "vars.nul", ""),
        (
            "{p: '${secret(x)}'}",
            "SD0403",
            "secret",
            "sdev secret set x",
        ),
        ("{p: '${evn(x)}'}", "SD0110", "evn", "did you mean `env()`?"),
    ];

    #[test]
    fn errors_point_into_the_text_and_help() {
        for (props, code, shown, hint) in CASES {
            let found = error("{region: r, list: [1], nul: }", props);
            let at = found.at.clone().unwrap();
            assert_eq!(found.code.to_string(), code, "{props}");
            assert_eq!(&at.source.text[at.start..at.end], shown, "{props}");
            assert_eq!(
                found.hints.first().map_or("", String::as_str),
                hint,
                "{props}"
            );
        }
    }

    #[test]
    fn a_near_resource_is_offered() {
        let text = "edition: 3.0.0\nresources:\n  website: {component: fc3, props: {u: '${resources.backent.output.u}'}}\n  backend: {component: fc3}\n";
        let found = load_with(text, &[]).unwrap_err();
        assert_eq!(
            found.iter().next().unwrap().hints,
            ["did you mean `backend`?"]
        );
    }

    #[test]
    fn this_needs_a_resource() {
        let found = error("{x: '${this.name}'}", "{p: 1}");
        assert_eq!(found.code.to_string(), "SD0110");
        assert!(found.detail.contains("only inside a resource"));
    }
}
