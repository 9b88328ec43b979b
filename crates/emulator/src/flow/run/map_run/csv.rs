//! Tables as RFC 4180 writes them: cells between delimiters, in quotes if they have a delimiter, a quote or a line's end.

/// The rows of a table; empty lines are none. The error is in words.
pub(super) fn rows(text: &str, delimiter: char) -> Result<Vec<Vec<String>>, String> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut cell = String::new();
    let mut is_quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if is_quoted || cell.is_empty() => is_quoted = !is_quoted,
            _ if is_quoted => cell.push(letter),
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' => {
                end(&mut rows, &mut row, &mut cell);
            }
            _ if letter == delimiter => row.push(std::mem::take(&mut cell)),
            _ => cell.push(letter),
        }
    }
    if is_quoted {
        return Err(format!("a quote is not closed in row {}", rows.len() + 1));
    }
    end(&mut rows, &mut row, &mut cell);
    Ok(rows)
}

fn end(rows: &mut Vec<Vec<String>>, row: &mut Vec<String>, cell: &mut String) {
    if row.is_empty() && cell.is_empty() {
        return;
    }
    row.push(std::mem::take(cell));
    rows.push(std::mem::take(row));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::rows;

    #[test]
    fn cells_may_be_quoted() {
        let read = rows("a;b\r\n\"x;\"\"y\"\"\nz\";\n\n;c", ';').unwrap();
        assert_eq!(
            read,
            [vec!["a", "b"], vec!["x;\"y\"\nz", ""], vec!["", "c"]]
        );
        let error = rows("a\n\"b", ',').unwrap_err();
        assert_eq!(error, "a quote is not closed in row 2");
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(table in proptest::collection::vec(proptest::collection::vec("[a-c,\"\n\r ]{1,5}", 1..4), 0..5)) {
            let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(",");
            let text: Vec<String> = table.iter().map(line).collect();
            prop_assert_eq!(rows(&text.join("\n"), ',').unwrap(), table);
        }
    }
}
