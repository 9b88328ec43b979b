//! The store as a whole: what goes in comes out, and nothing else opens it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::diagnostic::Diagnostic;

/// Nobody to ask.
const NOBODY: Asking = &|_| None;

struct Place {
    _folder: tempfile::TempDir,
    store: Store,
    file: PathBuf,
    key: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    Place {
        store: Store::at(folder.path()),
        file: folder.path().join("secrets.json"),
        key: folder.path().join("secrets.key"),
        _folder: folder,
    }
}

fn named(name: &str) -> Name<'_> {
    Name {
        name,
        environment: None,
    }
}

fn set(store: &Store, name: &str, text: &str) -> Result<(), SecretError> {
    store.set(named(name), &Secret::new(text), (false, NOBODY))
}

fn get(store: &Store, name: &str, environment: &str) -> Result<String, SecretError> {
    let vault = Vault::new(store.clone(), environment, Box::new(|_| None));
    vault.text(name).map(|text| text.reveal().to_owned())
}

/// The code of an error, for which nothing was changed in the file.
fn code_of<T>(result: Result<T, SecretError>) -> String {
    let error = result.err().expect("an error");
    Diagnostic::from(error).code.to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_set_is_had_again(texts in prop::collection::btree_map("[A-Z_][A-Za-z0-9_.-]{0,8}", "(?s).{1,40}", 1..4)) {
        let place = place();
        for (name, text) in &texts {
            set(&place.store, name, "another").unwrap();
            set(&place.store, name, text).unwrap();
        }
        for (name, text) in &texts {
            prop_assert_eq!(&get(&place.store, name, "default").unwrap(), text);
        }
        let names: Vec<String> = place.store.list().unwrap().into_iter().map(|l| l.name).collect();
        prop_assert_eq!(names, texts.keys().cloned().collect::<Vec<_>>());
    }
}

#[test]
fn the_files_are_the_owners_and_tell_no_text() {
    let place = place();
    set(&place.store, "DB", "canary-text").unwrap();
    for path in [&place.file, &place.key] {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode, 0o600, "{}", path.display());
        let text = fs::read_to_string(path).unwrap();
        assert!(!text.contains("canary"), "{text}");
    }
}

#[test]
fn an_environments_own_secret_goes_before_the_one_for_all() {
    let place = place();
    set(&place.store, "DB", "for all").unwrap();
    let own = Name {
        name: "DB",
        environment: Some("prod"),
    };
    let text = Secret::new("for prod");
    place.store.set(own, &text, (false, NOBODY)).unwrap();
    assert_eq!(get(&place.store, "DB", "prod").unwrap(), "for prod");
    assert_eq!(get(&place.store, "DB", "dev").unwrap(), "for all");
    assert!(place.store.delete(own).unwrap());
    assert!(!place.store.delete(own).unwrap());
    assert_eq!(get(&place.store, "DB", "prod").unwrap(), "for all");
}

#[test]
fn names_are_words() {
    let place = place();
    let long = "x".repeat(129);
    for bad in ["", "1a", "a b", "a/b", "é", "-a", "a\n", &long] {
        assert_eq!(code_of(set(&place.store, bad, "x")), "SD1001", "{bad:?}");
    }
    assert!(!place.file.exists());
}

/// The file with each pair of texts exchanged.
fn exchange(place: &Place, one: &str, other: &str) {
    let text = fs::read_to_string(&place.file).unwrap();
    let text = text.replace(one, "\u{1}").replace(other, one);
    fs::write(&place.file, text.replace('\u{1}', other)).unwrap();
}

#[test]
fn entries_cannot_be_exchanged_or_dated_back() {
    let place = place();
    set(&place.store, "ONE", "1111").unwrap();
    set(&place.store, "TWO", "2222").unwrap();
    exchange(&place, "\"ONE\"", "\"TWO\"");
    assert_eq!(code_of(get(&place.store, "ONE", "x")), "SD0405");
    assert_eq!(code_of(get(&place.store, "TWO", "x")), "SD0405");
    exchange(&place, "\"ONE\"", "\"TWO\"");
    assert_eq!(get(&place.store, "ONE", "x").unwrap(), "1111");
    exchange(&place, "\"set\": \"2", "\"set\": \"1");
    assert_eq!(code_of(get(&place.store, "ONE", "x")), "SD0405");
    // A secret for one environment does not become one for all.
    exchange(&place, "\"set\": \"1", "\"set\": \"2");
    exchange(&place, "\"ONE\",", "\"ONE\", \"environment\": \"x\",");
    assert_eq!(code_of(get(&place.store, "ONE", "x")), "SD0405");
    assert_eq!(get(&place.store, "TWO", "x").unwrap(), "2222");
}

#[test]
fn a_file_that_is_not_ours_is_refused_and_kept() {
    let good = {
        let place = place();
        set(&place.store, "DB", "text").unwrap();
        fs::read_to_string(&place.file).unwrap()
    };
    let odd = [
        String::new(),
        good[..good.len() / 2].to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        good.replace("\"version\": 1", "\"version\": 2"),
        good.replace("key_file", "magic"),
        good.replace("\"secrets\"", "\"others\""),
    ];
    for content in odd {
        let place = place();
        fs::write(&place.file, &content).unwrap();
        assert_eq!(code_of(place.store.list()), "SD0405", "{content}");
        assert_eq!(code_of(set(&place.store, "NEW", "x")), "SD0405");
        assert_eq!(code_of(place.store.delete(named("DB"))), "SD0405");
        assert_eq!(fs::read_to_string(&place.file).unwrap(), content);
        assert!(!place.key.exists());
    }
}

#[test]
fn without_the_right_key_nothing_opens_and_nothing_is_lost() {
    let place = place();
    set(&place.store, "DB", "text").unwrap();
    let (file, key) = (
        fs::read(&place.file).unwrap(),
        fs::read(&place.key).unwrap(),
    );
    fs::remove_file(&place.key).unwrap();
    assert_eq!(code_of(get(&place.store, "DB", "x")), "SD0404");
    assert_eq!(code_of(set(&place.store, "NEW", "x")), "SD0404");
    assert!(
        !place.key.exists(),
        "no key is made in the place of a lost one"
    );
    let other = self::place();
    set(&other.store, "DB", "text").unwrap();
    fs::copy(&other.key, &place.key).unwrap();
    assert_eq!(code_of(get(&place.store, "DB", "x")), "SD0404");
    assert_eq!(code_of(set(&place.store, "NEW", "x")), "SD0404");
    fs::write(&place.key, "no key").unwrap();
    assert_eq!(code_of(get(&place.store, "DB", "x")), "SD0405");
    assert_eq!(fs::read(&place.file).unwrap(), file);
    fs::write(&place.key, key).unwrap();
    assert_eq!(get(&place.store, "DB", "x").unwrap(), "text");
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let place = place();
    set(&place.store, "DB", "text").unwrap();
    for mode in [0o644, 0o660, 0o604, 0o620] {
        fs::set_permissions(&place.key, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(code_of(get(&place.store, "DB", "x")), "SD0406", "{mode:o}");
    }
    fs::set_permissions(&place.key, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(get(&place.store, "DB", "x").unwrap(), "text");
}

#[test]
fn links_and_folders_are_no_keys_and_no_stores() {
    let place = place();
    set(&place.store, "DB", "text").unwrap();
    for path in [&place.key, &place.file] {
        let aside = path.with_extension("aside");
        fs::rename(path, &aside).unwrap();
        symlink(&aside, path).unwrap();
        assert_eq!(code_of(get(&place.store, "DB", "x")), "SD0405");
        assert_eq!(code_of(set(&place.store, "NEW", "x")), "SD0405");
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
        assert_eq!(code_of(get(&place.store, "DB", "x")), "SD0405");
        fs::remove_dir(path).unwrap();
        fs::rename(&aside, path).unwrap();
    }
    assert_eq!(get(&place.store, "DB", "x").unwrap(), "text");
}

#[test]
fn a_passphrase_opens_what_it_closed() {
    let place = place();
    let typed = |text: &'static str| move |_: Ask| Some(Secret::new(text));
    let right = typed("correct horse");
    let secret = Secret::new("text");
    place
        .store
        .set(named("DB"), &secret, (true, &right))
        .unwrap();
    assert!(!place.key.exists());
    let open = |text: &'static str| {
        let vault = Vault::new(place.store.clone(), "x", Box::new(typed(text)));
        vault.text("DB").map(|text| text.reveal().to_owned())
    };
    assert_eq!(open("correct horse").unwrap(), "text");
    assert_eq!(code_of(open("wrong")), "SD0404");
    assert_eq!(code_of(get(&place.store, "DB", "x")), "SD0404");
    let before = fs::read(&place.file).unwrap();
    let wrong = typed("wrong");
    let set = place.store.set(named("NEW"), &secret, (true, &wrong));
    assert_eq!(code_of(set), "SD0404");
    assert_eq!(fs::read(&place.file).unwrap(), before);
    assert_eq!(place.store.list().unwrap().len(), 1);
}

#[test]
fn a_key_file_gives_way_to_a_passphrase_once_nothing_is_stored() {
    let place = place();
    let ask = |_: Ask| Some(Secret::new("p"));
    let vault = |store: &Store| Vault::new(store.clone(), "x", Box::new(ask));
    let before = vault(&place.store).fingerprint("env:A", "text").unwrap();
    set(&place.store, "DB", "text").unwrap();
    let closed = place
        .store
        .set(named("DB"), &Secret::new("y"), (true, &ask));
    assert_eq!(code_of(closed), "SD1001");
    place.store.delete(named("DB")).unwrap();
    let closed = place
        .store
        .set(named("DB"), &Secret::new("y"), (true, &ask));
    closed.unwrap();
    assert!(!place.key.exists());
    let vault = vault(&place.store);
    assert_eq!(vault.text("DB").unwrap().reveal(), "y");
    assert_eq!(vault.fingerprint("env:A", "text").unwrap(), before);
}

#[test]
fn fingerprints_tell_a_change_and_nothing_else() {
    let (one, other) = (place(), place());
    let of = |place: &Place, source: &str, text: &str| {
        let vault = Vault::new(place.store.clone(), "x", Box::new(|_| None));
        vault.fingerprint(source, text).unwrap()
    };
    let print = of(&one, "env:A", "text");
    assert_eq!(print.len(), 40);
    assert_eq!(of(&one, "env:A", "text"), print);
    assert_ne!(of(&one, "env:A", "texs"), print);
    assert_ne!(of(&one, "env:B", "text"), print);
    assert_eq!(of(&one, "env:B", "x")[..8], print[..8]);
    assert_ne!(of(&other, "env:A", "text")[..8], print[..8]);
}

#[test]
fn secrets_set_at_the_same_time_are_all_kept() {
    let place = place();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let store = &place.store;
            scope.spawn(move || set(store, &format!("S{number}"), "text").unwrap());
        }
    });
    assert_eq!(place.store.list().unwrap().len(), 8);
}
