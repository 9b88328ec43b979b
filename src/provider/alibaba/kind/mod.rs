//! The kinds that the provider serves, one file each, all of one shape.

mod attrs;
mod cdn_domain;
mod driver;
#[cfg(test)]
mod faults;
mod fc_act;
#[cfg(test)]
mod fc_act_faults;
mod fc_alias;
mod fc_alias_act;
mod fc_code;
mod fc_content;
mod fc_domain;
#[cfg(test)]
mod fc_faults;
mod fc_function;
mod fc_info;
mod fc_invoke;
mod fc_layer;
mod fc_layer_act;
mod fc_layer_version;
mod fc_part;
#[cfg(test)]
mod fc_release_faults;
mod fc_route;
mod fc_rules;
mod fc_setting;
mod fc_setting_command;
mod fc_shown;
mod fc_tags;
mod fc_trigger;
mod fc_version;
mod fc_version_act;
mod fc_vpc_binding;
mod flow;
mod flow_act;
mod flow_alias;
#[cfg(test)]
mod flow_faults;
mod flow_part;
mod flow_schedule;
mod flow_version;
mod fnf_definition;
mod header;
mod mark;
mod origin;
mod oss_bucket;
mod oss_files;
mod patience;
mod ttl;

pub(super) use cdn_domain::CdnDomain;
pub(super) use driver::Driver;
pub(super) use fc_alias::FcAlias;
pub(super) use fc_domain::FcDomain;
pub(super) use fc_function::FcFunction;
pub(super) use fc_layer::FcLayer;
pub(super) use fc_route::FcRoute;
pub(super) use fc_setting::FcSetting;
pub(super) use fc_trigger::FcTrigger;
pub(super) use fc_version::FcVersion;
pub(super) use fc_vpc_binding::FcVpcBinding;
pub(super) use flow::Flow;
pub(super) use flow_alias::FlowAlias;
pub(super) use flow_schedule::FlowSchedule;
pub(super) use flow_version::FlowVersion;
pub(super) use oss_bucket::OssBucket;
pub(super) use oss_files::OssFiles;
