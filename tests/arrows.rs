//! The modules of both crates use only the modules that CONTRIBUTING lists for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const CONTRIBUTING: &str = include_str!("../CONTRIBUTING.md");

/// The only arrow that points back. CONTRIBUTING gives the reason.
const BACK: (&str, &str) = ("state", "health");

#[test]
fn the_modules_of_the_runtime_use_only_what_is_listed() {
    compare("health-runtime");
}

#[test]
fn the_modules_of_the_macros_use_only_what_is_listed() {
    compare("health-macros");
}

fn compare(package: &str) {
    let listed = listed(package);
    let names: Vec<&str> = listed.iter().map(|(module, _)| *module).collect();
    for (place, (module, uses)) in listed.iter().enumerate() {
        for used in uses {
            let is_above = names[..place].contains(used) || (*module, *used) == BACK;
            assert!(
                is_above,
                "`{module}` uses `{used}`, which does not stand above it in CONTRIBUTING"
            );
        }
    }
    let found = found(package);
    let found_names: Vec<&str> = found.keys().map(String::as_str).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(
        found_names, sorted,
        "the modules of {package}, and those in CONTRIBUTING"
    );
    for (module, uses) in &listed {
        let listed: BTreeSet<String> = uses.iter().map(ToString::to_string).collect();
        assert_eq!(
            found[*module], listed,
            "what `{module}` uses, and what CONTRIBUTING lists"
        );
    }
}

/// Each module and what it uses, in the order of CONTRIBUTING.
fn listed(package: &str) -> Vec<(&'static str, Vec<&'static str>)> {
    let block = CONTRIBUTING
        .split("```text\n")
        .nth(1)
        .expect("CONTRIBUTING has the list");
    let block = block.split("```").next().expect("the list ends");
    let lists = block.split("\n\n");
    let lines = lists
        .map(str::lines)
        .find_map(|mut lines| (lines.next() == Some(package)).then_some(lines));
    let lines = lines.expect("the list has each crate");
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            (words.next().expect("a line has a module"), words.collect())
        })
        .collect()
}

/// Each module of the crate's root, and what it uses of the others. Tests do not count.
fn found(package: &str) -> BTreeMap<String, BTreeSet<String>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(package)
        .join("src");
    let mut files = Vec::new();
    collect(&source, &mut files);
    let modules = files
        .iter()
        .map(|(path, _)| path.split(['/', '.']).next().unwrap_or_default());
    let mut found: BTreeMap<String, BTreeSet<String>> = modules
        .filter(|module| *module != "lib" && *module != "tests")
        .map(|module| (module.to_owned(), BTreeSet::new()))
        .collect();
    for (path, text) in &files {
        let module = path.split(['/', '.']).next().unwrap_or_default();
        let is_test = path.split('/').any(|part| part == "tests" || part == "tests.rs");
        if is_test || !found.contains_key(module) {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = code.collect::<Vec<_>>().join("\n");
        let used = code.split("crate::").skip(1);
        let used = used.filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
        let used: Vec<&str> = used
            .filter(|used| *used != module && found.contains_key(*used))
            .collect();
        let used: Vec<String> = used.into_iter().map(str::to_owned).collect();
        found.get_mut(module).expect("it is there").extend(used);
    }
    found
}

fn collect(folder: &Path, files: &mut Vec<(String, String)>) {
    let root = folder
        .ancestors()
        .find(|folder| folder.ends_with("src"))
        .expect("it is below src");
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).expect("it is below src").display().to_string();
            files.push((name, fs::read_to_string(&path).expect("a source is text")));
        }
    }
}
