//! The probes give the same answers in every front end: axum, actix-web, `serve`, and `Probes` by hand. All four belong
//! to one engine, and answer the same bytes of each request in every state of the service.
//!
//! ```text
//! table       the requests, and the codes of their answers
//! exceptions  the answers that are not the same, and why
//! states      the states of the service
//! servers     the four front ends of one engine
//! connection  raw requests and normalised answers
//! ```

#[path = "front_ends/connection.rs"]
mod connection;
#[path = "front_ends/exceptions.rs"]
mod exceptions;
#[path = "front_ends/servers.rs"]
mod servers;
#[path = "front_ends/states.rs"]
mod states;
#[path = "front_ends/table.rs"]
mod table;

use std::collections::BTreeSet;

use crate::connection::ask;
use crate::exceptions::{EXCEPTIONS, Exception};
use crate::servers::{Front, Servers};
use crate::states::{STATES, hanging, moved};
use crate::table::{CASES, Case, HANGING, MOVED};

/// The place of the state in the table.
const HEALTHY: usize = 1;

/// A second may pass between two answers, and then the times in them differ.
const TRIES: usize = 3;

/// What was found in all states.
#[derive(Default)]
struct Findings {
    /// The exceptions that were seen, by their place in the table.
    seen: BTreeSet<usize>,
    failures: Vec<String>,
}

impl Findings {
    fn compare(&mut self, servers: &Servers, state: usize, case: &Case) {
        let name = STATES[state].0;
        let expected = ask(servers.address(Front::Hand), case.requests);
        if let Some(codes) = case.codes {
            // While draining, the first answer closes the connection.
            let answers = if name == "draining" { 1 } else { case.requests.len() };
            if expected.codes() != vec![codes[state]; answers] {
                self.failures
                    .push(format!("{name}: not as expected\n{case:?}\n{expected}\n"));
            }
        }
        for front in [Front::Axum, Front::Actix, Front::Serve] {
            let both = || [front, Front::Hand].map(|front| ask(servers.address(front), case.requests));
            let mut answers = both();
            for _ in 1..TRIES {
                if answers[0] != answers[1] {
                    answers = both();
                }
            }
            let [answer, expected] = answers;
            if answer == expected {
                continue;
            }
            let excuses = |exception: &Exception| {
                let here = exception.state.is_none_or(|state| state == name);
                here && exception.front == front && exception.case == case.name
            };
            if let Some(exception) = EXCEPTIONS.iter().position(excuses) {
                self.seen.insert(exception);
            } else {
                self.failures.push(format!(
                    "{name}: {front:?} answers differently\n{case:?}\n--- by hand\n{expected}\n--- {front:?}\n{answer}\n"
                ));
            }
        }
    }

    fn assert(&self) {
        assert!(self.failures.is_empty(), "{}", self.failures.join("\n"));
    }
}

#[test]
fn every_front_end_gives_the_same_answer_in_every_state() {
    assert!(CASES.len() >= 60, "{}", CASES.len());
    let names: BTreeSet<_> = CASES.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), CASES.len(), "each case has a name of its own");
    let mut findings = Findings::default();
    for (state, (_, enter)) in STATES.iter().enumerate() {
        let servers = enter();
        for case in CASES {
            findings.compare(&servers, state, case);
        }
    }
    findings.assert();
    for (index, exception) in EXCEPTIONS.iter().enumerate() {
        assert!(findings.seen.contains(&index), "the answer is the same: {exception:?}");
    }
    println!("{} cases in {} states", CASES.len(), STATES.len());
    for exception in EXCEPTIONS {
        let state = exception.state.unwrap_or("every state");
        println!(
            "{:?}, {}, {state}: {}",
            exception.front, exception.case, exception.reason
        );
    }
}

#[test]
fn every_front_end_has_the_paths_that_the_service_declares() {
    let (servers, mut findings) = (moved(), Findings::default());
    for case in MOVED {
        findings.compare(&servers, HEALTHY, case);
    }
    findings.assert();
}

#[test]
fn every_front_end_answers_while_a_check_hangs() {
    let (servers, mut findings) = (hanging(), Findings::default());
    for case in HANGING {
        findings.compare(&servers, HEALTHY, case);
    }
    findings.assert();
}
