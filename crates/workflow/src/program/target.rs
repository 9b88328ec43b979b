//! What a task calls.

/// What a task calls. Names may be anything that the text says; who carries the call out knows them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A function: its name, with `SERVICE$` before it if the text names a service, and a qualifier.
    Function {
        /// The name.
        name: String,
        /// A version or an alias.
        qualifier: Option<String>,
    },
    /// A flow by name.
    Flow(String),
    /// A queue's or topic's messages: the resource's path.
    Queue(String),
    /// An operation of a product, both as written: `fnf`, `StartExecution`.
    Action {
        /// The product.
        product: String,
        /// The operation.
        operation: String,
    },
    /// Something else, as it is written.
    Other(String),
}

/// What a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// The reply of the call.
    Response,
    /// The end of what the call began.
    Completion,
    /// A report to the task's token.
    Callback,
}

impl Target {
    /// The target of a resource name, `acs:fc:REGION:ACCOUNT:functions/NAME[/QUALIFIER]`,
    /// `acs:fc:…:services/SERVICE[.QUALIFIER]/functions/NAME`, `acs:fnf:…:flow/NAME`, `acs:mns:…:/topics/NAME/messages`;
    /// also of `SERVICE/FUNCTION`, as templates that name neighbours write it.
    pub fn of_resource(name: &str) -> Self {
        let parts: Vec<&str> = name.splitn(5, ':').collect();
        let (product, path) = match parts[..] {
            ["acs", product, _, _, path] => (product, path.trim_start_matches('/')),
            _ => ("", name),
        };
        match product {
            "fc" => Self::function(path).unwrap_or_else(|| Self::Other(name.to_owned())),
            "fnf" => match path.strip_prefix("flow/") {
                Some(flow) => Self::Flow(flow.to_owned()),
                None => Self::Other(name.to_owned()),
            },
            "mns" => Self::Queue(path.to_owned()),
            "" => match name.split_once('/') {
                Some((service, function)) if !function.is_empty() => {
                    Self::of_service(service, function)
                }
                _ => Self::Other(name.to_owned()),
            },
            _ => Self::Other(name.to_owned()),
        }
    }

    /// Whether it is nothing that a task of the first language can call by its resource name.
    pub(crate) fn is_unknown(&self) -> bool {
        match self {
            Self::Other(_) => true,
            Self::Queue(path) => {
                let parts: Vec<&str> = path.split('/').collect();
                !matches!(parts[..], ["queues" | "topics", name, "messages"] if !name.is_empty())
            }
            Self::Function { name, .. } | Self::Flow(name) => name.is_empty(),
            Self::Action { .. } => false,
        }
    }

    fn function(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            ["functions", name] => Some(Self::Function {
                name: name.to_owned(),
                qualifier: None,
            }),
            ["functions", name, qualifier] => Some(Self::Function {
                name: name.to_owned(),
                qualifier: Some(qualifier.to_owned()),
            }),
            ["services", service, "functions", function] => {
                Some(Self::of_service(service, function))
            }
            _ => None,
        }
    }

    /// Functions that came from the older edition keep their service in their name, before a `$`.
    fn of_service(service: &str, function: &str) -> Self {
        let (service, qualifier) = match service.split_once('.') {
            Some((service, qualifier)) => (service, Some(qualifier.to_owned())),
            None => (service, None),
        };
        Self::Function {
            name: format!("{service}${function}"),
            qualifier,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn resources_name_what_is_called() {
        let function = |name: &str, qualifier: Option<&str>| Target::Function {
            name: name.to_owned(),
            qualifier: qualifier.map(str::to_owned),
        };
        let all = [
            (
                "acs:fc:cn-hangzhou:123:functions/pay",
                function("pay", None),
            ),
            (
                "acs:fc:::functions/pay/LATEST",
                function("pay", Some("LATEST")),
            ),
            (
                "acs:fc:::services/s.prod/functions/f",
                function("s$f", Some("prod")),
            ),
            ("acs:fc:::services/s/functions/f", function("s$f", None)),
            ("Shop/pay", function("Shop$pay", None)),
            ("acs:fnf:::flow/sub", Target::Flow("sub".to_owned())),
            (
                "acs:mns:::/topics/t/messages",
                Target::Queue("topics/t/messages".to_owned()),
            ),
            (
                "acs:ram::1:role/x",
                Target::Other("acs:ram::1:role/x".to_owned()),
            ),
        ];
        for (text, wanted) in all {
            assert_eq!(Target::of_resource(text), wanted, "{text}");
        }
    }
}
