//! Compiled modules of Python that are there, built for another Python, or another machine, than the one that runs the code.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::advice::is_own;

/// Where below a folder of code or of a layer Python looks for modules.
const PLACES: [&str; 2] = ["", "python"];

/// What to do about a module that Python did not find though one of the folders has it, built for something else. `running` is the
/// version that runs the code, such as `3.12.4`, where it is known.
pub(super) fn built_otherwise<'f>(
    folders: impl Iterator<Item = &'f Path>,
    module: &str,
    running: Option<&str>,
) -> Option<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    if !module.chars().all(is_name) {
        return None;
    }
    let mut found = BTreeMap::new();
    for folder in folders {
        for place in PLACES {
            find(folder, place, module, &mut found);
        }
    }
    let (version, file) = found.first_key_value()?;
    if found.keys().any(|version| is_of(running, version)) {
        return Some(format!(
            "{module} is in the code, built for another machine than this one ({file}): let `sdev build` install it"
        ));
    }
    let versions = match found.len() {
        1 => version.clone(),
        _ => found.keys().cloned().collect::<Vec<_>>().join(", "),
    };
    let running = running.unwrap_or("another");
    Some(format!(
        "{module} is in the code, built for Python {versions} ({file}), and {running} runs it: let `sdev build` install it for that one, or \
         name a runtime of the version that it was built for"
    ))
}

/// Adds the files of a module in one place: by the version that each was built for, its path in the folder.
fn find(folder: &Path, place: &str, module: &str, found: &mut BTreeMap<String, String>) {
    let path = module.replace('.', "/");
    let (parents, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let below = [place, parents]
        .map(Path::new)
        .iter()
        .collect::<std::path::PathBuf>();
    let at = folder.join(&below);
    if !is_own(folder, &at) {
        return;
    }
    for entry in fs::read_dir(at).into_iter().flatten().flatten() {
        let file = entry.file_name();
        if let Some(version) = file.to_str().and_then(|file| built_for(file, name)) {
            let path = below.join(&file).display().to_string();
            found.entry(version).or_insert(path);
        }
    }
}

/// The version that a file of a compiled module was built for: `3.11` of `name.cpython-311-x86_64-linux-gnu.so` and of
/// `name.cp311-win_amd64.pyd`. Nothing where any version may load it.
fn built_for(file: &str, name: &str) -> Option<String> {
    let tag = file.strip_prefix(name)?.strip_prefix('.')?;
    let tag = tag
        .strip_prefix("cpython-")
        .or_else(|| tag.strip_prefix("cp"))?;
    let end = tag.find(|c: char| !c.is_ascii_digit())?;
    let is_module = [".so", ".pyd"].iter().any(|end| tag.ends_with(end));
    let (major, minor) = tag[..end].split_at_checked(1).filter(|_| is_module)?;
    (!minor.is_empty()).then(|| format!("{major}.{minor}"))
}

/// Whether a whole version such as `3.12.4` is one of `3.12`.
fn is_of(whole: Option<&str>, version: &str) -> bool {
    let rest = whole.and_then(|whole| whole.strip_prefix(version));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(folder: &Path, module: &str, running: Option<&str>) -> Option<String> {
        built_otherwise(std::iter::once(folder), module, running)
    }

    #[test]
    fn the_versions_of_a_module_are_told_with_the_one_that_runs() {
        let folder = tempfile::tempdir().unwrap();
        let code = folder.path();
        let put = |file: &str| {
            let at = code.join(file);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(at, "").unwrap();
        };
        put("python/_cffi_backend.cpython-311-x86_64-linux-gnu.so");
        put("core/_core.cp39-win_amd64.pyd");
        put("core/_core.cpython-310-darwin.so");
        put("any.abi3.so");
        put("plain.py");
        let cffi = said(code, "_cffi_backend", Some("3.12.4")).unwrap();
        let begin = "_cffi_backend is in the code, built for Python 3.11 \
                     (python/_cffi_backend.cpython-311-x86_64-linux-gnu.so), and 3.12.4 runs it:";
        assert!(cffi.starts_with(begin), "{cffi}");
        let unknown = said(code, "_cffi_backend", None).unwrap();
        assert!(unknown.contains("and another runs it"), "{unknown}");
        let both = said(code, "core._core", Some("3.1.1")).unwrap();
        assert!(
            both.contains("built for Python 3.10, 3.9 (core/_core."),
            "{both}"
        );
        let machine = said(code, "core._core", Some("3.10.2")).unwrap();
        assert!(machine.contains("built for another machine"), "{machine}");
        for absent in ["any", "plain", "_cffi", "core", "core/_core", ""] {
            assert_eq!(said(code, absent, Some("3.12.4")), None, "{absent}");
        }
    }

    #[test]
    fn folders_that_links_lead_to_are_not_looked_into() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("secret.cpython-311-darwin.so"), "").unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("python")).unwrap();
        assert_eq!(said(folder.path(), "secret", None), None);
    }
}
