//! If the service cannot start, it prints one line that says how to fix it.

mod support;

use std::net::{Ipv4Addr, TcpListener};

use support::command;

fn error(port: &str) -> String {
    let output = command(&tempfile::tempdir().unwrap(), port).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        output.stdout.is_empty(),
        "a service that does not run prints no address"
    );
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.lines().count(), 1, "{error}");
    error.trim_end().to_owned()
}

#[test]
fn a_taken_port_is_a_clear_error() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let way_out = "try another one, or `PORT=0` for any that is free";
    assert_eq!(
        error(&port.to_string()),
        format!("error: port {port} is taken; {way_out}")
    );
}

#[test]
fn a_port_that_is_no_number_is_a_clear_error() {
    for port in ["http", "65536", "-1", "3000 ", ""] {
        let way_out = "try `PORT=4000`, or `PORT=0` for any free one";
        assert_eq!(error(port), format!("error: PORT={port} is no port; {way_out}"));
    }
}
