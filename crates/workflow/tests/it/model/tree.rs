//! Flows as trees, in no language yet.

use proptest::prelude::*;
use serde_json::{Value, json};

/// How many keys the data has: `k0`, `k1`, `k2`.
pub(super) const KEYS: usize = 3;

/// Steps one after the other. A rule that catches leads to a later one or to the end.
pub(super) type Sequence = Vec<Node>;

#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Puts a number under a key.
    Pass { key: usize, value: i64 },
    /// Lets a second pass.
    Wait,
    /// Fails with an error.
    Fail { error: usize },
    /// Calls a function, which fails so often before it replies.
    Task {
        number: u8,
        key: usize,
        fails: u64,
        error: usize,
        rules: Rules,
    },
    /// Goes one of two ways.
    Choice {
        key: usize,
        below: i64,
        yes: Sequence,
        no: Sequence,
    },
    /// Runs sequences side by side.
    Parallel {
        key: usize,
        branches: Vec<Sequence>,
        rules: Rules,
    },
    /// Runs a sequence for each number.
    Each {
        key: usize,
        items: Vec<i64>,
        width: usize,
        body: Sequence,
        rules: Rules,
    },
}

/// What is done about errors. The first language has rules for tasks only.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    /// Which error is tried again, and how often.
    pub(super) retry: Option<(usize, u64)>,
    /// Which error is caught, and how many steps are left out then.
    pub(super) catch: Option<(Caught, usize)>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Caught {
    One(usize),
    All,
}

pub(super) fn error_name(error: usize) -> String {
    format!("E{error}")
}

/// What executions are given.
pub(super) fn input() -> Value {
    json!({"k0": 1, "k1": 5, "k2": 9})
}

fn rules() -> impl Strategy<Value = Rules> {
    let retry = proptest::option::of((0..2_usize, 0..3_u64));
    let caught = prop_oneof![(0..2_usize).prop_map(Caught::One), Just(Caught::All)];
    let catch = proptest::option::of((caught, 0..3_usize));
    (retry, catch).prop_map(|(retry, catch)| Rules { retry, catch })
}

fn leaf() -> impl Strategy<Value = Node> {
    let fails = prop_oneof![4 => Just(0), 1 => 1..3_u64];
    let task = (any::<u8>(), 0..KEYS, fails, 0..2_usize, rules());
    prop_oneof![
        6 => (0..KEYS, 0..10_i64).prop_map(|(key, value)| Node::Pass { key, value }),
        2 => Just(Node::Wait),
        1 => (0..2_usize).prop_map(|error| Node::Fail { error }),
        12 => task.prop_map(|(number, key, fails, error, rules)| Node::Task { number, key, fails, error, rules }),
    ]
}

pub(super) fn sequence(depth: u32) -> BoxedStrategy<Sequence> {
    let node = leaf().prop_recursive(depth, 32, 5, |inner| {
        let steps = || proptest::collection::vec(inner.clone(), 0..4);
        let branches = proptest::collection::vec(steps(), 1..4);
        let items = proptest::collection::vec(0..10_i64, 0..4);
        prop_oneof![
            (0..KEYS, 0..10_i64, steps(), steps()).prop_map(|(key, below, yes, no)| Node::Choice {
                key,
                below,
                yes,
                no
            }),
            (0..KEYS, branches, rules()).prop_map(|(key, branches, rules)| Node::Parallel {
                key,
                branches,
                rules
            }),
            (0..KEYS, items, 1..3_usize, steps(), rules()).prop_map(
                |(key, items, width, body, rules)| Node::Each {
                    key,
                    items,
                    width,
                    body,
                    rules
                }
            ),
        ]
    });
    proptest::collection::vec(node, 0..7).boxed()
}
