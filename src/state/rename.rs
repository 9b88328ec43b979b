//! Blocks that get another name: their records go on under it.

use std::collections::BTreeSet;

use super::{Record, State};
use crate::resource::ResourceId;

impl State {
    /// Whether anything is remembered of a block.
    pub fn knows(&self, block: &str) -> bool {
        self.ids().any(|id| id.block() == block)
    }

    /// Lets everything that is remembered of block `from` go on as block `to`, of which nothing may be remembered.
    /// Nothing of `from`: nothing changes.
    pub fn rename(&mut self, from: &str, to: &str) {
        if !self.knows(from) {
            return;
        }
        let new = |id: ResourceId| {
            if id.block() == from {
                id.in_block(to)
            } else {
                id
            }
        };
        let renamed = |(id, mut record): (ResourceId, Record)| {
            let after = std::mem::take(&mut record.after);
            record.after = after.into_iter().map(new).collect();
            (new(id), record)
        };
        let records = std::mem::take(&mut self.records);
        self.records = records.into_iter().map(renamed).collect();
        let deposed = std::mem::take(&mut self.deposed);
        self.deposed = deposed.into_iter().map(renamed).collect();
        let origin = self.origins.remove(from).unwrap_or_else(|| from.to_owned());
        self.origins.remove(to);
        if origin != to {
            self.origins.insert(to.to_owned(), origin);
        }
    }

    /// Forgets the origins of blocks of which nothing else is remembered: a new block of that name is another one.
    pub fn forget_idle_origins(&mut self) {
        if self.origins.is_empty() {
            return;
        }
        let known: BTreeSet<String> = self.ids().map(|id| id.block().to_owned()).collect();
        self.origins.retain(|block, _| known.contains(block));
    }

    fn ids(&self) -> impl Iterator<Item = &ResourceId> {
        self.records
            .keys()
            .chain(self.deposed.iter().map(|(id, _)| id))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state() -> State {
        let record = |after: &[&str]| json!({"kind": "k", "remote": "r", "attrs": {}, "after": after, "status": {"is": "ready"}});
        let state = json!({
            "version": 1, "lineage": "l", "serial": 1,
            "records": { "a.x": record(&[]), "a.y[w.z]": record(&["a.x"]), "ab.x": record(&["a.x"]) },
            "deposed": [["a.x", record(&["a.y[w.z]"])]],
        });
        serde_json::from_value(state).unwrap()
    }

    fn ids(state: &State) -> Vec<&str> {
        state.ids().map(ResourceId::as_str).collect()
    }

    #[test]
    fn a_renamed_block_keeps_everything_and_remembers_its_first_name() {
        let mut state = state();
        state.rename("a", "b");
        assert_eq!(ids(&state), ["ab.x", "b.x", "b.y[w.z]", "b.x"]);
        assert_eq!(
            state.records[&"ab.x".into()].after,
            BTreeSet::from(["b.x".into()])
        );
        assert_eq!(
            state.deposed[0].1.after,
            BTreeSet::from(["b.y[w.z]".into()])
        );
        state.rename("b", "c");
        assert_eq!(state.origins["c"], "a");
        state.rename("nothing", "d");
        assert_eq!(state.origins.len(), 1);
        state.rename("c", "a");
        assert_eq!(state, self::state());
    }

    #[test]
    fn an_origin_goes_with_its_block() {
        let mut state = state();
        state.rename("a", "b");
        state.records.retain(|id, _| id.block() != "b");
        state.forget_idle_origins();
        assert_eq!(state.origins.len(), 1, "a predecessor is left");
        state.deposed.clear();
        state.forget_idle_origins();
        assert!(state.origins.is_empty());
    }
}
