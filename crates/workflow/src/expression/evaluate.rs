//! From an expression and data to a value.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

use super::path::follow;
use super::test::{moment, sortable};
use super::{Chance, Expr, Kept, Operator, Path, Root, Segment, Test};

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// This path leads nowhere in the data.
    Nowhere(String),
    /// A function does not take its arguments, for this reason.
    Function(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere(path) => write!(f, "the path {path} leads nowhere in the data"),
            Self::Function(said) => f.write_str(said),
        }
    }
}

/// What an expression sees.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// `$`
    pub own: &'a Value,
    /// `$input`, `$Input`
    pub input: &'a Value,
    /// `$local`
    pub local: &'a Value,
    /// `$Output`
    pub output: &'a Value,
    /// `$Global`, and the variables of the States Language by name
    pub global: &'a Kept,
    /// `$Item`, `@`
    pub item: &'a Value,
    /// `$context`, `$Context`, `$$`; made only when it is asked for.
    pub context: &'a dyn Fn() -> Value,
    /// Where chance comes from.
    pub chance: &'a Chance,
    /// Whether a path that leads nowhere is an error. Otherwise it is null.
    pub is_strict: bool,
}

/// The value behind roots that are not given.
pub(crate) static NOTHING: Value = Value::Null;
/// Where nothing is kept.
pub(crate) static NONE: Kept = Kept::none();

impl<'a> Scene<'a> {
    /// Sees `own` as `$`, `$input` and `$Input`, and nothing else but the context.
    pub fn of(own: &'a Value, context: &'a dyn Fn() -> Value, chance: &'a Chance) -> Self {
        Self {
            own,
            input: own,
            local: &NOTHING,
            output: &NOTHING,
            global: &NONE,
            item: &NOTHING,
            context,
            chance,
            is_strict: false,
        }
    }

    /// The same with another item.
    #[must_use]
    pub const fn with_item(mut self, item: &'a Value) -> Self {
        self.item = item;
        self
    }

    /// What is at a path.
    pub fn find(&self, path: &Path) -> Option<Value> {
        let root = match path.root {
            Root::Own => self.own,
            Root::Input => self.input,
            Root::Local => self.local,
            Root::Output => self.output,
            Root::Global | Root::Variables => return self.kept(path),
            Root::Item => self.item,
            Root::Context => return path.find(&(self.context)(), self),
        };
        path.find(root, self)
    }

    /// What is at a path that begins at what is kept. Most name one variable, so that the others need not be put together.
    fn kept(&self, path: &Path) -> Option<Value> {
        let Some((Segment::Key(name), way)) = path.segments.split_first() else {
            return path.find(&self.global.whole(), self);
        };
        match self.global.get(name) {
            Some(value) => follow(way, value, self),
            None if path.is_single() => None,
            None => Some(Value::Array(Vec::new())),
        }
    }
}

/// The value of an expression.
///
/// # Errors
/// A function does not accept its arguments, or the scene is strict and a path leads nowhere.
pub fn evaluate(expression: &Expr, scene: &Scene) -> Result<Value, Trouble> {
    Ok(match expression {
        Expr::Literal(value) => value.clone(),
        Expr::Path(path) => match scene.find(path) {
            Some(value) => value,
            None if scene.is_strict => return Err(Trouble::Nowhere(path.to_string())),
            None => Value::Null,
        },
        Expr::List(parts) => Value::Array(each(parts, scene)?),
        Expr::Map(entries) => {
            let made = entries
                .iter()
                .map(|(key, inner)| Ok((key.clone(), evaluate(inner, scene)?)));
            Value::Object(made.collect::<Result<_, Trouble>>()?)
        }
        Expr::Call(function, arguments) => function
            .call(&each(arguments, scene)?, scene.chance)
            .map_err(Trouble::Function)?,
        Expr::Compare(operator, left, right) => {
            Value::Bool(match (side(left, scene)?, side(right, scene)?) {
                (Some(left), Some(right)) => compare(*operator, &left, &right),
                _ => *operator == Operator::Unequal,
            })
        }
        Expr::All(parts) => Value::Bool(!meets(parts, scene, false)?),
        Expr::Any(parts) => Value::Bool(meets(parts, scene, true)?),
        Expr::Not(inner) => Value::Bool(!holds(inner, scene)?),
        Expr::Test(Test::Present, inner) => Value::Bool(is_there(inner, scene)),
        Expr::Test(test, inner) => {
            let value = side(inner, scene)?.unwrap_or_default();
            Value::Bool(test.holds(&value))
        }
        Expr::Moment(inner) => match evaluate(inner, scene)?.as_str().and_then(moment) {
            Some(moment) => Value::String(sortable(moment)),
            None => Value::Null,
        },
    })
}

fn each(parts: &[Expr], scene: &Scene) -> Result<Vec<Value>, Trouble> {
    parts.iter().map(|part| evaluate(part, scene)).collect()
}

/// Whether a condition is met that holds, or does not, as wanted. Those behind it are not looked at.
fn meets(parts: &[Expr], scene: &Scene, wanted: bool) -> Result<bool, Trouble> {
    for part in parts {
        if holds(part, scene)? == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is compared or tested. In a filter of the States Language it may be none: what an item lacks is unequal to all.
fn side(expression: &Expr, scene: &Scene) -> Result<Option<Value>, Trouble> {
    match expression {
        Expr::Path(path) if scene.is_strict && path.root == Root::Item => Ok(scene.find(path)),
        _ => evaluate(expression, scene).map(Some),
    }
}

fn is_there(expression: &Expr, scene: &Scene) -> bool {
    match expression {
        Expr::Path(path) => scene.find(path).is_some(),
        _ => true,
    }
}

/// Whether a condition holds: only `true` does.
///
/// # Errors
/// As [`evaluate`].
pub fn holds(expression: &Expr, scene: &Scene) -> Result<bool, Trouble> {
    Ok(evaluate(expression, scene)? == Value::Bool(true))
}

/// Values of different types are unequal and have no order.
fn compare(operator: Operator, left: &Value, right: &Value) -> bool {
    match operator {
        Operator::Equal => is_equal(left, right),
        Operator::Unequal => !is_equal(left, right),
        Operator::Less => order(left, right) == Some(Ordering::Less),
        Operator::Greater => order(left, right) == Some(Ordering::Greater),
        Operator::AtMost => matches!(order(left, right), Some(Ordering::Less | Ordering::Equal)),
        Operator::AtLeast => matches!(
            order(left, right),
            Some(Ordering::Greater | Ordering::Equal)
        ),
        Operator::In => has(right, left),
        Operator::Among => right.is_array() && has(right, left),
    }
}

fn has(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Array(items), _) => items.iter().any(|item| is_equal(item, part)),
        (Value::Object(entries), Value::String(key)) => entries.contains_key(key),
        _ => false,
    }
}

/// 1 and 1.0 are equal.
fn is_equal(left: &Value, right: &Value) -> bool {
    left == right || (left.is_number() && order(left, right) == Some(Ordering::Equal))
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
        _ => None,
    }
}
