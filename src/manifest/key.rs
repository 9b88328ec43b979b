//! Keys of `actions` and `flow`, which choose by the command: the only keys in which an expression has a meaning.

use regex::Regex;

use super::expression::{Expr, Piece, parse, split};

/// A key as it reads for `command`: `${regex('…')}` is `true` or `false`. `Err` with the part that cannot be read.
pub(super) fn spell(key: &str, command: &str) -> Result<String, String> {
    let mut spelled = String::new();
    for piece in split(key) {
        match piece {
            Piece::Plain(text) => spelled.push_str(text),
            Piece::Expression(inner, _) => {
                let fits = test(inner, command).ok_or_else(|| format!("${{{inner}}}"))?;
                spelled.push_str(if fits { "true" } else { "false" });
            }
        }
    }
    Ok(spelled)
}

fn test(inner: &str, command: &str) -> Option<bool> {
    let Ok(Expr::Call {
        name, arguments, ..
    }) = parse(inner)
    else {
        return None;
    };
    match (name.as_str(), &arguments[..]) {
        ("regex", [(Expr::Text(pattern), _)]) => matches(pattern, command).ok(),
        _ => None,
    }
}

/// Whether the command fits a pattern, wherever in it.
///
/// # Errors
/// What is wrong with the pattern.
pub(super) fn matches(pattern: &str, command: &str) -> Result<bool, String> {
    match Regex::new(pattern) {
        Ok(regex) => Ok(regex.is_match(command)),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_become_their_answer() {
        let of = |key| spell(key, "deploy").unwrap();
        assert_eq!(of("pre-deploy"), "pre-deploy");
        assert_eq!(of("pre-${regex('deploy|remove')}"), "pre-true");
        assert_eq!(of("pre-${regex(.)}"), "pre-true");
        assert_eq!(of("${regex('^remove')}"), "false");
        assert_eq!(spell("x-${vars.y}", "deploy"), Err("${vars.y}".to_owned()));
        assert!(spell("${regex('(')}", "deploy").is_err());
    }
}
