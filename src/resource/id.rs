//! Names: of a resource in the graph, of its kind, of the thing in the cloud.

use std::fmt;

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $type(String);

        impl $type {
            /// Wraps the name.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $type {
            fn from(name: &str) -> Self {
                Self::new(name)
            }
        }
    };
}

name! {
    /// A resource's name in the graph and the state: `block.part`, such as `site.bucket`.
    ResourceId
}
impl ResourceId {
    /// The block that it belongs to: the part before the first dot.
    pub fn block(&self) -> &str {
        self.0.split('.').next().unwrap_or(&self.0)
    }

    /// The same part of another block.
    #[must_use]
    pub fn in_block(&self, block: &str) -> Self {
        Self(format!("{block}{}", &self.0[self.block().len()..]))
    }
}

name! {
    /// What it is: `service.thing`, such as `oss.bucket`.
    Kind
}
name! {
    /// What the cloud calls it. Its form belongs to the kind.
    RemoteId
}
