//! A table that is readable as text and as Markdown.

use std::fmt;

/// No line is longer, in characters, as far as the cells permit.
pub(super) const WIDTH: usize = 100;

/// The first column is cut to no less than this.
const LEAST: usize = 12;

/// A header and rows of as many cells. The first column has names.
pub(super) struct Table {
    header: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(header: &'static [&'static str], rows: Vec<Vec<String>>) -> Self {
        Self { header, rows }
    }

    /// The width of each column. The first one gets what the others leave.
    fn widths(&self) -> Vec<usize> {
        let widest = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or_default().max(self.header[column].chars().count())
        };
        let mut widths: Vec<_> = (0..self.header.len()).map(widest).collect();
        let others: usize = widths[1..].iter().map(|width| width + "| ".len() + " ".len()).sum();
        let left = WIDTH.saturating_sub(others + "|  |".len());
        widths[0] = widths[0].min(left.max(LEAST));
        widths
    }

    /// The names that the table cuts, each with its cut form.
    fn cut(&self, width: usize) -> impl Iterator<Item = (String, &str)> {
        let names = self.rows.iter().map(|row| row[0].as_str());
        names.filter_map(move |name| Some((cut(name, width)?, name)))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let mut line = |cells: &mut dyn Iterator<Item = &str>| {
            for (cell, width) in cells.zip(&widths) {
                write!(f, "| {cell:width$} ")?;
            }
            writeln!(f, "|")
        };
        line(&mut self.header.iter().copied())?;
        let rules: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
        line(&mut rules.iter().map(String::as_str))?;
        for row in &self.rows {
            let short = cut(&row[0], widths[0]);
            let name = short.as_deref().unwrap_or(&row[0]);
            line(&mut std::iter::once(name).chain(row[1..].iter().map(String::as_str)))?;
        }
        let mut separated = false;
        for (short, name) in self.cut(widths[0]) {
            if !std::mem::replace(&mut separated, true) {
                writeln!(f)?;
            }
            writeln!(f, "- {short} is {name}")?;
        }
        Ok(())
    }
}

/// A name that is longer than this, without its middle: names of one nested struct begin alike.
fn cut(name: &str, width: usize) -> Option<String> {
    let length = name.chars().count();
    if length <= width {
        return None;
    }
    let front = (width - 1) / 2;
    let back = width - 1 - front;
    let start: String = name.chars().take(front).collect();
    let end: String = name.chars().skip(length - back).collect();
    Some(format!("{start}…{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_and_written_out_below() {
        let name = format!("billing.{}.end", "x".repeat(100));
        let table = Table::new(&["check", "timeout"], vec![vec![name.clone(), "2 s".into()]]).to_string();
        let lines: Vec<_> = table.lines().collect();
        assert!(lines[..3].iter().all(|line| line.chars().count() == WIDTH), "{table}");
        assert!(
            lines[2].starts_with("| billing.xxx") && lines[2].contains('…'),
            "{table}"
        );
        assert!(lines[4].ends_with(&format!(" is {name}")), "{table}");
    }

    #[test]
    fn a_table_is_markdown() {
        let rows = vec![vec!["db".into(), "2 s".into()], vec!["cache".into(), "500 ms".into()]];
        let expected = "\
            | check | timeout |\n\
            | ----- | ------- |\n\
            | db    | 2 s     |\n\
            | cache | 500 ms  |\n";
        assert_eq!(Table::new(&["check", "timeout"], rows).to_string(), expected);
    }
}
