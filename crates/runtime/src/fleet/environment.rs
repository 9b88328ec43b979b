//! The variables that a process is started with.

use std::collections::BTreeMap;

use crate::spec::Spec;

/// Variables of this machine that every process needs.
const OF_MACHINE: &[&str] = &["PATH", "LANG", "LC_ALL", "TZ"];

/// The variables that every process has.
pub(super) fn of_machine() -> BTreeMap<String, String> {
    let of = |name: &&str| Some(((*name).to_owned(), std::env::var(name).ok()?));
    let mut all: BTreeMap<String, String> = OF_MACHINE.iter().filter_map(of).collect();
    all.insert("HOME".to_owned(), "/tmp".to_owned());
    all
}

/// The variables of an instance: the machine's, the vendor's, the way to this cloud, the user's.
pub(super) fn environment(spec: &Spec, id: &str, port: u16) -> BTreeMap<String, String> {
    let identity = &spec.identity;
    let mut all = of_machine();
    let code = spec.code.display().to_string();
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
    // A mount is not at its path as long as processes see this machine's folders: whoever is told the path by a variable is
    // told where it really is.
    let real = |text: &String| {
        let mounted = spec.mounts.iter().find_map(|mount| mount.real(text));
        mounted.unwrap_or_else(|| text.clone())
    };
    let own = spec.environment.iter();
    all.extend(own.map(|(name, value)| (name.clone(), real(value))));
    all
}
