//! What goes into steps and what comes out of them, by the rules of each language.

mod paths;

use serde_json::{Map, Value, json};

use self::paths::{place, states_input, states_output};
use crate::engine::Fault;
use crate::expression::{Chance, Kept, Scene, Trouble, evaluate};
use crate::program::{Catch, Dataflow, Kind, Language, Mapping, Source, Step, Template, Text};

/// The data around a step, and where expressions find the rest.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    pub(crate) language: Language,
    /// The input of the flow, branch or iteration, in the first language.
    pub(crate) input: &'a Value,
    /// The local variable of the flow, branch or iteration; in the others what flows.
    pub(crate) data: &'a Value,
    /// The variables: global ones in the second language, in the States Language those that the frame sees.
    pub(crate) global: &'a Kept,
    pub(crate) context: &'a dyn Fn() -> Value,
    pub(crate) chance: &'a Chance,
}

impl<'a> Around<'a> {
    fn scene(&self, own: &'a Value) -> Scene<'a> {
        let is_strict = self.language == Language::States;
        Scene {
            is_strict,
            global: self.global,
            ..Scene::of(own, self.context, self.chance)
        }
    }

    fn fault(&self, trouble: &Trouble) -> Fault {
        match (self.language, trouble) {
            (Language::States, Trouble::Function(said)) => {
                Fault::new("States.IntrinsicFailure", said)
            }
            _ => Fault::runtime(self.language, trouble.to_string()),
        }
    }
}

/// The step's own input.
pub(crate) fn enter(step: &Step, around: &Around) -> Result<Value, Fault> {
    let made = match &step.data {
        Dataflow::Mappings { input, .. } => return first_input(input.as_deref(), around),
        Dataflow::Constructors {
            input: Some(template),
            ..
        } => fill(template, &around.scene(around.data)),
        Dataflow::Constructors { input: None, .. } => Ok(around.data.clone()),
        Dataflow::Paths(paths) => states_input(paths, around),
    };
    made.map_err(|trouble| around.fault(&trouble))
}

/// What comes to a step, before it makes its own input of that.
pub(crate) fn given(around: &Around) -> Value {
    match around.language {
        Language::First => union(around.input.clone(), around.data),
        Language::Second | Language::States => around.data.clone(),
    }
}

/// The flow's own input, in the first language.
pub(crate) fn first_input(mappings: Option<&[Mapping]>, around: &Around) -> Result<Value, Fault> {
    let Some(mappings) = mappings else {
        return Ok(given(around));
    };
    let scene = Scene {
        local: around.data,
        ..around.scene(around.input)
    };
    map(mappings, &scene).map_err(|trouble| around.fault(&trouble))
}

/// The step's output: what it adds to the data around it in the first language, what flows on in the others.
pub(crate) fn leave(
    step: &Step,
    own: &Value,
    result: Value,
    around: &Around,
) -> Result<Value, Fault> {
    let made = match &step.data {
        Dataflow::Mappings { output, .. } => {
            return first_output(output.as_deref(), &step.kind, own, result, around);
        }
        Dataflow::Constructors {
            output: Some(template),
            ..
        } => fill(
            template,
            &Scene {
                output: &result,
                ..around.scene(own)
            },
        ),
        Dataflow::Constructors { output: None, .. } => Ok(result),
        Dataflow::Paths(paths) => return states_output(paths, result, around),
    };
    made.map_err(|trouble| around.fault(&trouble))
}

/// The variables that a step sets. What makes them sees the variables and the step's result as they are, whatever becomes
/// of the output (<https://help.aliyun.com/document_detail/2872417>). In the States Language the result is its `$`
/// (docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html).
pub(crate) fn assigned(
    template: Option<&Template>,
    own: &Value,
    result: &Value,
    around: &Around,
) -> Result<Option<Value>, Fault> {
    let Some(template) = template else {
        return Ok(None);
    };
    let scene = match around.language {
        Language::States => around.scene(result),
        Language::First | Language::Second => Scene {
            output: result,
            ..around.scene(own)
        },
    };
    let made = fill(template, &scene).map_err(|trouble| around.fault(&trouble))?;
    Ok(Some(made))
}

fn first_output(
    mappings: Option<&[Mapping]>,
    kind: &Kind,
    own: &Value,
    local: Value,
    around: &Around,
) -> Result<Value, Fault> {
    match mappings {
        Some(mappings) => {
            let scene = Scene {
                local: &local,
                ..around.scene(own)
            };
            map(mappings, &scene).map_err(|trouble| around.fault(&trouble))
        }
        None if matches!(kind, Kind::Parallel(_) | Kind::Map(_)) => Ok(json!({})),
        None => Ok(local),
    }
}

/// What flows on, or is added, when a rule caught an error.
pub(crate) fn caught(
    step: &Step,
    rule: &Catch,
    own: &Value,
    fault: &Fault,
    around: &Around,
) -> Result<Value, Fault> {
    let made = match &step.data {
        Dataflow::Mappings {
            error: Some(mappings),
            ..
        } => {
            let local = json!({"error": fault.error, "cause": fault.cause});
            map(
                mappings,
                &Scene {
                    local: &local,
                    ..around.scene(own)
                },
            )
        }
        Dataflow::Mappings { error: None, .. } => Ok(json!({})),
        Dataflow::Constructors { .. } => match &rule.output {
            Some(template) => fill(template, &around.scene(own)),
            None => Ok(own.clone()),
        },
        Dataflow::Paths(_) => {
            return place(around.data, error_output(fault), &rule.result);
        }
    };
    made.map_err(|trouble| around.fault(&trouble))
}

/// The variables that a rule sets which caught an error. The error is its `$`.
pub(crate) fn assigned_by(
    rule: &Catch,
    own: &Value,
    fault: &Fault,
    around: &Around,
) -> Result<Option<Value>, Fault> {
    assigned(rule.assign.as_ref(), own, &error_output(fault), around)
}

/// An error as the States Language hands it on.
fn error_output(fault: &Fault) -> Value {
    json!({"Error": fault.error, "Cause": fault.cause})
}

/// The flow's output from the data of its last step.
pub(crate) fn flow_output(data: &Dataflow, around: &Around) -> Result<Value, Fault> {
    match data {
        Dataflow::Mappings {
            output: Some(mappings),
            ..
        } => {
            let scene = Scene {
                local: around.data,
                ..around.scene(around.input)
            };
            map(mappings, &scene).map_err(|trouble| around.fault(&trouble))
        }
        _ => Ok(around.data.clone()),
    }
}

/// The step's result when nothing was done outside.
pub(crate) fn untouched(language: Language, own: &Value) -> Value {
    match language {
        Language::First => json!({}),
        Language::Second | Language::States => own.clone(),
    }
}

/// A template with its expressions evaluated against a step's own input.
pub(crate) fn parameters(
    template: &Template,
    own: &Value,
    around: &Around,
) -> Result<Value, Fault> {
    fill(template, &around.scene(own)).map_err(|trouble| around.fault(&trouble))
}

/// What an iteration gets in the second language and the States Language.
pub(crate) fn each(
    template: &Template,
    own: &Value,
    item: &Value,
    around: &Around,
) -> Result<Value, Fault> {
    fill(template, &around.scene(own).with_item(item)).map_err(|trouble| around.fault(&trouble))
}

/// An expression's value against a step's own input.
pub(crate) fn value(
    expression: &crate::expression::Expr,
    own: &Value,
    around: &Around,
) -> Result<Value, Fault> {
    evaluate(expression, &around.scene(own)).map_err(|trouble| around.fault(&trouble))
}

/// Whether a condition holds for a step's own input.
pub(crate) fn holds(
    expression: &crate::expression::Expr,
    own: &Value,
    around: &Around,
) -> Result<bool, Fault> {
    crate::expression::holds(expression, &around.scene(own))
        .map_err(|trouble| around.fault(&trouble))
}

/// A text as written or from the data.
pub(crate) fn text(text: &Text, own: &Value, around: &Around) -> Result<String, Fault> {
    match text {
        Text::Constant(text) => Ok(text.clone()),
        Text::Expr(expression) => Ok(match value(expression, own, around)? {
            Value::String(text) => text,
            other => other.to_string(),
        }),
    }
}

fn map(mappings: &[Mapping], scene: &Scene) -> Result<Value, Trouble> {
    let mut made = Map::new();
    for mapping in mappings {
        let value = match &mapping.source {
            Source::Constant(value) => value.clone(),
            Source::Expr(expression) => evaluate(expression, scene)?,
        };
        made.insert(mapping.target.clone(), value);
    }
    Ok(Value::Object(made))
}

fn fill(template: &Template, scene: &Scene) -> Result<Value, Trouble> {
    Ok(match template {
        Template::Constant(value) => value.clone(),
        Template::Expr(expression) => evaluate(expression, scene)?,
        Template::List(items) => items
            .iter()
            .map(|item| fill(item, scene))
            .collect::<Result<_, _>>()?,
        Template::Map(entries) => {
            let filled = entries
                .iter()
                .map(|(key, inner)| Ok((key.clone(), fill(inner, scene)?)));
            Value::Object(filled.collect::<Result<_, Trouble>>()?)
        }
    })
}

/// Both maps in one; the second wins. What is no map adds nothing.
pub(crate) fn union(first: Value, second: &Value) -> Value {
    match (first, second) {
        (Value::Object(mut entries), Value::Object(more)) => {
            entries.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
            Value::Object(entries)
        }
        (first @ Value::Object(_), _) => first,
        (_, second @ Value::Object(_)) => second.clone(),
        (first, _) => first,
    }
}
