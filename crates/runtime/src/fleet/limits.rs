//! What may run at once: instances of a function by what is reserved for it, all together by the machine's memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::lock;
use super::seat::Room;

/// Of the machine's memory, so much may be promised to instances, in percent.
const SHARE: u64 = 80;

/// See the module.
pub(super) struct Limits {
    machine_mb: u64,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    reserved: HashMap<String, u32>,
    here: HashMap<String, u32>,
    used_mb: u64,
}

/// The right to run one instance; given back when dropped.
pub(super) struct Lease {
    limits: Arc<Limits>,
    function: String,
    memory_mb: u64,
    is_counted: AtomicBool,
}

impl Limits {
    /// Limits of this machine; none where its memory is not known.
    pub(super) fn of_machine() -> Arc<Self> {
        let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
        let total = total.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        Self::of(total.map_or(u64::MAX, |kilobytes| kilobytes / 1024 * SHARE / 100))
    }

    fn of(machine_mb: u64) -> Arc<Self> {
        Arc::new(Self {
            machine_mb,
            counts: Mutex::default(),
        })
    }

    /// Limits a function; nothing: no limit.
    pub(super) fn reserve(&self, function: &str, instances: Option<u32>) {
        let mut counts = lock(&self.counts);
        match instances {
            Some(instances) => drop(counts.reserved.insert(function.to_owned(), instances)),
            None => drop(counts.reserved.remove(function)),
        }
    }

    /// How many instances a function may have; nothing: no limit.
    pub(super) fn reserved(&self, function: &str) -> Option<u32> {
        lock(&self.counts).reserved.get(function).copied()
    }

    /// How many more instances of that size there may be.
    pub(super) fn room(&self, function: &str, memory_mb: u32) -> Room {
        self.room_of(&lock(&self.counts), function, memory_mb)
    }

    fn room_of(&self, counts: &Counts, function: &str, memory_mb: u32) -> Room {
        let here = counts.here.get(function).copied().unwrap_or_default();
        let reserved = counts.reserved.get(function);
        let free = self.machine_mb.saturating_sub(counts.used_mb) / u64::from(memory_mb.max(1));
        // What is larger than the machine may still run alone.
        let least = u32::from(counts.used_mb == 0);
        Room {
            reserved: reserved.map_or(u32::MAX, |most| most.saturating_sub(here)),
            machine: u32::try_from(free).unwrap_or(u32::MAX).max(least),
        }
    }

    /// The right to start one more, if there is room.
    pub(super) fn admit(self: &Arc<Self>, function: &str, memory_mb: u32) -> Option<Lease> {
        let mut counts = lock(&self.counts);
        let room = self.room_of(&counts, function, memory_mb);
        if room.reserved == 0 || room.machine == 0 {
            return None;
        }
        let memory_mb = u64::from(memory_mb);
        counts.used_mb += memory_mb;
        *counts.here.entry(function.to_owned()).or_default() += 1;
        drop(counts);
        Some(Lease {
            limits: Arc::clone(self),
            function: function.to_owned(),
            memory_mb,
            is_counted: true.into(),
        })
    }
}

impl Lease {
    /// The instance does not count for its function any more: another one takes its place while it finishes.
    pub(super) fn make_way(&self) {
        if self.is_counted.swap(false, Ordering::AcqRel) {
            let mut counts = lock(&self.limits.counts);
            if let Some(here) = counts.here.get_mut(&self.function) {
                *here = here.saturating_sub(1);
                if *here == 0 {
                    counts.here.remove(&self.function);
                }
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.make_way();
        let mut counts = lock(&self.limits.counts);
        counts.used_mb = counts.used_mb.saturating_sub(self.memory_mb);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_as_many_instances_as_are_reserved_and_the_machine_has_memory_for() {
        let limits = Limits::of(1000);
        limits.reserve("one", Some(1));
        let first = limits.admit("one", 400).unwrap();
        assert!(limits.admit("one", 100).is_none());
        assert!(limits.admit("other", 700).is_none());
        let _other = limits.admit("other", 600).unwrap();
        assert_eq!(limits.room("third", 100).machine, 0);
        first.make_way();
        assert_eq!(limits.room("one", 100).reserved, 1);
        assert!(limits.admit("one", 100).is_none());
        drop(first);
        assert!(limits.admit("one", 400).is_some());
    }

    #[test]
    fn what_is_larger_than_the_machine_runs_alone() {
        let limits = Limits::of(1000);
        let large = limits.admit("large", 4000).unwrap();
        assert!(limits.admit("small", 1).is_none());
        drop(large);
        assert!(limits.admit("small", 1).is_some());
    }
}
