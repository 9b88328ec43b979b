//! The environment that is meant when no flag names one: what `s env default` chose for the project.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::manifest;
use crate::sys::{env, fs};

/// The default environment of the manifest at `path`, from Serverless Devs' own file: `{project, default}`, one or a list.
pub(super) fn default(path: &Path) -> Option<String> {
    let home = env::var(env::S_HOME).map_or_else(env::user_home, PathBuf::from);
    let text = fs::read_text(&home.join(".s/cache/default-env.json")).ok()??;
    let project = env::var(env::S_PROJECT).or_else(|| manifest::name(path))?;
    chosen(&serde_json::from_str(&text).ok()?, &project)
}

fn chosen(file: &Json, project: &str) -> Option<String> {
    let one = std::slice::from_ref(file);
    let entries = file.as_array().map_or(one, Vec::as_slice);
    let entry = entries.iter().find(|entry| entry["project"] == project)?;
    entry["default"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_project_of_this_name_counts() {
        let file = json!([{"project": "a", "default": "x"}, {"project": "b", "default": "y"}]);
        assert_eq!(chosen(&file, "b").as_deref(), Some("y"));
        assert_eq!(chosen(&file[0], "a").as_deref(), Some("x"));
        assert_eq!(chosen(&file, "c"), None);
        assert_eq!(chosen(&json!("nonsense"), "c"), None);
    }
}
