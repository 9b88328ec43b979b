//! Rows in columns.

use super::super::printer::{Printer, Style};
use super::text;

/// The rows below their head as data. Texts from outside are made harmless.
pub(in crate::cli) fn show<const N: usize>(
    printer: Printer,
    head: [&str; N],
    rows: &[[String; N]],
) {
    inset(printer, "", (head, rows));
}

/// The same, each line behind a margin.
pub(in crate::cli) fn inset<const N: usize>(
    printer: Printer,
    margin: &str,
    (head, rows): ([&str; N], &[[String; N]]),
) {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|c| text::plain(c).into_owned()).collect())
        .collect();
    let widths = widths(&head, &rows);
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let head = printer.paint(Style::Bold, &line(&head, &widths));
    printer.data(&format!("{margin}{head}"));
    for row in &rows {
        printer.data(&format!("{margin}{}", line(row, &widths)));
    }
}

fn widths(head: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0).max(head[column].chars().count())
    };
    (0..head.len()).map(width).collect()
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let padded = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:width$}"));
    let line: Vec<String> = padded.collect();
    line.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = vec![
            vec!["1".to_owned(), "né".to_owned()],
            vec!["10".to_owned(), String::new()],
        ];
        let widths = widths(&["ID", "NAME"], &rows);
        assert_eq!(widths, [2, 4]);
        let lines: Vec<String> = rows.iter().map(|row| line(row, &widths)).collect();
        assert_eq!(lines, ["1   né", "10"]);
    }
}
