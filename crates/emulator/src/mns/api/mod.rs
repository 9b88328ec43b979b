//! The operations: each checks its request, changes or reads rows, and writes its reply.

pub(super) mod message;
mod page;
pub(super) mod queue;
pub(super) mod subscription;
pub(super) mod topic;
