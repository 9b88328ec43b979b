//! The conditions of choices, each made an expression.
//!
//! A comparison of a value that is of another type does not hold. So it is, as a choice of this product, when the path
//! behind a `…Path` operator leads to a value of another type. A path that leads nowhere is an error in both cases.

use serde_json::Value;

use super::paths;
use crate::expression::{Expr, Operator, Test};
use crate::form::{Builder, Form, nearest};
use crate::{Finding, Node};

/// How values of all types compare.
const COMPARISONS: [(&str, Operator); 5] = [
    ("Equals", Operator::Equal),
    ("LessThan", Operator::Less),
    ("LessThanEquals", Operator::AtMost),
    ("GreaterThan", Operator::Greater),
    ("GreaterThanEquals", Operator::AtLeast),
];

/// What an operator asks of the variable.
enum Question {
    /// Whether it is of a kind.
    Is(Test),
    /// Whether it looks like a pattern.
    Like,
    /// How it compares with a value of its type, which stands in the text or at a path.
    Compares(Test, Operator, bool),
}

/// Every operator by name.
fn operators() -> Vec<(String, Question)> {
    let kinds = [
        ("IsPresent", Test::Present),
        ("IsNull", Test::Null),
        ("IsBoolean", Test::Boolean),
        ("IsNumeric", Test::Number),
        ("IsString", Test::Text),
        ("IsTimestamp", Test::Moment),
    ];
    let mut all: Vec<(String, Question)> = Vec::new();
    all.extend(kinds.map(|(name, test)| (name.to_owned(), Question::Is(test))));
    all.push(("StringMatches".to_owned(), Question::Like));
    let types = [
        ("String", Test::Text, 5),
        ("Numeric", Test::Number, 5),
        ("Timestamp", Test::Moment, 5),
        ("Boolean", Test::Boolean, 1),
    ];
    for (kind, test, count) in types {
        for (name, operator) in &COMPARISONS[..count] {
            let question = |at_path| Question::Compares(test.clone(), *operator, at_path);
            all.push((format!("{kind}{name}"), question(false)));
            all.push((format!("{kind}{name}Path"), question(true)));
        }
    }
    all
}

/// What a rule asks.
pub(super) fn condition(builder: &mut Builder, form: &Form) -> Option<Expr> {
    form.get("Comment");
    if let Some(node) = form.get("Not") {
        return inner(builder, node).map(|inner| Expr::Not(Box::new(inner)));
    }
    if let Some(node) = form.get("And") {
        return several(builder, node, "And").map(Expr::All);
    }
    if let Some(node) = form.get("Or") {
        return several(builder, node, "Or").map(Expr::Any);
    }
    let given = operators().into_iter();
    let mut given = given.filter_map(|(key, question)| Some((form.get(&key)?, key, question)));
    let Some((node, key, question)) = given.next() else {
        let finding = no_operator(form);
        builder.findings.push(finding);
        return None;
    };
    if let Some((node, second, _)) = given.next() {
        let said = format!("a rule has one operator, not `{key}` and `{second}`");
        builder.error(node.at, said);
        return None;
    }
    let variable = Expr::Path(paths::needed(builder, form, "Variable")?);
    asked(builder, form, variable, (node, &key, question))
}

/// What is said of a rule without an operator: of one that is misspelt at its place, and of the rest of the rule nothing.
fn no_operator(form: &Form) -> Finding {
    form.get("Variable");
    let known: Vec<String> = operators().into_iter().map(|(name, _)| name).collect();
    let joined = ["And", "Or", "Not"];
    let names = || known.iter().map(String::as_str).chain(joined);
    let slip = form
        .unasked()
        .find_map(|entry| Some((entry, nearest(&entry.key, names())?)));
    let Some((entry, meant)) = slip else {
        let said = "a rule has And, Or, Not, or an operator such as StringEquals";
        return Finding::error(form.at, said);
    };
    form.get(&entry.key);
    let said = format!("there is no operator `{}`", entry.key);
    Finding::error(entry.at, said).hint(format!("did you mean `{meant}`?"))
}

fn several(builder: &mut Builder, node: &Node, key: &str) -> Option<Vec<Expr>> {
    let items = builder.list(node, &format!("`{key}`"));
    if items.is_empty() {
        builder.error(node.at, format!("`{key}` needs one condition at least"));
    }
    let parts: Vec<Option<Expr>> = items.iter().map(|item| inner(builder, item)).collect();
    parts.into_iter().collect()
}

/// A condition inside another one, which leads nowhere by itself.
fn inner(builder: &mut Builder, node: &Node) -> Option<Expr> {
    let form = builder.form(node, "a condition")?;
    let condition = condition(builder, &form);
    if let Some(node) = form.get("Next") {
        builder.error(node.at, "only the outermost condition has a `Next`");
    }
    builder.done(&form);
    condition
}

fn asked(
    builder: &mut Builder,
    form: &Form,
    variable: Expr,
    (node, key, question): (&Node, &str, Question),
) -> Option<Expr> {
    match question {
        Question::Is(test) => {
            let Value::Bool(wanted) = node.value() else {
                builder.error(
                    node.at,
                    format!("`{key}` must be true or false, not {}", node.noun()),
                );
                return None;
            };
            let is = Expr::Test(test, Box::new(variable));
            Some(if wanted { is } else { Expr::Not(Box::new(is)) })
        }
        Question::Like => {
            let pattern = builder.text(node, key)?;
            Some(Expr::Test(
                Test::Like(pattern.to_owned()),
                Box::new(variable),
            ))
        }
        Question::Compares(test, operator, true) => {
            let other = Expr::Path(paths::needed(builder, form, key)?);
            let of_type = Expr::Test(test.clone(), Box::new(other.clone()));
            let compares = compared(test, operator, variable, other);
            Some(Expr::All(vec![of_type, compares]))
        }
        Question::Compares(test, operator, false) => {
            if !test.holds(&node.value()) {
                let said = format!("`{key}` cannot compare with {}", node.noun());
                builder.error(node.at, said);
                return None;
            }
            Some(compared(
                test,
                operator,
                variable,
                Expr::Literal(node.value()),
            ))
        }
    }
}

/// Whether the variable is of the type and compares so.
fn compared(test: Test, operator: Operator, variable: Expr, other: Expr) -> Expr {
    let is_moment = test == Test::Moment;
    let of_type = Expr::Test(test, Box::new(variable.clone()));
    let side = |value: Expr| {
        Box::new(if is_moment {
            Expr::Moment(Box::new(value))
        } else {
            value
        })
    };
    let compares = Expr::Compare(operator, side(variable), side(other));
    Expr::All(vec![of_type, compares])
}
