//! The variables that a process is started with.

use std::collections::BTreeMap;
use std::path::Path;

use super::sight::Sight;
use crate::spec::{Language, Spec};

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
    let mut all = of_machine(sight);
    all.extend(of_vendor(spec, (id, port), &sight.code(spec)));
    all.extend(spec.identity.endpoints.clone());
    if !spec.layers.is_empty() {
        add_layers(spec.language, &mut all);
    }
    let own = spec.environment.iter();
    all.extend(own.map(|(name, value)| (name.clone(), sight.value(spec, value))));
    all
}

/// The variables by which the vendor tells code what it is; `port` is where a server shall listen, `code` where the code is seen.
pub(super) fn of_vendor(
    spec: &Spec,
    (id, port): (&str, u16),
    code: &Path,
) -> impl Iterator<Item = (String, String)> {
    let identity = &spec.identity;
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
        ("FC_FUNC_CODE_PATH", format!("{}/", code.display())),
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
    let vendor = vendor.into_iter();
    vendor.map(|(name, value)| (name.to_owned(), value))
}

/// Where programs and libraries of layers are looked for, after the code's own and before the machine's. The vendor's folders. Those of
/// Python and Node the bootstraps know; web servers are told by variables.
fn add_layers(language: Language, all: &mut BTreeMap<String, String>) {
    let path = all.get("PATH").map_or("", String::as_str);
    let path = format!("/opt/bin:{path}");
    let mut found = vec![
        ("PATH", &*path),
        ("LD_LIBRARY_PATH", "/code:/code/lib:/opt/lib"),
    ];
    if language == Language::Custom {
        found.push(("NODE_PATH", "/opt/nodejs/node_modules"));
        found.push(("PYTHONPATH", "/opt/python"));
    }
    let found = found.iter();
    let found: Vec<_> = found
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    all.extend(found);
}
