//! What `nasConfig: auto` comes to in the local cloud, where nobody has to make a file system first.

use serde_json::{Value as Json, json};

/// The file system that the original makes of `auto`, or of `auto|mountDir=/mnt/data|nasDir=/data`: its own folder for each function,
/// at `/mnt/FUNCTION` unless the text says where. (github.com/devsapp/fc3, `deployAuto`)
pub(super) fn of_auto(text: &str, function: &str) -> Json {
    let said = |name: &str| {
        let mut settings = text.split('|').skip(1);
        settings.find_map(|setting| setting.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let at = said("mountDir").map_or_else(|| format!("/mnt/{function}"), str::to_owned);
    let folder = said("nasDir").unwrap_or(function).trim_start_matches('/');
    let point =
        json!({ "serverAddr": format!("local:/{folder}"), "mountDir": at, "enableTLS": false });
    json!({ "userId": 0, "groupId": 0, "mountPoints": [point] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_a_folder_of_its_own_where_its_code_looks_for_it() {
        let point = |text: &str| of_auto(text, "web")["mountPoints"][0].clone();
        let usual =
            json!({ "serverAddr": "local:/web", "mountDir": "/mnt/web", "enableTLS": false });
        assert_eq!(point("auto"), usual);
        let own = json!({ "serverAddr": "local:/n", "mountDir": "/mnt/d", "enableTLS": false });
        assert_eq!(point("Auto|mountDir=/mnt/d|nasDir=/n"), own);
    }
}
