//! The service's rule for names of functions (`CreateFunction`, `functionName`).

/// The rule in words.
pub(in crate::component) const NAMES: &str =
    "a letter or `_`, then letters, digits, `_` and `-`, 64 at most";
/// Signs of a name at most.
pub(in crate::component) const LONGEST_NAME: usize = 64;

/// Whether a name is one that functions may have.
pub(in crate::component) fn is_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    name.starts_with(first) && name.chars().all(legal) && name.len() <= LONGEST_NAME
}
