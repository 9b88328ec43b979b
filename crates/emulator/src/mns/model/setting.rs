//! Values of attributes in documents.

use wire::xml::Element;

use crate::mns::error::{MnsError, Outcome};

/// A number within bounds; `unit` is `seconds`, `bytes` or nothing.
pub(super) fn number(element: &Element, bounds: (i64, i64), unit: &str) -> Outcome<i64> {
    let number = element.text.trim().parse().ok();
    number
        .filter(|number| (bounds.0..=bounds.1).contains(number))
        .ok_or_else(|| MnsError::range(&element.name, bounds, unit))
}

/// `True` or `False`, in any letters.
pub(super) fn flag(element: &Element) -> Outcome<bool> {
    match element.text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => {
            let name = &element.name;
            Err(MnsError::invalid(format!(
                "The value of {name} should be True or False."
            )))
        }
    }
}

/// As the vendor shows one.
pub(in crate::mns) fn shown(flag: bool) -> &'static str {
    if flag { "True" } else { "False" }
}
