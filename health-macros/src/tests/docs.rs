//! Checks the docs of the macros against the tables of options. Every option needs its own heading and an example, or
//! else users do not find it.

use crate::model::Place;
use crate::model::{BreakerOptions, CheckOptions, StateOptions};
use crate::parse::grammar::Options;

const DERIVE: &str = include_str!("../../docs/derive.md");
const FUNCTION: &str = include_str!("../../docs/function.md");
const OPTIONS: &str = include_str!("../../../health-runtime/docs/options.md");

#[test]
fn every_option_of_a_check_has_its_heading_example_and_default() {
    for row in CheckOptions::TABLE {
        let chapter = if row.is_for(Place::Field) {
            chapter(OPTIONS, "Options of a check")
        } else {
            chapter(FUNCTION, "Options")
        };
        assert_documented(chapter, row.name);
    }
}

#[test]
fn every_option_of_the_struct_has_its_heading_example_and_default() {
    for row in StateOptions::TABLE {
        assert_documented(chapter(OPTIONS, "Options of the struct"), row.name);
    }
}

#[test]
fn the_breaker_section_documents_every_option_of_a_breaker() {
    let section = section(chapter(OPTIONS, "Options of a check"), "breaker").expect("`breaker` has a heading");
    for row in BreakerOptions::TABLE {
        assert!(section.contains(&format!("| `{}` |", row.example)), "{}", row.name);
        assert!(examples(section).contains(row.name), "{}", row.name);
    }
}

#[test]
fn the_index_lists_every_option() {
    let index = chapter(DERIVE, "All options");
    let (check, state) = index.split_once("On the struct").expect("the index has two tables");
    for row in CheckOptions::TABLE.iter().filter(|row| row.is_for(Place::Field)) {
        assert!(check.contains(&format!("\n| [`{}", row.name)), "{}", row.name);
    }
    for row in StateOptions::TABLE {
        assert!(state.contains(&format!("`{}", row.name)), "{}", row.name);
    }
}

#[test]
fn every_link_leads_to_a_heading() {
    for docs in [DERIVE, FUNCTION, OPTIONS] {
        for link in docs.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (page, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match page {
                "" => docs,
                "derive@HealthState" | "derive@crate::HealthState" => DERIVE,
                "macro@health_check" | "macro@crate::health_check" => FUNCTION,
                // A link to a file, because the macro crate cannot link to an item of the runtime. It works in the
                // docs of the runtime, which show the docs of the macros.
                "_documentation/options/index.html" => OPTIONS,
                other => panic!("no page of these docs: {other}"),
            };
            let mut anchors = headings(target).map(|(_, heading)| anchor_of(heading));
            assert!(anchor.is_empty() || anchors.any(|known| known == anchor), "{link}");
        }
    }
}

#[test]
fn no_two_headings_share_an_anchor() {
    for docs in [DERIVE, FUNCTION, OPTIONS] {
        let mut anchors: Vec<String> = headings(docs).map(|(_, heading)| anchor_of(heading)).collect();
        anchors.sort();
        let all = anchors.len();
        anchors.dedup();
        assert_eq!(anchors.len(), all);
    }
}

fn assert_documented(chapter: &'static str, option: &str) {
    let section = section(chapter, option).unwrap_or_else(|| panic!("`{option}` has no heading in docs/"));
    assert!(section.contains("Default:"), "`{option}` does not say its default");
    let examples = examples(section);
    let mut words = examples.split(|c: char| !c.is_alphanumeric() && c != '_');
    assert!(words.any(|word| word == option), "`{option}` stands in no example");
}

/// The text under the first-level heading that begins with `title`.
fn chapter(docs: &'static str, title: &str) -> &'static str {
    between(docs, 1, |heading| heading.starts_with(title)).unwrap_or_else(|| panic!("no chapter {title}"))
}

/// The text under the second-level heading that names this option.
fn section(chapter: &'static str, option: &str) -> Option<&'static str> {
    let name = format!("`{option}`");
    between(chapter, 2, |heading| heading.contains(&name))
}

/// The text from the end of a heading to the next heading of the same or a higher level.
fn between(docs: &'static str, level: usize, is_meant: impl Fn(&str) -> bool) -> Option<&'static str> {
    let (_, heading) = headings(docs).find(|(found, heading)| *found == level && is_meant(heading))?;
    let start = offset(docs, heading) + heading.len();
    let next = headings(docs).find(|(found, next)| *found <= level && offset(docs, next) > start);
    let end = next.map_or(docs.len(), |(level, next)| offset(docs, next) - level - 1);
    Some(&docs[start..end])
}

/// The level and text of each heading. A line with `# ` in an example is not a heading.
fn headings(docs: &'static str) -> impl Iterator<Item = (usize, &'static str)> {
    let prose = docs.split("```").step_by(2);
    prose.flat_map(str::lines).filter_map(|line| {
        let text = line.trim_start_matches('#');
        let level = line.len() - text.len();
        (level > 0).then(|| (level, text.trim_start()))
    })
}

/// The visible lines of a section's examples. Every example must be compiled and run.
fn examples(section: &str) -> String {
    let examples = section.split("```").skip(1).step_by(2);
    let lines = examples.flat_map(|example| {
        let (kind, code) = example.split_once('\n').unwrap_or_default();
        assert_eq!(kind, "", "an example that is not compiled and run");
        code.lines().filter(|line| !line.starts_with("# "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The anchor that rustdoc generates for a heading.
fn anchor_of(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || " _-".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() });
    kept.collect()
}

fn offset(docs: &str, part: &str) -> usize {
    part.as_ptr() as usize - docs.as_ptr() as usize
}
