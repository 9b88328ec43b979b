//! How far a value of a definition goes on its line, so that what is said of it is shown under it alone.

/// Bytes of what begins with `rest`, a part of a line that ends with it: a text in quotes, a map or list in brackets, what stands
/// between two commas of such, or all up to the end.
pub(super) fn extent(rest: &str) -> usize {
    let end = rest.trim_end().len();
    let mut depth = 0_usize;
    let mut quote = None;
    let mut is_escaped = false;
    // The first comma beside the value; it ends it if a bracket is closed later that was opened before.
    let mut comma = None;
    let mut before = ' ';
    for (at, c) in rest.char_indices() {
        if let Some(mark) = quote {
            if is_escaped {
                is_escaped = false;
            } else if c == '\\' && mark == '"' {
                is_escaped = true;
            } else if c == mark {
                quote = None;
                if depth == 0 && rest.starts_with(mark) {
                    return at + 1;
                }
            }
            before = c;
            continue;
        }
        match c {
            // A mark inside of a word is an apostrophe.
            '"' | '\'' if " [{,:".contains(before) => quote = Some(c),
            '{' | '[' => depth += 1,
            '}' | ']' if depth == 0 => {
                let inside = &rest[..comma.unwrap_or(at)];
                return inside.trim_end().len();
            }
            '}' | ']' => {
                depth -= 1;
                if depth == 0 && rest.starts_with(['{', '[']) {
                    return at + 1;
                }
            }
            ',' if depth == 0 && comma.is_none() => comma = Some(at),
            _ => {}
        }
        before = c;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::extent;

    #[test]
    fn a_value_ends_before_what_follows_it() {
        for (rest, wanted) in [
            ("B, Next: C }", "B"),
            ("B }]", "B"),
            ("\"B\", \"Next\": \"C\"}", "\"B\""),
            (r#""a \" b": 1}"#, r#""a \" b""#),
            ("'it'", "'it'"),
            (
                "{\"a\": [1, {}], \"b\": \"}\"}, 2]",
                "{\"a\": [1, {}], \"b\": \"}\"}",
            ),
            ("[1, 2], 3]", "[1, 2]"),
            ("{\"a\": 1,", "{\"a\": 1,"),
            ("Type: Pass  ", "Type: Pass"),
            ("wait, then it's over", "wait, then it's over"),
            ("é, ü}", "é"),
        ] {
            assert_eq!(&rest[..extent(rest)], wanted, "{rest}");
        }
    }
}
