//! The variables that a process is started with.

use std::collections::BTreeMap;

use super::sight::Sight;
use crate::spec::Spec;

/// Variables of this machine that every process needs.
const OF_MACHINE: &[&str] = &["LANG", "LC_ALL", "TZ"];

/// The variables that every process has.
pub(super) fn of_machine(sight: &Sight) -> BTreeMap<String, String> {
    let of = |name: &&str| Some(((*name).to_owned(), std::env::var(name).ok()?));
    let mut all: BTreeMap<String, String> = OF_MACHINE.iter().filter_map(of).collect();
    all.insert("PATH".to_owned(), sight.tools.path.clone());
    all.insert("HOME".to_owned(), "/tmp".to_owned());
    all
}

/// The variables of an instance: the machine's, the vendor's, the way to this cloud, the user's.
pub(super) fn environment(
    spec: &Spec,
    (id, port): (&str, u16),
    sight: &Sight,
) -> BTreeMap<String, String> {
    let identity = &spec.identity;
    let mut all = of_machine(sight);
    let code = sight.code(spec).display().to_string();
    let vendor = [
        ("FC_ACCOUNT_ID", identity.account.clone()),
        ("FC_FUNCTION_NAME", spec.function.clone()),
        ("FC_FUNCTION_HANDLER", spec.handler.clone()),
        ("FC_FUNCTION_MEMORY_SIZE", spec.memory_mb.to_string()),
        ("FC_REGION", identity.region.clone()),
        ("FC_INSTANCE_ID", id.to_owned()),
        ("FC_QUALIFIER", identity.qualifier.clone()),
        ("FC_VERSION_ID", spec.version.clone()),
        ("FC_CUSTOM_LISTEN_PORT", port.to_string()),
        ("FC_SERVER_PORT", port.to_string()),
        ("PORT", port.to_string()),
        ("FC_TIMEOUT", spec.timeout.as_secs().to_string()),
        ("FC_FUNC_CODE_PATH", format!("{code}/")),
        (
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            identity.access_key_id.clone(),
        ),
        (
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            identity.access_key_secret.clone(),
        ),
        (
            "ALIBABA_CLOUD_SECURITY_TOKEN",
            identity.security_token.clone(),
        ),
    ];
    all.extend(vendor.map(|(name, value)| (name.to_owned(), value)));
    all.extend(identity.endpoints.clone());
    let own = spec.environment.iter();
    all.extend(own.map(|(name, value)| (name.clone(), sight.value(spec, value))));
    all
}
