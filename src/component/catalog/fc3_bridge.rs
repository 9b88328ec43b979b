//! A function's triggers of type `eventbridge`: where events come from, and how they flow.

use super::fc3_config::COUNT;
use crate::component::schema::{Kind, Prop, prop};

/// The settings of such a trigger.
pub(super) const BRIDGE: Kind = Kind::Object(&[
    prop("triggerEnable", Kind::Bool, "Whether it fires.").default("true"),
    prop(
        "asyncInvocationType",
        Kind::Bool,
        "Whether calls are asynchronous.",
    ),
    prop(
        "eventRuleFilterPattern",
        Kind::Text,
        "The pattern of events, as JSON.",
    )
    .default("{}"),
    prop(
        "eventSourceConfig",
        Kind::Object(&[
            prop(
                "eventSourceType",
                Kind::OneOf(&[
                    "Default", "MNS", "RocketMQ", "RabbitMQ", "Kafka", "MQTT", "DTS",
                ]),
                "The kind of source.",
            ),
            prop(
                "eventSourceParameters",
                Kind::Object(SOURCES),
                "The source's settings, under the name of its kind.",
            ),
        ]),
        "Where events come from.",
    ),
    prop(
        "eventSinkConfig",
        Kind::Object(&[prop(
            "deliveryOption",
            Kind::Object(&[
                prop(
                    "mode",
                    Kind::OneOf(&["event-streaming", "event-driven"]),
                    "How they are delivered.",
                ),
                prop(
                    "eventSchema",
                    Kind::OneOf(&["CloudEvents", "RawData"]),
                    "In which form.",
                ),
                prop("concurrency", COUNT, "How many calls at once."),
            ]),
            "How.",
        )]),
        "How events reach the function.",
    ),
    prop(
        "runOptions",
        Kind::Object(&[
            prop(
                "mode",
                Kind::OneOf(&["event-streaming", "event-driven"]),
                "How they are delivered.",
            ),
            prop("maximumTasks", COUNT, "How many at once."),
            prop(
                "errorsTolerance",
                Kind::OneOf(&["ALL", "NONE"]),
                "Whether a failed event stops those behind it.",
            ),
            prop(
                "retryStrategy",
                Kind::Object(&[
                    prop(
                        "PushRetryStrategy",
                        Kind::OneOf(&["BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"]),
                        "How it is tried again.",
                    ),
                    prop(
                        "MaximumEventAgeInSeconds",
                        COUNT,
                        "How old an event may be.",
                    ),
                    prop(
                        "MaximumRetryAttempts",
                        COUNT,
                        "How often it is tried again.",
                    ),
                ]),
                "What happens after a failure.",
            ),
            prop(
                "deadLetterQueue",
                Kind::Object(&[
                    prop("Arn", Kind::Text, "The queue's ARN."),
                    prop("Network", Kind::Text, "The network that it is reached by."),
                ]),
                "Where lost events go.",
            ),
            prop(
                "batchWindow",
                Kind::Object(&[
                    prop("CountBasedWindow", COUNT, "Events in one call."),
                    prop("TimeBasedWindow", COUNT, "Seconds that they are gathered."),
                ]),
                "How many events a call gets.",
            ),
        ]),
        "How the flow of events runs.",
    ),
]);

const SOURCES: &[Prop] = &[
    prop(
        "sourceMNSParameters",
        Kind::Object(&[
            prop("RegionId", Kind::Text, "The region."),
            prop("QueueName", Kind::Text, "The queue."),
            prop(
                "IsBase64Decode",
                Kind::Bool,
                "Whether messages are decoded.",
            ),
        ]),
        "A queue.",
    ),
    prop(
        "sourceRocketMQParameters",
        Kind::Object(&[
            prop("RegionId", Kind::Text, "The region."),
            prop("InstanceId", Kind::Text, "The instance."),
            prop("GroupID", Kind::Text, "The consumer group."),
            prop("Topic", Kind::Text, "The topic."),
            prop("Tag", Kind::Text, "The tag."),
            prop("Offset", Kind::Text, "From where."),
            prop("Timestamp", COUNT, "From when."),
        ]),
        "RocketMQ.",
    ),
    prop(
        "sourceRabbitMQParameters",
        Kind::Object(&[
            prop("RegionId", Kind::Text, "The region."),
            prop("InstanceId", Kind::Text, "The instance."),
            prop("QueueName", Kind::Text, "The queue."),
            prop("VirtualHostName", Kind::Text, "The virtual host."),
        ]),
        "RabbitMQ.",
    ),
    prop(
        "sourceKafkaParameters",
        Kind::Object(&[
            prop("RegionId", Kind::Text, "The region."),
            prop("InstanceId", Kind::Text, "The instance."),
            prop("Topic", Kind::Text, "The topic."),
            prop("ConsumerGroup", Kind::Text, "The consumer group."),
            prop("OffsetReset", Kind::Text, "From where."),
            prop("Network", Kind::Text, "The network that it is reached by."),
            prop("VpcId", Kind::Text, "The VPC."),
            prop("VSwitchIds", Kind::Any, "The switches."),
            prop("SecurityGroupId", Kind::Text, "The security group."),
        ]),
        "Kafka.",
    ),
    prop("sourceMQTTParameters", Kind::Any, "MQTT."),
    prop(
        "sourceDTSParameters",
        Kind::Object(&[
            prop("RegionId", Kind::Text, "The region."),
            prop("BrokerUrl", Kind::Text, "The broker."),
            prop("Topic", Kind::Text, "The topic."),
            prop("Sid", Kind::Text, "The consumer group."),
            prop("Username", Kind::Text, "The user."),
            prop("Password", Kind::Text, "The password; best a secret."),
            prop("InitCheckPoint", Kind::Any, "From when."),
            prop("TaskId", Kind::Text, "The task."),
        ]),
        "Data transmission.",
    ),
];
