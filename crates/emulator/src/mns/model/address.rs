//! Queues and topics by their resource names.

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    Queue(String),
    Topic(String),
}

impl Address {
    /// What `acs:mns:REGION:ACCOUNT:/queues/NAME/messages` and its kin name: `topics`, with or without the first slash, with
    /// or without `messages`. Every region and account is here.
    pub(crate) fn of_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(5, ':');
        if (parts.next(), parts.next()) != (Some("acs"), Some("mns")) {
            return None;
        }
        Self::of_path(parts.nth(2)?)
    }

    /// The same by the last part alone.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (kind, name) = match parts[..] {
            [kind, name] | [kind, name, "messages"] if !name.is_empty() => (kind, name),
            _ => return None,
        };
        match kind {
            "queues" => Some(Self::Queue(name.to_owned())),
            "topics" => Some(Self::Topic(name.to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_a_resource_name_one_thing() {
        let queue = Some(Address::Queue("q".to_owned()));
        let topic = Some(Address::Topic("t".to_owned()));
        for (arn, wanted) in [
            ("acs:mns:cn-hangzhou:1:/queues/q/messages", queue.clone()),
            ("acs:mns:cn-hangzhou:1:queues/q", queue.clone()),
            ("acs:mns:::/queues/q/messages", queue),
            ("acs:mns:cn-hangzhou:1:/topics/t", topic.clone()),
            ("acs:mns:::/topics/t/messages", topic),
            ("acs:mns:::/topics/t/subscriptions/s", None),
            ("acs:mns:::/topics/", None),
            ("acs:fc:::functions/f", None),
            ("queues/q", None),
        ] {
            assert_eq!(Address::of_arn(arn), wanted, "{arn}");
        }
    }
}
