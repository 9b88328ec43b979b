//! The tables of all components that are known.

mod agent;
mod api_gateway;
mod fc3;
mod fc3_bridge;
mod fc3_config;
mod fc3_domain;
mod fc3_scale;
mod fc3_trigger;
mod function;
mod rule;
mod sae;
mod site;
mod storage;
mod workflow;

use super::schema::Schema;

pub(super) use fc3::FC3;
pub(super) use fc3_domain::FC3_DOMAIN;
pub(super) use function::FUNCTION;
pub(super) use workflow::{FLOW, FNF, WORKFLOW};

/// All of them.
pub(super) const ALL: [&Schema; 15] = [
    &site::SITE,
    &FUNCTION,
    &FC3,
    &FC3_DOMAIN,
    &workflow::WORKFLOW,
    &workflow::FNF,
    &workflow::FLOW,
    &storage::OSS,
    &storage::CDN,
    &sae::SAE,
    &api_gateway::API_GATEWAY,
    &agent::MCP_SERVER,
    &agent::AGENT_RUN,
    &agent::MODEL,
    &agent::RDS,
];

/// Regions of the vendor's public cloud, and of its finance cloud.
const REGIONS: &[&str] = &[
    "cn-hangzhou",
    "cn-shanghai",
    "cn-qingdao",
    "cn-beijing",
    "cn-zhangjiakou",
    "cn-huhehaote",
    "cn-wulanchabu",
    "cn-shenzhen",
    "cn-chengdu",
    "cn-hongkong",
    "cn-heyuan-acdr-1",
    "cn-shanghai-finance-1",
    "cn-shanghai-cloudspe",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-southeast-7",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "eu-central-1",
    "eu-west-1",
    "us-east-1",
    "us-west-1",
    "me-central-1",
];
