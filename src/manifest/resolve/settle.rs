//! The order of evaluation: a value is worked out when another needs it, once, without recursion.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use super::attempt::{Attempt, Need};
use super::cell::{Content, each_slot};
use super::world::World;
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::manifest::compose::Composed;
use crate::manifest::{Environment, Node, NodeKind, Occasion};

/// How much all values together may hold, in units of [`Node::measure`].
const SIZE: usize = 1_000_000;

/// How deep one value may nest.
const DEPTH: usize = 200;

/// What functions reach for outside the document.
pub(in crate::manifest) struct Host<'e> {
    pub(in crate::manifest) environment: &'e dyn Environment,
    /// The manifest's folder, absolute.
    pub(in crate::manifest) folder: PathBuf,
    /// The files that expressions read so far, also those that cannot be read.
    pub(in crate::manifest) files: RefCell<BTreeSet<PathBuf>>,
    pub(in crate::manifest) occasion: Occasion<'e>,
}

impl Host<'_> {
    /// The path of a file that is read now, which is taken note of.
    pub(super) fn noted(&self, path: PathBuf) -> PathBuf {
        self.files.borrow_mut().insert(path.clone());
        path
    }
}

/// Replaces every expression in the document by its value. The top-level `access` stays as written. One that fails is
/// reported and becomes [`NodeKind::Failed`].
pub(in crate::manifest) fn resolve(
    composed: &mut Composed,
    host: &Host,
    diagnostics: &mut Diagnostics,
) {
    super::secret::check_marked(&composed.root, diagnostics);
    let world = World::new(composed);
    let (lazy, count) = (world.lazy(), world.count);
    let mut settling = Settling {
        states: std::iter::repeat_with(|| State::New)
            .take(world.slots.len())
            .collect(),
        world: &world,
        host,
        size: 0,
        told: HashSet::new(),
        diagnostics,
    };
    for slot in (0..count).filter(|&slot| Some(slot) != lazy) {
        settling.settle(slot);
    }
    let mut states = settling.states;
    let root = &mut composed.root;
    let mut number = 0;
    each_slot(root, &mut |node| {
        match std::mem::replace(&mut states[number], State::New) {
            _ if Some(number) == lazy => {}
            State::Done(value) => *node = value,
            _ => node.kind = NodeKind::Failed,
        }
        number += 1;
    });
}

/// How far a slot is.
pub(super) enum State {
    New,
    /// Something that it needs is being worked out.
    Active,
    Done(Node),
    Failed,
}

struct Settling<'w, 'd, 'e, 'o> {
    world: &'w World<'d>,
    host: &'w Host<'e>,
    states: Vec<State>,
    size: usize,
    /// Places and words of what was told: a template's mistake is one, however many resources extend it.
    told: HashSet<(usize, usize, String)>,
    diagnostics: &'o mut Diagnostics,
}

/// A slot under work: who asked for it, and what it still waits for.
struct Frame {
    slot: usize,
    asked_at: Option<Span>,
    pending: Vec<Need>,
}

impl Settling<'_, '_, '_, '_> {
    fn settle(&mut self, slot: usize) {
        let mut frames = Vec::new();
        self.begin(slot, None, &mut frames);
        while let Some(frame) = frames.last_mut() {
            if let Some(need) = frame.pending.pop() {
                self.descend(need, &mut frames);
                continue;
            }
            frame.pending = self.attempt(frame.slot);
            if frame.pending.is_empty() {
                frames.pop();
            }
        }
    }

    fn begin(&mut self, slot: usize, asked_at: Option<Span>, frames: &mut Vec<Frame>) {
        if matches!(self.states[slot], State::New) {
            self.states[slot] = State::Active;
            frames.push(Frame {
                slot,
                asked_at,
                pending: Vec::new(),
            });
        }
    }

    fn descend(&mut self, need: Need, frames: &mut Vec<Frame>) {
        if !matches!(self.states[need.slot], State::Active) {
            return self.begin(need.slot, Some(need.at), frames);
        }
        if let Some(start) = frames.iter().position(|frame| frame.slot == need.slot) {
            self.report_cycle(&frames[start..], &need);
            for frame in frames.drain(start..) {
                self.states[frame.slot] = State::Failed;
            }
        }
    }

    /// Works a slot out, or says what it needs before.
    fn attempt(&mut self, slot: usize) -> Vec<Need> {
        let of = &self.world.slots[slot];
        let mut attempt = Attempt::new(self.world, &self.states, self.host, of);
        let value = match &of.content {
            Content::Text(text) => attempt.text(text, &of.node.at),
            Content::Layered(layered, cells) => attempt.layered(layered, cells, &of.node.at),
        };
        let (needs, told) = attempt.finish();
        if needs.is_empty() {
            for diagnostic in told {
                let at = diagnostic
                    .at
                    .as_ref()
                    .map_or((0, 0), |at| (at.start, at.end));
                if super::secret::is_told(&diagnostic, self.diagnostics) {
                    continue;
                }
                if self.told.insert((at.0, at.1, diagnostic.detail.clone())) {
                    self.diagnostics.push(diagnostic);
                }
            }
            self.states[slot] = match value {
                Some(value) if self.fits(&value, &of.node.at) => State::Done(value),
                _ => State::Failed,
            };
        }
        needs
    }

    /// Whether the value is within the limits; the first that is not is reported.
    fn fits(&mut self, value: &Node, at: &Span) -> bool {
        let (size, depth) = value.measure();
        let within = self.size <= SIZE;
        self.size += size;
        let detail = match (within, self.size <= SIZE, depth <= DEPTH) {
            (true, false, _) => {
                "the expressions up to here copy more than a million values".to_owned()
            }
            (_, _, false) => format!("this value nests deeper than {DEPTH} levels"),
            (within, ..) => return within,
        };
        self.diagnostics
            .push(Diagnostic::error(code::MANIFEST_LIMIT, detail).at(at.clone()));
        false
    }

    fn report_cycle(&mut self, frames: &[Frame], closing: &Need) {
        let mut names: Vec<String> = frames
            .iter()
            .map(|frame| self.world.path_of(frame.slot))
            .collect();
        names.extend(names.first().cloned());
        let detail = format!("each of these needs the next: {}", names.join(" → "));
        let mut diagnostic =
            Diagnostic::error(code::EXPRESSION_CYCLE, detail).at(closing.at.clone());
        for (at, frame) in frames.iter().enumerate().skip(1) {
            if let Some(asked) = &frame.asked_at {
                diagnostic = diagnostic.related(
                    asked.clone(),
                    format!("`{}` needs `{}` here", names[at - 1], names[at]),
                );
            }
        }
        self.diagnostics
            .push(diagnostic.hint("give one of them a value of its own"));
    }
}

#[cfg(test)]
mod tests {
    use crate::manifest::fixture::{error, load_with, property, with};
    use crate::manifest::{NodeKind, to_json};
    use serde_json::json;

    #[test]
    fn order_never_matters() {
        let vars = "{a: '${vars.b}-1', b: '${vars.c}', c: {d: '${vars.e}'}, e: end}";
        assert_eq!(to_json(&property(vars, "{p: '${vars.b.d}'}")), json!("end"));
        let (manifest, _) = load_with(
            &with("{}", "{p: '${resources.b.props.q}', q: '${this.props.p}x'}"),
            &[],
        )
        .unwrap();
        assert_eq!(
            to_json(&manifest.blocks[0].props),
            json!({"p": 7, "q": "7x"})
        );
    }

    #[test]
    fn a_circle_is_shown_whole() {
        let found = error(
            "{a: '${vars.b}', b: 'x${vars.c.k}', c: {k: '${vars.a}'}}",
            "{p: 1}",
        );
        assert_eq!(found.code.to_string(), "SD0111");
        assert!(
            found
                .detail
                .ends_with("vars.a → vars.b → vars.c.k → vars.a"),
            "{found:?}"
        );
        assert_eq!(found.related.len(), 2);
        let own = error("{}", "{p: '${this.props}'}");
        assert!(
            own.detail
                .ends_with("resources.a.props.p → resources.a.props.p"),
            "{own:?}"
        );
    }

    #[test]
    fn what_hangs_on_a_circle_is_not_told_again() {
        let found = error(
            "{a: '${vars.a}', b: '${vars.a}'}",
            "{p: '${vars.b}', q: '${vars.a}'}",
        );
        assert_eq!(found.code.to_string(), "SD0111");
    }

    /// `{v0: first, v1: …, v2: …}`, each made from the name of the one before.
    fn chain(first: &str, count: usize, next: impl Fn(&str) -> String) -> String {
        let later = (1..count).map(|n| format!("v{n}: {}", next(&format!("${{vars.v{}}}", n - 1))));
        let all: Vec<String> = std::iter::once(format!("v0: {first}"))
            .chain(later)
            .collect();
        format!("{{{}}}", all.join(", "))
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let vars = chain("end", 20_000, |before| format!("'{before}'"));
        assert_eq!(
            to_json(&property(&vars, "{p: '${vars.v19999}'}")),
            json!("end")
        );
    }

    #[test]
    fn growth_is_bounded() {
        let lists = chain("[x, x, x, x]", 20, |before| {
            format!("[{}]", format!("'{before}', ").repeat(8))
        });
        assert_eq!(error(&lists, "{p: 1}").code.to_string(), "SD0116");
        let texts = chain("xxxxxxxxxxxxxxxx", 12, |before| {
            format!("'{}'", before.repeat(16))
        });
        assert_eq!(error(&texts, "{p: 1}").code.to_string(), "SD0116");
    }

    #[test]
    fn values_do_not_nest_without_end() {
        let vars = chain("x", 300, |before| format!("['{before}']"));
        assert_eq!(error(&vars, "{p: 1}").code.to_string(), "SD0116");
    }

    #[test]
    fn access_stays_as_written() {
        let text = "edition: 3.0.0\naccess: ${vars.x}\nvars: {x: me}\nresources: {a: {component: fc3, props: {p: '${this.access}'}}}\n";
        let (manifest, _) = load_with(text, &[]).unwrap();
        assert_eq!(manifest.access.as_deref(), Some("${vars.x}"));
        assert_eq!(
            manifest.blocks[0].props.get("p").unwrap().kind,
            NodeKind::Text("me".to_owned())
        );
    }
}
