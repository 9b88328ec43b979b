//! The functions of the language, as a table.

use super::attempt::Attempt;
use super::cell::Place;
use super::lookup::Found;
use super::place_path::join;
use super::secret;
use super::spelling::Spelling;
use crate::diagnostic::{Diagnostic, Source, Span, closest, code};
use crate::manifest::number::number;
use crate::manifest::{Entry, Node, NodeKind, key, read, tree};

/// One function.
pub(super) struct Function {
    name: &'static str,
    /// The least and the greatest number of arguments.
    arity: (usize, usize),
    /// Whether expressions in the result are resolved in turn.
    pub(super) again: bool,
    pub(super) run: fn(&mut Attempt, &[Node], &Span) -> Option<Node>,
}

const FUNCTIONS: [Function; 11] = [
    Function {
        name: "env",
        arity: (1, 2),
        again: true,
        run: env,
    },
    Function {
        name: "env.init",
        arity: (1, 1),
        again: false,
        run: env_init,
    },
    Function {
        name: "config",
        arity: (1, 1),
        again: false,
        run: config,
    },
    Function {
        name: "secret",
        arity: (1, 1),
        again: false,
        run: secret::secret,
    },
    Function {
        name: "file",
        arity: (1, 1),
        again: true,
        run: file,
    },
    Function {
        name: "path",
        arity: (1, 1),
        again: false,
        run: path,
    },
    Function {
        name: "json",
        arity: (1, 1),
        again: true,
        run: json,
    },
    Function {
        name: "yaml",
        arity: (1, 1),
        again: true,
        run: yaml,
    },
    Function {
        name: "base64",
        arity: (1, 1),
        again: false,
        run: base64,
    },
    Function {
        name: "str",
        arity: (1, 1),
        again: false,
        run: str,
    },
    Function {
        name: "regex",
        arity: (1, 1),
        again: false,
        run: regex,
    },
];

/// The function `name` if it takes `count` arguments; otherwise why not.
pub(super) fn find(name: &str, count: usize) -> Result<&'static Function, Box<Diagnostic>> {
    let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
        return Err(Box::new(unknown(name)));
    };
    let (least, most) = function.arity;
    if (least..=most).contains(&count) {
        return Ok(function);
    }
    let takes = if least == most {
        format!("{least}")
    } else {
        format!("{least} or {most}")
    };
    let plural = if most == 1 { "" } else { "s" };
    let detail = format!("`{name}()` takes {takes} argument{plural} and got {count}");
    Err(Box::new(Diagnostic::error(code::EXPRESSION_SYNTAX, detail)))
}

fn unknown(name: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        code::EXPRESSION_UNKNOWN,
        format!("there is no function `{name}()`"),
    );
    match closest(name, FUNCTIONS.iter().map(|function| function.name)) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}()`?")),
        None => diagnostic.hint(
            "the functions are env, config, secret, file, path, json, yaml, base64, str and regex",
        ),
    }
}

fn env(attempt: &mut Attempt, arguments: &[Node], at: &Span) -> Option<Node> {
    let name = text(attempt, "env", &arguments[0])?;
    if let Some(value) = attempt
        .host
        .environment
        .var(&name)
        .filter(|value| !value.is_empty())
    {
        if attempt.world.marked.contains(name.as_str()) {
            return match attempt.find_secret(&format!("env:{name}"), at) {
                Ok(found) => found,
                Err(why) => attempt.tell(why),
            };
        }
        return Some(Node::new(at.clone(), NodeKind::Text(value)));
    }
    if let Some(default) = arguments.get(1).filter(|default| !default.is_null()) {
        return Some(default.clone());
    }
    let absent = attempt.absent.last().map_or(String::new(), |path| {
        format!(", and its default `{path}` does not exist")
    });
    attempt.tell(
        Diagnostic::error(
            code::ENV_UNSET,
            format!("`{name}` is not set or empty{absent}"),
        )
        .at(at.clone())
        .hint(format!("set it: export {name}=..."))
        .hint(format!("or give a default: ${{env('{name}', '...')}}")),
    )
}

/// The whole number at the start of the value that the argument names.
fn env_init(attempt: &mut Attempt, arguments: &[Node], at: &Span) -> Option<Node> {
    let named = str(attempt, arguments, at)?;
    let digits = named.as_str().unwrap_or_default().trim_start();
    let end = digits
        .char_indices()
        .find(|&(at, c)| !(c.is_ascii_digit() || at == 0 && matches!(c, '-' | '+')));
    match digits[..end.map_or(digits.len(), |(at, _)| at)].parse::<f64>() {
        Ok(value) => Some(Node::new(at.clone(), number(value))),
        Err(_) if named.has_secret() => attempt.tell(secret::unreadable("env.init", &named)),
        Err(_) => attempt.tell(
            Diagnostic::error(
                code::TEXT_INVALID,
                format!("`{digits}` does not start with a number"),
            )
            .at(at.clone()),
        ),
    }
}

fn config(attempt: &mut Attempt, arguments: &[Node], at: &Span) -> Option<Node> {
    let key = text(attempt, "config", &arguments[0])?;
    if secret::is_secret_field(&key) {
        match attempt.find_secret(&format!("config:{key}"), at) {
            Ok(None) => {}
            Ok(found) => return found,
            Err(why) => return attempt.tell(why),
        }
    }
    if let Some(value) = attempt.host.environment.credential(&key) {
        return Some(Node::new(at.clone(), NodeKind::Text(value)));
    }
    if attempt.host.occasion.command == "preview" {
        // Nothing is done with a preview, so it may show what is missing.
        return Some(Node::new(
            at.clone(),
            NodeKind::Text(format!("${{config('{key}')}}")),
        ));
    }
    let known = [
        "AccountID",
        "AccessKeyID",
        "AccessKeySecret",
        "SecurityToken",
    ];
    let diagnostic = Diagnostic::error(
        code::CREDENTIAL_FIELD,
        format!("the credential in use has no `{key}`"),
    )
    .at(at.clone());
    attempt.tell(
        match closest(&key, known.into_iter()).filter(|near| *near != key) {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
            None => diagnostic.hint("check the alias under the key `access`"),
        },
    )
}

fn file(attempt: &mut Attempt, arguments: &[Node], at: &Span) -> Option<Node> {
    let name = text(attempt, "file", &arguments[0])?;
    let path = attempt.host.noted(join(&attempt.host.folder, &name));
    match read::read(&path) {
        Ok(source) => {
            let whole = Span::new(&source, 0, source.text.len());
            Some(Node::new(whole, NodeKind::Text(source.text.clone())))
        }
        Err(error) => attempt.tell(unusable(&error, at)),
    }
}

fn path(attempt: &mut Attempt, arguments: &[Node], at: &Span) -> Option<Node> {
    let name = text(attempt, "path", &arguments[0])?;
    let path = join(&attempt.host.folder, &name);
    match read::check_exists(&path) {
        Ok(()) => Some(Node::new(
            at.clone(),
            NodeKind::Text(path.to_string_lossy().into_owned()),
        )),
        Err(error) => attempt.tell(unusable(&error, at)),
    }
}

/// A file that an expression names and that is of no use.
fn unusable(error: &read::ReadError, at: &Span) -> Diagnostic {
    Diagnostic::error(code::FILE_ARGUMENT, error.to_string())
        .at(at.clone())
        .hint("the path starts at the manifest's folder")
}

fn json(attempt: &mut Attempt, arguments: &[Node], at: &Span) -> Option<Node> {
    let text = text(attempt, "json", &arguments[0])?;
    match serde_json::from_str(&text) {
        Ok(value) => Some(of_json(value, at)),
        Err(error) => {
            let diagnostic =
                Diagnostic::error(code::TEXT_INVALID, format!("this is not JSON: {error}"))
                    .at(at.clone());
            attempt.tell(diagnostic.hint(
                "an argument without quotes is a text; a file is read with json(file('a.json'))",
            ))
        }
    }
}

fn of_json(value: serde_json::Value, at: &Span) -> Node {
    use serde_json::Value;
    let kind = match value {
        Value::Null => NodeKind::Null,
        Value::Bool(value) => NodeKind::Bool(value),
        Value::Number(value) => number(value.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => NodeKind::Text(text),
        Value::Array(items) => {
            NodeKind::List(items.into_iter().map(|item| of_json(item, at)).collect())
        }
        Value::Object(entries) => NodeKind::Map(
            entries
                .into_iter()
                .map(|(key, value)| Entry {
                    key,
                    key_at: at.clone(),
                    value: of_json(value, at),
                })
                .collect(),
        ),
    };
    Node::new(at.clone(), kind)
}

fn yaml(attempt: &mut Attempt, arguments: &[Node], at: &Span) -> Option<Node> {
    let argument = &arguments[0];
    let text = text(attempt, "yaml", argument)?;
    let own = &argument.at.source;
    let source = if own.text == text {
        own.clone()
    } else {
        Source::new("yaml()", text)
    };
    let (root, diagnostics) = tree::parse(&source);
    if !diagnostics.has_errors() {
        return root;
    }
    for diagnostic in diagnostics {
        let place = diagnostic
            .at
            .as_ref()
            .map_or(String::new(), |at| format!(" ({at})"));
        attempt.tell::<()>(
            Diagnostic::error(
                code::TEXT_INVALID,
                format!("this is not YAML: {}{place}", diagnostic.detail),
            )
            .at(at.clone()),
        );
    }
    None
}

fn base64(attempt: &mut Attempt, arguments: &[Node], at: &Span) -> Option<Node> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if let Some(coded) = secret::in_base64(&arguments[0], at) {
        return Some(coded);
    }
    let text = text(attempt, "base64", &arguments[0])?;
    let mut out = String::with_capacity(text.len().div_ceil(3) * 4);
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, &b| bits << 8 | u32::from(b))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    Some(Node::new(at.clone(), NodeKind::Text(out)))
}

/// The value that the argument names, as a text; the argument itself when it names none.
fn str(attempt: &mut Attempt, arguments: &[Node], at: &Span) -> Option<Node> {
    let path = text(attempt, "str", &arguments[0])?;
    let steps: Vec<String> = path.split('.').map(ToOwned::to_owned).collect();
    let found = match steps[0].as_str() {
        "vars" => attempt.follow(attempt.world.vars.as_ref(), &steps[1..]),
        "this" | "that" => attempt.follow(
            match attempt.place {
                Place::Resource(number) => Some(&attempt.world.resources.all[number].1),
                _ => None,
            },
            &steps[1..],
        ),
        "resources" if steps.len() > 2 => {
            attempt.follow(attempt.world.resources.get(&steps[1]), &steps[2..])
        }
        _ => Found::Missing(0, Vec::new()),
    };
    let mut spelling = Spelling::default();
    match found {
        Found::Missing(..) => spelling.text(&path, &arguments[0]),
        found => spelling.value(&attempt.take(found, &|| at.clone())?),
    }
    Some(Node::new(at.clone(), spelling.finish()))
}

/// Whether the command fits the pattern.
fn regex(attempt: &mut Attempt, arguments: &[Node], at: &Span) -> Option<Node> {
    let pattern = text(attempt, "regex", &arguments[0])?;
    match key::matches(&pattern, attempt.host.occasion.command) {
        Ok(fits) => Some(Node::new(at.clone(), NodeKind::Bool(fits))),
        Err(why) => {
            let why = why
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned();
            attempt.tell(
                Diagnostic::error(
                    code::TEXT_INVALID,
                    format!("`{pattern}` is no pattern: {why}"),
                )
                .at(at.clone()),
            )
        }
    }
}

/// An argument as a text. One that is known only after a deploy, or secret, cannot be used.
pub(super) fn text(attempt: &mut Attempt, function: &str, argument: &Node) -> Option<String> {
    let mut spelling = Spelling::default();
    spelling.value(argument);
    match spelling.finish() {
        NodeKind::Text(text) => Some(text),
        _ if argument.has_secret() => attempt.tell(secret::unreadable(function, argument)),
        _ => attempt.tell(
            Diagnostic::error(code::WRONG_TYPE, format!("`{function}()` needs its argument before a deploy, and this output is known only after one"))
                .hint("outputs can stand in the manifest itself, not in what is read before the deploy").at(argument.at.clone()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Diagnostics;
    use crate::manifest::fixture::{error, load_with, property, with};
    use crate::manifest::to_json;
    use serde_json::{Value, json};

    fn value(expression: &str) -> Value {
        to_json(&property(
            "{region: r, n: 12}",
            &format!("{{p: \"{expression}\"}}"),
        ))
    }

    fn with_files(expression: &str, files: &[(&str, &str)]) -> Result<Value, Diagnostics> {
        let (manifest, _) = load_with(
            &with("{region: r}", &format!("{{p: \"{expression}\"}}")),
            files,
        )?;
        Ok(to_json(manifest.blocks[0].props.get("p").unwrap()))
    }

    #[test]
    fn env_takes_what_is_set_and_not_empty() {
        assert_eq!(value("${env('FOO')}"), json!("foo"));
        assert_eq!(value("${env(FOO)}"), json!("foo"));
        assert_eq!(value("${env('EMPTY', 'd')}"), json!("d"));
        assert_eq!(value("${env('NONE', 5)}"), json!(5));
        assert_eq!(value("${env('NONE', '')}"), json!(""));
        assert_eq!(value("${env('NONE', vars.n)}"), json!(12));
        assert_eq!(value("${env('FOO', vars.absent)}"), json!("foo"));
    }

    #[test]
    fn env_without_a_value_says_what_to_do() {
        let found = error("{}", "{p: \"${env('NONE')}\"}");
        assert_eq!(found.code.to_string(), "SD0112");
        assert_eq!(found.hints[0], "set it: export NONE=...");
        let found = error("{}", "{p: \"${env('NONE', vars.absent)}\"}");
        assert!(
            found.detail.contains("`vars.absent` does not exist"),
            "{found:?}"
        );
        assert_eq!(
            error("{}", "{p: \"${env('NONE', path('absent'))}\"}")
                .code
                .to_string(),
            "SD0121"
        );
    }

    #[test]
    fn small_functions() {
        assert_eq!(value("${config('AccountID')}"), json!("123"));
        assert_eq!(value("${str('vars.n')}"), json!("12"));
        assert_eq!(value("${str('resources.b.props.q')}"), json!("7"));
        assert_eq!(value("${str('other')}"), json!("other"));
        assert_eq!(value("${env.init('vars.n')}"), json!(12));
        assert_eq!(
            error("{}", "{p: '${config(Nope)}'}").code.to_string(),
            "SD0120"
        );
        assert_eq!(error("{}", "{p: '${env()}'}").code.to_string(), "SD0109");
    }

    #[test]
    fn base64_pads() {
        for (text, coded) in [
            ("a", "YQ=="),
            ("hi", "aGk="),
            ("abc", "YWJj"),
            ("é漢😀", "w6nmvKLwn5iA"),
        ] {
            assert_eq!(value(&format!("${{base64('{text}')}}")), json!(coded));
        }
    }

    #[test]
    fn files_are_read_and_parsed_with_their_expressions() {
        let files = [
            ("t.txt", "in ${vars.region}\n"),
            ("a.json", "{\"a\": [1, \"${this.name}\"], \"n\": null}"),
            ("f.yaml", "x: 0755\ny: ${vars.region}\n"),
        ];
        assert_eq!(
            with_files("${file('t.txt')}", &files).unwrap(),
            json!("in r\n")
        );
        assert_eq!(
            with_files("${json(file('a.json'))}", &files).unwrap(),
            json!({"a": [1, "a"]})
        );
        assert_eq!(
            with_files("${yaml(file('./f.yaml'))}", &files).unwrap(),
            json!({"x": 755, "y": "r"})
        );
    }

    #[test]
    fn an_error_in_a_file_is_placed_there() {
        let found = with_files("${file('t.txt')}", &[("t.txt", "one\n ${vars.x}\n")]).unwrap_err();
        let place = found.iter().next().unwrap().at.clone().unwrap();
        assert!(place.to_string().ends_with("t.txt:2:4"), "{place}");
        let found =
            with_files("${yaml(file('f.yaml'))}", &[("f.yaml", "a: 1\na: 2\n")]).unwrap_err();
        assert!(
            found.iter().next().unwrap().detail.contains("f.yaml:2:1"),
            "{found:?}"
        );
    }

    #[test]
    fn a_file_in_itself_is_a_circle() {
        let found = with_files("${file('t.txt')}", &[("t.txt", "x${file('t.txt')}")]).unwrap_err();
        assert_eq!(found.iter().next().unwrap().code.to_string(), "SD0111");
        assert_eq!(
            error("{}", "{p: '${env(LOOP)}'}").code.to_string(),
            "SD0111"
        );
    }

    #[test]
    fn broken_texts_and_files_are_told() {
        assert_eq!(error("{}", "{p: '${json(x)}'}").code.to_string(), "SD0122");
        assert_eq!(error("{}", "{p: '${file(x)}'}").code.to_string(), "SD0121");
        assert_eq!(error("{}", "{p: '${path(x)}'}").code.to_string(), "SD0121");
        assert_eq!(
            error(
                "{o: '${resources.b.output.x}'}",
                "{p: \"${env('NONE', base64(vars.o, 'x'))}\"}"
            )
            .code
            .to_string(),
            "SD0109"
        );
        let late = error(
            "{o: '${resources.b.output.x}'}",
            "{p: \"${env('NONE', base64(vars.o))}\"}",
        );
        assert_eq!(late.code.to_string(), "SD0107");
    }
}
