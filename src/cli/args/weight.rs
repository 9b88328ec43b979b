//! How parts of the calls are typed: `2=0.1`, `2=10%`, several after commas, or a JSON object.

use std::collections::BTreeMap;

/// Each version's part, from 0 to 1. In JSON a part is a number from 0 to 1, as the service has it.
pub(super) fn weights(text: &str) -> Result<BTreeMap<String, f64>, String> {
    let parts = if text.trim_start().starts_with('{') {
        serde_json::from_str(text)
            .map_err(|error| format!("it is no object of numbers: {error}"))?
    } else {
        text.split(',')
            .map(one)
            .collect::<Result<BTreeMap<_, _>, _>>()?
    };
    match parts
        .iter()
        .find(|(_, weight)| !(0.0..=1.0).contains(*weight))
    {
        Some((version, _)) => Err(format!(
            "the part of version {version} must be from 0 to 1, or from 0% to 100%"
        )),
        None => Ok(parts),
    }
}

fn one(text: &str) -> Result<(String, f64), String> {
    let pair = text.split_once('=');
    let (version, weight) = pair.ok_or("write VERSION=WEIGHT, such as 2=0.1 or 2=10%")?;
    let (version, weight) = (version.trim(), weight.trim());
    let (digits, whole) = match weight.strip_suffix('%') {
        Some(percent) => (percent, 100.0),
        None => (weight, 1.0),
    };
    match digits.parse::<f64>() {
        Ok(number) if !version.is_empty() => Ok((version.to_owned(), number / whole)),
        _ => Err(format!("`{text}` is no VERSION=WEIGHT")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_in_every_form() {
        let all = |pairs: &[(&str, f64)]| {
            let pairs = pairs.iter().map(|(v, w)| ((*v).to_owned(), *w));
            Ok(pairs.collect::<BTreeMap<_, _>>())
        };
        assert_eq!(weights("2=0.1"), all(&[("2", 0.1)]));
        assert_eq!(weights("2=5%"), all(&[("2", 0.05)]));
        assert_eq!(weights("2=10%, 3=0.5"), all(&[("2", 0.1), ("3", 0.5)]));
        assert_eq!(weights(r#" {"2": 0.25}"#), all(&[("2", 0.25)]));
        assert_eq!(weights("{}"), all(&[]));
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for text in [
            "",
            "2",
            "=0.1",
            "2=",
            "2=x",
            "2=1.1",
            "2=-1",
            "2=101%",
            "2=NaN",
            "2=inf",
            "{\"2\": 2}",
            "{\"2\": \"a\"}",
            "{2: 0.1}",
            "2=0.1,",
        ] {
            assert!(weights(text).is_err(), "{text:?}");
        }
    }
}
