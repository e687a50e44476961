//! The faults of a server, one after the other, and the table of what was reported.
//!
//! The tables stand in `health-runtime/docs/faults.md`. A test fails if what it has seen is not what stands there.
//! `UPDATE_FAULTS=1` writes what the test has seen. Times are not compared, because they depend on the machine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use health_runtime::{CheckReport, Status};

use crate::watched::{Watched, message};

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../health-runtime/docs/faults.md");

/// Two tests may write their tables at the same time.
static FILE: Mutex<()> = Mutex::new(());

/// The table of one server.
#[derive(Debug)]
pub struct Faults {
    title: String,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    fault: &'static str,
    reported: String,
    after: String,
    back: String,
}

impl Faults {
    /// An empty table.
    pub fn new(title: String) -> Self {
        Self {
            title,
            rows: Vec::new(),
        }
    }

    /// Waits until the check reports the fault, and then, after `mend`, until it is healthy again. Adds a row.
    ///
    /// `expected` is a part of the message.
    pub async fn add(
        &mut self,
        fault: &'static str,
        watched: &Watched,
        expected: &str,
        cause: impl FnOnce(),
        mend: impl FnOnce(),
    ) {
        cause();
        let began = Instant::now();
        let report = watched.until_error(expected).await;
        let after = began.elapsed();
        assert!(!message(&report).contains("secret"), "{report:?}");
        mend();
        let began = Instant::now();
        watched.until_healthy().await;
        self.push(fault, &report, after, Some(began.elapsed()));
    }

    /// Adds a row.
    pub fn push(&mut self, fault: &'static str, report: &CheckReport, after: Duration, back: Option<Duration>) {
        self.rows.push(Row {
            fault,
            reported: format!(
                "{}{}: {}",
                report.status,
                report.reason.map(|reason| format!(", `{reason}`")).unwrap_or_default(),
                without_numbers(message(report))
            ),
            after: rounded(after),
            back: back.map_or_else(|| "–".into(), rounded),
        });
        assert!(
            report.status != Status::Healthy || report.reason.is_some(),
            "{report:?}"
        );
    }

    /// Compares the table with the one in the docs, or writes it there. A table that only differs in its times stays.
    ///
    /// # Panics
    ///
    /// If they differ.
    pub fn compare(self) {
        let _one = FILE.lock().unwrap_or_else(PoisonError::into_inner);
        let docs = fs::read_to_string(DOCS).unwrap_or_default();
        let found = section(&docs, &self.title).unwrap_or_default();
        let [found, seen] = [found, &self.table()].map(without_times);
        if found != seen && std::env::var_os("UPDATE_FAULTS").is_some() {
            fs::write(DOCS, replaced(&docs, &self.title, &self.table())).unwrap();
            return;
        }
        let path = Path::new(DOCS).file_name().unwrap_or_default().display();
        assert_eq!(found, seen, "the table in {path}; UPDATE_FAULTS=1 writes it");
    }

    fn table(&self) -> String {
        let mut table = "| fault | reported | after | healthy again after |\n|---|---|--:|--:|\n".to_owned();
        for row in &self.rows {
            let Row {
                fault,
                reported,
                after,
                back,
            } = row;
            let _ = writeln!(table, "| {fault} | {reported} | {after} | {back} |");
        }
        table
    }
}

/// The table below this title.
fn section<'a>(docs: &'a str, title: &str) -> Option<&'a str> {
    let (_, rest) = docs.split_once(&format!("# {title}\n\n"))?;
    Some(rest.split("\n# ").next().unwrap_or(rest).trim_end())
}

/// The page with this table. The tables are in the order of their titles.
fn replaced(docs: &str, title: &str, table: &str) -> String {
    let mut sections = docs.split("\n# ");
    let introduction = sections.next().unwrap_or_default().trim_end();
    let mut tables: BTreeMap<&str, &str> = sections
        .filter_map(|section| section.split_once("\n\n"))
        .map(|(title, table)| (title, table.trim_end()))
        .collect();
    tables.insert(title, table.trim_end());
    let mut page = introduction.to_owned();
    for (title, table) in tables {
        let _ = write!(page, "\n\n# {title}\n\n{table}");
    }
    page + "\n"
}

/// The first two columns.
fn without_times(table: &str) -> Vec<String> {
    let columns = |line: &str| line.split(" | ").take(2).collect::<Vec<_>>().join(" | ");
    table.lines().map(columns).collect()
}

/// The message without what differs from run to run: ports, and times in milliseconds.
fn without_numbers(text: &str) -> String {
    let mut words = text
        .split_inclusive(|character: char| !character.is_ascii_digit())
        .peekable();
    let mut result = String::new();
    while let Some(word) = words.next() {
        let end = word.len() - word.bytes().filter(|byte| !byte.is_ascii_digit()).count();
        let is_time = &word[end..] == " " && words.peek().is_some_and(|next| *next == "m");
        if end > 3 || is_time && end > 0 {
            result.push('N');
            result += &word[end..];
        } else {
            result += word;
        }
    }
    result.replace('|', "\\|")
}

fn rounded(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
