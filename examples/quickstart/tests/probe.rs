//! `quickstart --probe`, the command for a `HEALTHCHECK`, against the running service.

mod support;

use std::process::Output;

use nix::sys::signal::Signal;
use support::{Service, command, until};

/// Runs `quickstart --probe`, in the way that a container does: with the environment of the service.
fn probe(service: &Service, url: Option<&str>) -> (Option<i32>, String) {
    let mut command = command(&service.directory, &service.address.port().to_string());
    let Output { status, stdout, stderr } = command.arg("--probe").args(url).output().unwrap();
    assert!(stdout.is_empty());
    (status.code(), String::from_utf8(stderr).unwrap().trim_end().to_owned())
}

#[test]
fn the_probe_passes_while_the_service_runs_and_fails_when_it_hangs_or_has_ended() {
    let mut service = Service::start();
    let (passed, ready) = ((Some(0), String::new()), format!("http://{}/readyz", service.address));
    assert_eq!(probe(&service, None), passed);
    assert_eq!(probe(&service, Some(&ready)), passed);

    service.signal(Signal::SIGSTOP);
    assert_eq!(probe(&service, None), (Some(1), "no answer within 2000 ms".into()));
    service.signal(Signal::SIGCONT);
    until("it answers again", || probe(&service, None).0 == Some(0));

    service.signal(Signal::SIGTERM);
    let draining = (Some(1), "503: unhealthy (draining)".to_owned());
    until("it drains", || probe(&service, Some(&ready)) == draining);
    assert_eq!(probe(&service, None), passed, "a service that drains is alive");

    assert!(service.wait().success());
    let (code, line) = probe(&service, None);
    assert_eq!(code, Some(1));
    assert!(line.starts_with("cannot connect: "), "{line}");
}
