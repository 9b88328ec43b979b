//! Secrets in expressions: `secret('N')`, `env('X')` of a marked variable, secret fields of `config()`. Their texts are
//! never read here; a value carries where the text comes from and a fingerprint.

use std::collections::BTreeSet;

use super::attempt::Attempt;
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::manifest::expression::holds_expression;
use crate::manifest::{Node, NodeKind};
use crate::resource::{SecretRef, Transform};

/// The key below `sdev` that marks variables.
const KEY: &str = "secrets";

/// The fields of a credential that are secret.
const FIELDS: [&str; 2] = ["AccessKeySecret", "SecurityToken"];

/// The variables that are marked as secret in the value of the key `sdev`.
pub(in crate::manifest) fn marked(own: &Node) -> BTreeSet<&str> {
    let list = own.get(KEY).map_or(&[][..], Node::items);
    list.iter().filter_map(Node::as_str).collect()
}

/// Reports a list of marked variables that cannot be read: one that was passed over would be shown.
pub(super) fn check_marked(root: &Node, diagnostics: &mut Diagnostics) {
    let Some(own) = root.get("sdev").filter(|own| !own.is_null()) else {
        return;
    };
    // What is wrong in another way is told by whoever reads the key.
    let may_become = match &own.kind {
        NodeKind::Text(text) => holds_expression(text),
        kind => matches!(kind, NodeKind::Layered(_)),
    };
    if may_become {
        let detail = "`sdev` must be written out as a map: it says what is secret before anything is resolved";
        diagnostics.push(Diagnostic::error(code::WRONG_TYPE, detail).at(own.at.clone()));
    }
    let Some(list) = own.get(KEY).filter(|list| !list.is_null()) else {
        return;
    };
    let wrong = |detail: String, node: &Node| {
        Diagnostic::error(code::WRONG_TYPE, detail)
            .at(node.at.clone())
            .hint("for example `secrets: [DB_PASSWORD]`")
    };
    if !matches!(list.kind, NodeKind::List(_)) {
        let is = list.type_name();
        let detail = format!("`sdev.secrets` must be a list of environment variables, and is {is}");
        diagnostics.push(wrong(detail, list));
    }
    for item in list.items() {
        let name = item.as_str().filter(|name| !name.is_empty());
        if name.is_none_or(holds_expression) {
            let detail =
                "`sdev.secrets` names environment variables as they are, without expressions";
            diagnostics.push(wrong(detail.to_owned(), item));
        }
    }
}

/// Whether a field of a credential is secret.
pub(super) fn is_secret_field(key: &str) -> bool {
    FIELDS.contains(&key)
}

/// `secret('N')`.
pub(super) fn secret(attempt: &mut Attempt, arguments: &[Node], at: &Span) -> Option<Node> {
    let name = super::function::text(attempt, "secret", &arguments[0])?;
    match attempt.find_secret(&format!("secret:{name}"), at) {
        Ok(Some(secret)) => Some(secret),
        Ok(None) => attempt.tell(
            Diagnostic::error(code::SECRET_MISSING, format!("there is no secret `{name}`"))
                .at(at.clone())
                .hint(format!("sdev secret set {name}")),
        ),
        Err(why) => attempt.tell(why),
    }
}

/// The argument in base64, when it is a secret.
pub(super) fn in_base64(argument: &Node, at: &Span) -> Option<Node> {
    let NodeKind::Secret(secret) = &argument.kind else {
        return None;
    };
    let mut secret = secret.clone();
    secret.transforms.push(Transform::Base64);
    Some(Node::new(at.clone(), NodeKind::Secret(secret)))
}

/// The error for a function that would have to read a secret.
pub(super) fn unreadable(function: &str, argument: &Node) -> Diagnostic {
    let detail = format!(
        "`{function}()` works on the text of its argument, and this is a secret, whose text is not read here"
    );
    Diagnostic::error(code::SECRET_NEEDED, detail)
        .at(argument.at.clone())
        .hint("only base64() takes a secret; otherwise store the text in the form that is needed")
}

/// Whether the same was told of another place: stored secrets that cannot be opened are one trouble, however many are
/// used.
pub(super) fn is_told(diagnostic: &Diagnostic, told: &Diagnostics) -> bool {
    let closed = [
        code::SECRETS_CLOSED,
        code::SECRETS_FILE,
        code::SECRETS_EXPOSED,
    ];
    let same =
        |other: &Diagnostic| other.code == diagnostic.code && other.detail == diagnostic.detail;
    closed.contains(&diagnostic.code) && told.iter().any(same)
}

impl Attempt<'_> {
    /// The secret at a source, if there is one.
    pub(super) fn find_secret(&self, source: &str, at: &Span) -> Result<Option<Node>, Diagnostic> {
        let digest = self.host.environment.secret(source);
        let node = |digest| {
            let secret = SecretRef::new(source, digest);
            Node::new(at.clone(), NodeKind::Secret(Box::new(secret)))
        };
        digest
            .map(|digest| digest.map(node))
            .map_err(|why| why.at(at.clone()))
    }
}

#[cfg(test)]
mod tests {
    use crate::manifest::fixture::{error, load_with, property, with, wrong};
    use crate::manifest::{NodeKind, to_json, to_yaml};
    use crate::resource::SecretRef;
    use serde_json::json;

    fn kind(props: &str) -> NodeKind {
        property("{key: \"${secret('TOKEN')}\"}", props).kind
    }

    fn token() -> SecretRef {
        SecretRef::new("secret:TOKEN", "f00d")
    }

    #[test]
    fn a_secret_is_a_value_without_its_text() {
        for props in [
            "{p: '${vars.key}'}",
            "{p: '${secret(TOKEN)}'}",
            "{p: \"${str('vars.key')}\"}",
        ] {
            assert_eq!(kind(props), NodeKind::Secret(Box::new(token())), "{props}");
        }
        let NodeKind::Join(parts) = kind("{p: 'Bearer ${vars.key}!'}") else {
            panic!("no join");
        };
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[1].kind, NodeKind::Secret(Box::new(token())));
        let NodeKind::Secret(coded) = kind("{p: \"${base64(str('vars.key'))}\"}") else {
            panic!("no secret");
        };
        assert_eq!(coded.shape("hi"), "aGk=");
    }

    #[test]
    fn secrets_are_written_as_expressions() {
        for text in [
            "${secret('TOKEN')}",
            "a${secret('TOKEN')}b",
            "${base64(secret('TOKEN'))}",
            "${config('AccessKeySecret')}",
        ] {
            let node = property("{}", &format!("{{p: \"{text}\"}}"));
            assert_eq!(to_json(&node), json!(text));
            assert_eq!(to_yaml(&node).trim().trim_matches('"'), text);
        }
        let value = |text: &str| {
            let node = property("{key: \"${secret(TOKEN)}\"}", &format!("{{p: '{text}'}}"));
            to_json(&node)
        };
        assert_eq!(value("${vars.key}"), json!("${secret(TOKEN)}"));
    }

    #[test]
    fn a_marked_variable_is_a_secret_and_another_is_not() {
        let head = "edition: 3.0.0\nsdev: {secrets: [FOO, NONE]}\nresources:\n  a:\n    component: fc3\n    props: ";
        let load = |props: &str| load_with(&format!("{head}{props}\n"), &[]);
        let (manifest, _) = load("{p: '${env(FOO)}', q: \"${env('NONE', 'd')}\"}").unwrap();
        let props = &manifest.blocks[0].props;
        let foo = Box::new(SecretRef::new("env:FOO", "f00d"));
        assert_eq!(props.get("p").unwrap().kind, NodeKind::Secret(foo));
        assert_eq!(props.get("q").unwrap().as_str(), Some("d"));
        assert!(load("{p: '${env(NONE)}'}").is_err());
    }

    #[test]
    fn a_base_files_marks_stay() {
        let base = "edition: 3.0.0\nsdev: {secrets: [FOO]}\nresources:\n  a: {component: fc3, props: {p: '${env(FOO)}'}}\n";
        let text = "extend: base.yaml\nsdev: {secrets: [BAR]}\nresources:\n  b: {component: fc3, props: {p: '${env(FOO)}'}}\n";
        let (manifest, _) = load_with(text, &[("base.yaml", base)]).unwrap();
        for block in &manifest.blocks {
            assert!(block.props.has_secret(), "{}", block.name);
        }
        assert!(manifest.secret_sources().contains("env:FOO"));
    }

    #[test]
    fn a_marked_variable_of_a_file_is_a_secret() {
        let text = "edition: 3.0.0\nsdev: {secrets: [OF_FILE]}\nresources:\n  a: {component: fc3, props: {p: '${env(OF_FILE)}'}}\n";
        let (manifest, _) = load_with(text, &[(".env", "OF_FILE=text\n")]).unwrap();
        let p = manifest.blocks[0].props.get("p").unwrap();
        assert_eq!(p.secrets()[0].source, "env:OF_FILE");
    }

    #[test]
    fn an_action_can_take_a_secret() {
        let text = "edition: 3.0.0\nactions: {pre-deploy: [{run: \"${secret('TOKEN')}\"}, {run: \"login ${secret('TOKEN')}\"}]}\nresources: {}\n";
        let (manifest, _) = load_with(text, &[]).unwrap();
        assert_eq!(manifest.actions.len(), 2);
        assert!(manifest.secret_sources().contains("secret:TOKEN"));
    }

    #[test]
    fn marks_that_cannot_be_read_are_never_passed_over() {
        let places = |value: &str| {
            wrong(&format!(
                "edition: 3.0.0\nsdev:\n  secrets: {value}\nresources: {{}}\n"
            ))
        };
        assert_eq!(places("FOO"), ["SD0107 3:12"]);
        assert_eq!(places("{FOO: true}"), ["SD0107 3:12"]);
        assert_eq!(places("[FOO, 5, '']"), ["SD0107 3:18", "SD0107 3:21"]);
        assert_eq!(places("['${vars.x}']").len(), 2);
        let text = "edition: 3.0.0\nvars: {o: {secrets: [FOO]}}\nsdev: ${vars.o}\nresources: {}\n";
        assert_eq!(wrong(text), ["SD0107 3:7"]);
        assert!(places("[FOO]").is_empty() && places("").is_empty());
    }

    #[test]
    fn what_needs_the_text_is_refused_with_its_place() {
        for call in [
            "json", "yaml", "file", "path", "env", "config", "secret", "env.init",
        ] {
            let found = error("{}", &format!("{{p: \"${{{call}(secret('TOKEN'))}}\"}}"));
            assert_eq!(found.code.to_string(), "SD0125", "{call}");
        }
        let found = error(
            "{key: '${secret(TOKEN)}'}",
            "{p: \"${env.init('vars.key')}\"}",
        );
        assert_eq!(found.code.to_string(), "SD0125");
        let found = error("{key: '${secret(TOKEN)}'}", "{p: '${vars.key.length}'}");
        assert_eq!(found.code.to_string(), "SD0110");
        let found = error(
            "{key: 'x${secret(TOKEN)}'}",
            "{p: \"${base64(str('vars.key'))}\"}",
        );
        assert_eq!(found.code.to_string(), "SD0125");
    }

    #[test]
    fn a_missing_or_closed_secret_has_its_place_and_a_way_out() {
        let found = error("{}", "{p: \"x ${secret('NOPE')}\"}");
        assert_eq!(found.code.to_string(), "SD0403");
        assert_eq!(found.hints, ["sdev secret set NOPE"]);
        let at = found.at.unwrap();
        assert_eq!(&at.source.text[at.start..at.end], "secret");
        let found = error("{}", "{p: \"${secret('CLOSED')}\"}");
        assert_eq!(found.code.to_string(), "SD0404");
        assert!(found.at.is_some());
        assert_eq!(
            error("{}", "{p: '${config(SecurityToken)}'}")
                .code
                .to_string(),
            "SD0120"
        );
    }

    #[test]
    fn secrets_that_cannot_be_opened_are_told_once() {
        let text = with(
            "{}",
            "{p: \"${secret('CLOSED')}\", q: \"${secret('CLOSED')}\", r: \"${secret('NOPE')}\"}",
        );
        assert_eq!(wrong(&text).len(), 2);
    }

    #[test]
    fn all_sources_are_known_by_name() {
        let text = "edition: 3.0.0\nsdev: {secrets: [FOO]}\nx: \"a${secret('TOKEN')}\"\nresources:\n  a: {component: fc3, props: {l: [\"${base64(config('AccessKeySecret'))}\"]}}\n";
        let (manifest, _) = load_with(text, &[]).unwrap();
        let sources: Vec<String> = manifest.secret_sources().into_iter().collect();
        assert_eq!(
            sources,
            ["config:AccessKeySecret", "env:FOO", "secret:TOKEN"]
        );
    }

    #[test]
    fn keys_that_must_be_known_cannot_be_secrets() {
        let text = with("{}", "{p: 1}");
        let with_name = text.replace("vars:", "name: \"${secret('TOKEN')}\"\nvars:");
        assert_eq!(wrong(&with_name), ["SD0107 2:8"]);
    }
}
