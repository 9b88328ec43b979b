//! A block's properties held against the table: names, shapes, values, what is missing.

use super::kind::{Case, Kind, Prop, Schema, Strictness};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, Span, closest, code};
use crate::manifest::{Block, Entry, Node, NodeKind};

/// Reports everything in the block's properties that does not fit. What is known only later fits.
pub(in crate::component) fn check(block: &Block, schema: &Schema, diagnostics: &mut Diagnostics) {
    if block.props.kind == NodeKind::Failed {
        return;
    }
    let mut check = Check {
        schema,
        block,
        diagnostics,
    };
    let at = if block.props.entries().is_empty() {
        &block.at
    } else {
        &block.props.at
    };
    check.object(
        &block.props,
        at,
        (schema.props, schema.cases),
        &mut Trail::Root,
    );
    if let Some(also) = schema.also {
        also(block, check.diagnostics);
    }
}

struct Check<'a> {
    schema: &'a Schema,
    block: &'a Block,
    diagnostics: &'a mut Diagnostics,
}

/// The way from the properties to a value; it is spelled only when there is something to tell.
enum Trail<'t> {
    Root,
    Key(&'t Trail<'t>, &'t str),
    Item(&'t Trail<'t>, usize),
}

impl Trail<'_> {
    fn spell(&self, block: &str) -> String {
        match self {
            Self::Root => format!("resources.{block}.props"),
            Self::Key(above, key) => format!("{}.{key}", above.spell(block)),
            Self::Item(above, number) => format!("{}[{number}]", above.spell(block)),
        }
    }
}

impl Check<'_> {
    fn object(
        &mut self,
        node: &Node,
        at: &Span,
        (props, cases): (&'static [Prop], &'static [Case]),
        trail: &mut Trail<'_>,
    ) {
        let holding = |case: &&Case| {
            let value = node.get(case.key);
            value.is_some_and(|value| value.as_str().is_some_and(|v| case.values.contains(&v)))
        };
        let case: &[Prop] = cases.iter().find(holding).map_or(&[], |case| case.props);
        let known = |name: &str| {
            let named = |prop: &&Prop| prop.name == name;
            case.iter().find(named).or_else(|| props.iter().find(named))
        };
        for entry in node.entries() {
            match known(&entry.key) {
                Some(prop) => self.value(&entry.value, &prop.kind, &Trail::Key(trail, &entry.key)),
                None => self.unknown(entry, props.iter().chain(case), trail),
            }
        }
        for prop in props.iter().chain(case).filter(|prop| prop.required) {
            if node.entry(prop.name).is_none() {
                let detail = format!(
                    "`{}` needs the property `{}`",
                    trail.spell(&self.block.name),
                    prop.name
                );
                let error = Diagnostic::error(code::MISSING_KEY, detail)
                    .at(at.clone())
                    .hint(format!("{}: {}", prop.name, prop.about));
                self.diagnostics.push(error);
            }
        }
    }

    fn value(&mut self, node: &Node, kind: &'static Kind, trail: &Trail<'_>) {
        if is_unknown(node) {
            return;
        }
        match (kind, &node.kind) {
            (Kind::Any, _) => {}
            (Kind::List(of), NodeKind::List(items)) => {
                for (number, item) in items.iter().enumerate().filter(|(_, item)| !item.is_null()) {
                    self.value(item, of, &Trail::Item(trail, number));
                }
            }
            (Kind::Map(of), NodeKind::Map(entries)) => {
                for entry in entries {
                    self.value(&entry.value, of, &Trail::Key(trail, &entry.key));
                }
            }
            (Kind::Object(props), NodeKind::Map(_)) => {
                self.object(node, &node.at, (props, &[]), &mut below(trail));
            }
            (Kind::Cases(props, cases), NodeKind::Map(_)) => {
                self.object(node, &node.at, (props, cases), &mut below(trail));
            }
            (Kind::Either(kinds), _) => match kinds.iter().find(|kind| kind.has_shape_of(node)) {
                Some(kind) => self.value(node, kind, trail),
                None => self.wrong(node, kind, trail),
            },
            _ if kind.holds(node) => {}
            _ => self.wrong(node, kind, trail),
        }
    }

    fn wrong(&mut self, node: &Node, kind: &Kind, trail: &Trail<'_>) {
        let near = match (kind, &node.kind, trail) {
            (Kind::OneOf(values), NodeKind::Text(text), _) => closest(text, values.iter().copied()),
            // Several where one belongs.
            (_, NodeKind::List(_), Trail::Key(Trail::Root, key)) => {
                let is_plural = |prop: &&Prop| prop.name.strip_suffix('s') == Some(*key);
                let plural = self.schema.props.iter().find(is_plural);
                plural.map(|prop| prop.name)
            }
            _ => None,
        };
        // Whatever the service learns: a form is what it takes, and it counts nothing below zero.
        let is_certain = match kind {
            Kind::Form(_) => true,
            Kind::Int(..) | Kind::OneOfInts(_) => node.as_i64().is_some_and(|number| number < 0),
            _ => false,
        };
        let severity = if is_certain {
            Severity::Error
        } else if kind.has_shape_of(node) || is_scalar(node) && kind.is_scalar() {
            self.lenient()
        } else {
            Severity::Error
        };
        let is = if is_scalar(node) {
            let written = &node.at;
            let text = written.source.text.get(written.start..written.end);
            text.map_or_else(
                || node.type_name().to_owned(),
                |text| format!("`{}`", text.trim()),
            )
        } else {
            node.type_name().to_owned()
        };
        let detail = format!(
            "`{}` must be {}, and is {is}",
            trail.spell(&self.block.name),
            kind.words()
        );
        let found = told(severity, code::BAD_PROPERTY, detail).at(node.at.clone());
        self.diagnostics.push(match near {
            Some(near) => found.hint(format!("did you mean `{near}`?")),
            None => found,
        });
    }

    fn unknown<'p>(
        &mut self,
        entry: &Entry,
        props: impl Iterator<Item = &'p Prop>,
        trail: &Trail<'_>,
    ) {
        let names: Vec<&str> = props.map(|prop| prop.name).collect();
        let detail = format!(
            "`{}` has no property `{}`",
            trail.spell(&self.block.name),
            entry.key
        );
        let found = told(self.lenient(), code::UNKNOWN_PROPERTY, detail).at(entry.key_at.clone());
        let renamed = self
            .schema
            .renamed
            .iter()
            .find(|(old, _)| *old == entry.key);
        let found = match (renamed, closest(&entry.key, names.iter().copied())) {
            (Some((_, hint)), _) if matches!(trail, Trail::Root) => found.hint(*hint),
            (_, Some(near)) => found.hint(format!("did you mean `{near}`?")),
            _ if self.schema.strictness == Strictness::Ours => {
                found.hint(format!("properties: {}", names.join(", ")))
            }
            _ => found.hint(format!(
                "sdev schema {} lists the properties",
                self.schema.name
            )),
        };
        self.diagnostics.push(found);
    }

    /// How bad it is when the vendor may know better.
    fn lenient(&self) -> Severity {
        match self.schema.strictness {
            Strictness::Ours => Severity::Error,
            Strictness::Vendor => Severity::Warning,
        }
    }
}

/// The same way, to be lent on.
fn below<'t>(trail: &'t Trail<'t>) -> Trail<'t> {
    match trail {
        Trail::Root => Trail::Root,
        Trail::Key(above, key) => Trail::Key(above, key),
        Trail::Item(above, number) => Trail::Item(above, *number),
    }
}

fn told(severity: Severity, code: Code, detail: String) -> Diagnostic {
    match severity {
        Severity::Error => Diagnostic::error(code, detail),
        Severity::Warning => Diagnostic::warning(code, detail),
    }
}

/// Whether the value is known only during the deploy, or never: that it failed was reported.
fn is_unknown(node: &Node) -> bool {
    matches!(
        node.kind,
        NodeKind::Output { .. } | NodeKind::Join(_) | NodeKind::Secret(_) | NodeKind::Failed
    )
}

fn is_scalar(node: &Node) -> bool {
    !matches!(node.kind, NodeKind::Map(_) | NodeKind::List(_))
}

impl Kind {
    fn is_scalar(&self) -> bool {
        !matches!(
            self,
            Self::List(_) | Self::Map(_) | Self::Object(_) | Self::Cases(..)
        )
    }

    /// Whether a value is of this kind as far as one sees without its parts.
    fn has_shape_of(&self, node: &Node) -> bool {
        match self {
            Self::Any => true,
            Self::Either(kinds) => kinds.iter().any(|kind| kind.has_shape_of(node)),
            Self::Text | Self::Form(_) | Self::OneOf(_) => node.as_str().is_some(),
            Self::Bool => node.as_bool().is_some(),
            Self::Int(..) | Self::OneOfInts(_) => node.as_i64().is_some(),
            Self::Number(..) => matches!(node.kind, NodeKind::Int(_) | NodeKind::Float(_)),
            Self::List(_) => matches!(node.kind, NodeKind::List(_)),
            Self::Map(_) | Self::Object(_) | Self::Cases(..) => node.is_map(),
        }
    }

    /// Whether a scalar is one of this kind.
    fn holds(&self, node: &Node) -> bool {
        match (self, &node.kind) {
            (Self::Text, NodeKind::Text(_)) | (Self::Bool, NodeKind::Bool(_)) => true,
            (Self::Form(form), NodeKind::Text(text)) => (form.holds)(text),
            (Self::OneOf(values), NodeKind::Text(text)) => values.contains(&text.as_str()),
            (Self::OneOfInts(values), NodeKind::Int(value)) => values.contains(value),
            (Self::Int(least, most, of), NodeKind::Int(value)) => {
                (least..=most).contains(&value) && value % of == 0
            }
            #[expect(clippy::cast_precision_loss, reason = "bounds are small numbers")]
            (Self::Number(least, most), NodeKind::Int(value)) => {
                (*least..=*most).contains(&(*value as f64))
            }
            (Self::Number(least, most), NodeKind::Float(value)) => (least..=most).contains(&value),
            _ => false,
        }
    }
}
