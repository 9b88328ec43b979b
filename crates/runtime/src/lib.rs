//! Function code as processes on this machine.
//!
//! A [`Spec`] says what runs and is never changed: other code or configuration is another spec. The fleet keeps instances of
//! specs, as many as calls need and scaling allows; `launch` starts a process in its cage; `dialect` is how a started process is
//! spoken with; `upstream` is how requests reach a web server. Nothing here knows an API of the vendor or keeps anything durable.

mod bell;
mod call;
mod dialect;
mod fleet;
pub mod launch;
mod log;
mod spec;
mod upstream;

pub use call::{Answer, BoxError, Call, CallBody, Ended, Fault, FunctionError, Reply, Request};
pub use fleet::{Busy, Fleet, InstanceInfo, InstanceState, Settings, serves_layer};
pub use log::{Line, LogSink, Pipe};
pub use spec::{
    Command, Container, Custom, Health, Hook, Identity, Language, Layer, Mount, Scale, Spec,
};
pub use upstream::Upstream;
