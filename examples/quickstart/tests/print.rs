//! `quickstart --probes` and `quickstart --describe`, which start nothing.

mod support;

use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use support::command;

/// What the program prints with this argument. Its port is taken, so a server would fail.
fn printed(argument: &str) -> String {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let directory = tempfile::tempdir().unwrap();
    let output = command(&directory, &port.to_string()).arg(argument).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0, "no database is opened");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_probes_for_kubernetes_are_printed_without_a_server() {
    let yaml = printed("--probes");
    for line in [
        "terminationGracePeriodSeconds: 23 # drain = 5 s, shutdown_grace = 15 s, and 3 s to spare",
        "        path: /readyz",
        "        port: \"http\"",
        "      failureThreshold: 30 # × 2 s: the start may take 1 min (start_within)",
        "      failureThreshold: 2 # × 1 s, and 2 s for the routers: 4 s of drain = 5 s",
    ] {
        assert!(yaml.lines().any(|printed| printed == line), "{line}\n{yaml}");
    }
}

#[test]
fn all_checks_are_described_without_running_one() {
    let table = printed("--describe");
    for line in [
        "| db       | ready  | yes      | every 5 s | 2 s     | 17 s    | 1 / 1     |",
        "| payments | 2.1 s    | –               | 1.9 s  | –         |",
    ] {
        assert!(table.lines().any(|printed| printed == line), "{line}\n{table}");
    }
}
