//! The notices for systemd, from a real process over a real socket.

#[path = "systemd/manager.rs"]
mod manager;

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use manager::{Address, Manager, State, Unit, Why};

/// Long enough for a busy machine, short enough to wait for. A ping comes after half of it.
const WATCHDOG: Duration = Duration::from_secs(3);

const EXTEND: &str = "EXTEND_TIMEOUT_USEC=30000000";

/// A service whose watchdog has got a ping while it is active.
fn watched(arguments: &'static [&'static str]) -> Manager {
    let mut manager = Manager::start(Unit {
        arguments,
        watchdog: Some(WATCHDOG),
        ..Unit::default()
    });
    manager.sent("READY=1");
    manager.sent("WATCHDOG=1");
    manager
}

/// The status of the service if all is well.
const HEALTHY: &str = "STATUS=ready: all 2 checks are healthy";

fn fails_by_the_watchdog(manager: &mut Manager) {
    manager.until("the watchdog ends it", |manager| {
        manager.state == State::Failed(Why::Watchdog)
    });
}

#[test]
fn a_service_is_ready_once_started_and_tells_when_it_stops() {
    for address in [Address::Path, Address::Abstract] {
        if address == Address::Abstract && !cfg!(target_os = "linux") {
            continue;
        }
        let mut manager = Manager::start(Unit {
            address,
            ..Unit::default()
        });
        manager.sent("READY=1");
        manager.until("it is healthy", |manager| manager.count(HEALTHY) == 1);
        manager.stop();
        assert!(manager.ended().success());
        assert_eq!(manager.state, State::Deactivating);
        assert_eq!((manager.count("READY=1"), manager.count("STOPPING=1")), (1, 1));
        let draining = "STATUS=draining: takes no new traffic; stops in ";
        let sent = manager.received.iter().filter(|sent| sent.starts_with(draining));
        assert_eq!(sent.count(), 1, "{:?}", manager.received);
        assert_eq!(manager.count("WATCHDOG=1"), 0, "there is no watchdog");
        assert_eq!(manager.count(EXTEND), 0, "there is no startup task");
    }
}

#[test]
fn startup_tasks_may_take_longer_than_the_timeout() {
    let mut manager = Manager::start(Unit {
        arguments: &["task"],
        timeout_start: Duration::from_secs(1),
        ..Unit::default()
    });
    manager.sent(EXTEND);
    manager.pass(Duration::from_secs(2));
    assert_eq!(manager.state, State::Activating);
    assert_eq!(manager.count("READY=1"), 0);
    manager.tell("done");
    manager.sent("READY=1");
}

#[test]
fn a_startup_check_may_not_take_longer_than_the_timeout() {
    let mut manager = Manager::start(Unit {
        arguments: &["startup"],
        timeout_start: Duration::from_secs(2),
        ..Unit::default()
    });
    manager.until("it fails", |manager| manager.state == State::Failed(Why::Timeout));
    assert_eq!(
        manager.received.first().map(String::as_str),
        Some("STATUS=starting: waits for the check migrated")
    );
    assert_eq!((manager.count("READY=1"), manager.count(EXTEND)), (0, 0));
}

#[test]
fn a_readiness_check_delays_only_the_status() {
    let mut manager = Manager::start(Unit {
        arguments: &["startup"],
        ..Unit::default()
    });
    manager.tell("db down");
    manager.until("the check has failed", |manager| {
        manager.count("STATUS=starting: waits for the check migrated") == 1
    });
    manager.tell("migrated up");
    manager.sent("READY=1");
    manager.until("the check fails", |manager| {
        let fails = |sent: &&String| sent.starts_with("STATUS=not ready: db fails (it was asked to be)");
        manager.received.iter().filter(fails).count() == 1
    });
}

#[test]
fn the_status_follows_readiness_and_is_sent_once_for_each_change() {
    let mut manager = Manager::start(Unit {
        watchdog: Some(Duration::from_millis(400)),
        ..Unit::default()
    });
    manager.until("it is healthy", |manager| manager.count(HEALTHY) == 1);
    for (command, status) in [
        (
            "cache down",
            "STATUS=degraded, still ready: cache fails (it was asked to be)",
        ),
        (
            "db down",
            "STATUS=not ready: db fails (it was asked to be); cache fails (it was asked to be)",
        ),
        (
            "db up",
            "STATUS=degraded, still ready: cache fails (it was asked to be)",
        ),
        ("cache up", HEALTHY),
    ] {
        let known = manager.received.len();
        manager.tell(command);
        manager.until(status, |manager| {
            manager.received[known..].iter().any(|sent| sent.starts_with(status))
        });
    }
    let known = manager.received.len();
    let pings = |manager: &Manager| {
        manager.received[known..]
            .iter()
            .filter(|sent| *sent == "WATCHDOG=1")
            .count()
    };
    manager.until("some more pings", |manager| pings(manager) == 10);
    assert_eq!(
        manager.received.len() - known,
        10,
        "nothing but pings: {:?}",
        manager.received
    );
}

#[test]
fn the_watchdog_is_fed_while_the_service_runs_and_drains() {
    let mut manager = watched(&[]);
    manager.tell("db down"); // readiness fails; liveness does not
    manager.pass(2 * WATCHDOG);
    assert_eq!(manager.state, State::Active);
    manager.stop();
    assert!(manager.ended().success());
    assert_eq!(manager.state, State::Deactivating);
}

#[test]
fn a_runtime_without_timers_feeds_the_watchdog() {
    let mut manager = watched(&["bare"]);
    manager.sent("WATCHDOG=1");
    manager.sent("WATCHDOG=1");
    assert_eq!(manager.state, State::Active);
}

#[test]
fn the_watchdog_starves_when_every_worker_is_blocked() {
    for (arguments, workers) in [(&["current"][..], 1), (&[], 2)] {
        let mut manager = watched(arguments);
        manager.tell(&format!("block {workers}"));
        fails_by_the_watchdog(&mut manager);
    }
}

#[test]
fn the_watchdog_does_not_starve_while_one_worker_is_free() {
    let mut manager = watched(&[]);
    manager.tell("block 1");
    manager.pass(2 * WATCHDOG);
    assert_eq!(manager.state, State::Active);
    manager.tell("unblock");
    manager.sent("WATCHDOG=1");
}

#[test]
fn the_watchdog_starves_while_liveness_fails_for_good_and_not_before() {
    let mut manager = watched(&[]);
    manager.tell("worker down");
    manager.tell("worker up"); // it recovers in time
    manager.pass(WATCHDOG);
    assert_eq!(manager.state, State::Active);
    manager.tell("worker down");
    fails_by_the_watchdog(&mut manager);
}

#[test]
fn the_watchdog_starves_when_the_last_handle_is_dropped() {
    let mut manager = watched(&["loose"]);
    manager.tell("let-go");
    fails_by_the_watchdog(&mut manager);
}

#[test]
fn the_watchdog_of_another_process_gets_no_ping() {
    let mut manager = Manager::start(Unit {
        watchdog: Some(Duration::from_secs(1)),
        of_another: true,
        ..Unit::default()
    });
    fails_by_the_watchdog(&mut manager);
    assert_eq!(manager.count("WATCHDOG=1"), 0);
}

#[test]
fn without_a_socket_nothing_is_sent_and_the_service_runs() {
    let mut manager = Manager::start(Unit {
        address: Address::None,
        watchdog: Some(Duration::from_millis(100)),
        ..Unit::default()
    });
    manager.printed("INFO message=started");
    manager.pass(Duration::from_millis(500));
    manager.stop();
    assert!(manager.ended().success());
    assert!(manager.received.is_empty(), "{:?}", manager.received);
}

#[test]
fn a_socket_that_cannot_be_used_is_logged_once_and_the_service_runs() {
    for address in [Address::Other("vsock:2:1234"), Address::Other("/nowhere/notify")] {
        let mut manager = Manager::start(Unit {
            address,
            ..Unit::default()
        });
        manager.printed("cannot notify systemd");
        manager.tell("db down"); // one more to send
        manager.printed("check is unhealthy");
        manager.tell("ping");
        manager.printed("pong");
        manager.stop();
        assert!(manager.ended().success());
        assert!(manager.rest().iter().all(|line| !line.contains("cannot notify")));
    }
}

#[test]
fn a_manager_that_does_not_read_does_not_block_the_service() {
    let fill = |path: &str| {
        let socket = UnixDatagram::unbound().unwrap();
        socket.set_nonblocking(true).unwrap();
        while socket.send_to(b"STATUS=full", path).is_ok() {}
    };
    let unit = Unit {
        arguments: &["current"],
        ..Unit::default()
    };
    let mut manager = Manager::start_after(unit, fill);
    manager.printed("INFO message=started");
    manager.tell("ping");
    manager.printed("pong");
    manager.sent("READY=1");
}

#[test]
fn a_second_engine_is_not_told_about() {
    let mut manager = Manager::start(Unit {
        arguments: &["twice"],
        ..Unit::default()
    });
    manager.printed("another engine of this process notifies systemd");
    manager.sent("READY=1");
    manager.tell("db down");
    let fails = |sent: &String| sent.starts_with("STATUS=not ready: db fails (it was asked to be)");
    manager.until("the check fails", |manager| manager.received.iter().any(fails));
    manager.stop();
    assert!(manager.ended().success());
    assert_eq!((manager.count("READY=1"), manager.count("STOPPING=1")), (1, 1));
}

#[test]
fn systemd_itself_does_what_the_stand_in_does() {
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/real.sh");
    let mut command = Command::new("bash");
    let output = command
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_unit"))
        .arg(folder.path())
        .output()
        .unwrap();
    if output.status.code() == Some(77) {
        eprintln!("skipped: there is no systemd, or it cannot run in namespaces here");
        return;
    }
    let printed = String::from_utf8(output.stdout).unwrap();
    let expected = [
        "while a task runs: activating",
        "once it is done: active, ready: all 2 checks are healthy",
        "a check fails: degraded, still ready: cache fails (it was asked to be)",
        "later: active",
        "every worker is blocked: failed, watchdog",
        "another one: active",
        "after a stop: inactive, success, code 0",
    ];
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected, "{error}");
}
