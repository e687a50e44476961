//! The end of a process: signals, the last events, and what stays behind. Each service runs in its own process.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use health_tests::{raw, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A scenario of `support/service.rs`. It is killed when the test ends.
struct Service {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Service {
    fn start(scenario: &str) -> Self {
        Self::spawn(Command::new(env!("CARGO_BIN_EXE_service")).arg(scenario))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// The next line of its output that contains this text.
    fn line(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "it never prints {text:?}");
            if line.contains(text) {
                return line.trim().to_owned();
            }
        }
    }

    fn address(&mut self) -> SocketAddr {
        self.line("127.0.0.1:").parse().unwrap()
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    fn terminate(&self) {
        kill(self.pid(), Signal::SIGTERM).unwrap();
    }

    async fn ended(&mut self) -> ExitStatus {
        until("it ends", async || self.child.try_wait().unwrap()).await
    }

    /// The rest of its output, once it has ended.
    fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        rest
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn answers(address: SocketAddr, path: &str, code: u16) {
    until(&format!("{path} answers {code}"), async || {
        let answer = raw(address, &format!("GET {path} HTTP/1.0\r\n\r\n")).await;
        answer.starts_with(&format!("HTTP/1.0 {code}")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_engine_that_has_ended_does_not_harm_the_shutdown_of_another() {
    let mut service = Service::start("two-engines");
    let address = service.address();
    answers(address, "/readyz", 200).await;
    let told = Instant::now();
    service.terminate();
    answers(address, "/readyz", 503).await;
    answers(address, "/orders", 200).await;
    assert_eq!(service.ended().await.code(), Some(0));
    assert!(told.elapsed() >= Duration::from_millis(500), "{:?}", told.elapsed());
}

#[tokio::test]
async fn the_last_events_of_a_service_are_logged() {
    for round in 0..5 {
        let mut service = Service::start("failing-main");
        assert_eq!(service.ended().await.code(), Some(1));
        let log = service.rest();
        assert!(
            log.contains("WARN") && log.contains("the startup task `warm caches` was dropped"),
            "{round}: {log}"
        );
        assert!(!log.contains("ERROR"), "the engine logs no error of its own: {log}");
    }
    for round in 0..5 {
        let mut service = Service::start("exits");
        service.line("waiting");
        kill(service.pid(), Signal::SIGINT).unwrap();
        assert_eq!(service.ended().await.code(), Some(0));
        let log = service.rest();
        assert!(log.contains("draining without a wait"), "{round}: {log}");
        assert!(log.contains("the drain is over"), "{round}: {log}");
    }
}

#[tokio::test]
async fn the_engine_drops_the_state_when_the_drain_is_over() {
    let mut service = Service::start("last-sender");
    let address = service.address();
    answers(address, "/readyz", 200).await;
    service.terminate();
    service.line("1 order written, and health is still held: true");
    assert_eq!(service.ended().await.code(), Some(0));
}

#[tokio::test]
async fn a_service_that_gets_sigterm_while_it_starts_is_never_ready_and_ends() {
    let mut service = Service::start("signal-before-serve");
    service.line("starting");
    let told = Instant::now();
    service.terminate();
    service.line("was ready: false");
    assert_eq!(service.ended().await.code(), Some(0));
    assert!(
        told.elapsed() < Duration::from_secs(3),
        "it must not wait for the drain: {:?}",
        told.elapsed()
    );
}

#[tokio::test]
async fn the_same_signal_twice_does_not_skip_the_drain() {
    let mut service = Service::start("plain");
    let address = service.address();
    answers(address, "/readyz", 200).await;
    let told = Instant::now();
    for _ in 0..3 {
        service.terminate();
        tokio::time::sleep(Duration::from_millis(50)).await; // without a pause, the kernel may merge the signals
    }
    answers(address, "/orders", 200).await;
    assert_eq!(service.ended().await.code(), Some(0));
    assert!(told.elapsed() >= Duration::from_millis(500), "{:?}", told.elapsed());
}

#[tokio::test]
async fn two_different_signals_that_repeat_within_a_second_count_as_two() {
    for signals in [
        [Signal::SIGTERM, Signal::SIGINT, Signal::SIGTERM, Signal::SIGINT],
        [Signal::SIGINT, Signal::SIGTERM, Signal::SIGINT, Signal::SIGTERM],
    ] {
        let mut service = Service::start("plain");
        let address = service.address();
        answers(address, "/readyz", 200).await;
        let slow = tokio::spawn(async move { raw(address, "GET /slow HTTP/1.0\r\n\r\n").await });
        for signal in signals {
            tokio::time::sleep(Duration::from_millis(50)).await;
            kill(service.pid(), signal).unwrap();
        }
        assert!(slow.await.unwrap().ends_with("slow"), "{signals:?}");
        assert_eq!(service.ended().await.code(), Some(0), "{signals:?}");
    }
}

#[tokio::test]
async fn the_same_signal_twice_does_not_end_a_process_after_its_engine_has_ended() {
    let mut service = Service::start("flush");
    let address = service.address();
    answers(address, "/readyz", 200).await;
    service.terminate();
    service.line("flushing");
    service.terminate();
    assert_eq!(service.ended().await.code(), Some(0));
    assert!(service.rest().contains("flushed"));
}

#[tokio::test]
async fn the_grace_of_one_engine_does_not_end_the_drain_of_another() {
    let mut service = Service::start("two-drains");
    let address = service.address();
    answers(address, "/readyz", 200).await;
    let told = Instant::now();
    service.terminate();
    tokio::time::sleep(Duration::from_secs(1)).await; // the grace of the other one is over
    answers(address, "/orders", 200).await;
    assert_eq!(service.ended().await.code(), Some(0));
    assert!(told.elapsed() >= Duration::from_millis(1_500), "{:?}", told.elapsed());
}

#[tokio::test]
async fn a_listener_that_nobody_connects_to_does_not_shorten_the_drain_of_another_port() {
    let mut service = Service::start("two-ports");
    let address = service.address();
    answers(address, "/readyz", 200).await;
    tokio::time::sleep(Duration::from_millis(100)).await; // two ticks
    let told = Instant::now();
    service.terminate();
    assert_eq!(service.ended().await.code(), Some(0));
    assert!(told.elapsed() >= Duration::from_millis(500), "{:?}", told.elapsed());
}

#[tokio::test]
async fn the_log_says_what_kept_a_process_from_ending() {
    let mut service = Service::start("held");
    let address = service.address();
    answers(address, "/readyz", 200).await;
    let _open = tokio::spawn(async move { raw(address, "GET /never HTTP/1.0\r\n\r\n").await });
    tokio::time::sleep(Duration::from_millis(100)).await; // until the request is in flight
    service.terminate();
    assert_eq!(service.ended().await.code(), Some(143));
    let log = service.rest();
    let line = log
        .lines()
        .find(|line| line.contains("exiting"))
        .unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("did not end within `shutdown_grace`"), "{line}");
    assert!(line.contains("handles of `Health` are still held"), "{line}");
    assert!(line.contains("1 connection of `health.listener` is open"), "{line}");
}

#[tokio::test]
async fn a_service_that_nobody_connects_to_does_not_wait_for_the_drain() {
    let mut service = Service::start("idle");
    service.address();
    tokio::time::sleep(Duration::from_millis(300)).await; // a few ticks, until it is ready
    let told = Instant::now();
    service.terminate();
    assert_eq!(service.ended().await.code(), Some(0));
    assert!(
        told.elapsed() < Duration::from_secs(4),
        "it must not wait for the drain of 7 s: {:?}",
        told.elapsed()
    );
    let log = service.rest();
    assert!(
        log.contains("drain=7s"),
        "it must have been ready, so that the drain would wait: {log}"
    );
}

#[tokio::test]
async fn an_engine_that_starts_after_the_signal_drains_too() {
    let mut service = Service::start("late-engine");
    service.line("started");
    service.terminate();
    service.line("drains: true");
    assert_eq!(service.ended().await.code(), Some(0));
}

#[tokio::test]
async fn without_shutdown_signal_a_signal_ends_the_process_as_usual() {
    let mut service = Service::start("no-shutdown-signal");
    let address = service.address();
    answers(address, "/readyz", 200).await;
    service.terminate();
    assert_eq!(service.ended().await.signal(), Some(Signal::SIGTERM as i32));
}

/// Runs the scenario as process 1, which ignores signals without a handler. Needs its own process namespace.
fn as_process_1(scenario: &str) -> Option<Service> {
    let possible = Command::new("unshare").args(["--pid", "--fork", "true"]).status();
    if !possible.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no process namespace can be made here, so nothing is process 1");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child"]);
    Some(Service::spawn(command.arg(env!("CARGO_BIN_EXE_service")).arg(scenario)))
}

fn terminate_process_1(service: &Service) {
    let children = format!("/proc/{0}/task/{0}/children", service.child.id());
    let child = std::fs::read_to_string(children).unwrap();
    kill(Pid::from_raw(child.trim().parse().unwrap()), Signal::SIGTERM).unwrap();
}

#[tokio::test]
async fn process_1_can_handle_signals_itself_once_its_engine_has_ended() {
    let Some(mut service) = as_process_1("own-signals") else {
        return;
    };
    service.line("serving");
    terminate_process_1(&service);
    service.line("flushed");
    assert_eq!(service.ended().await.code(), Some(0));
}

#[tokio::test]
async fn process_1_drains_on_a_signal_even_without_shutdown_signal() {
    let Some(mut service) = as_process_1("no-shutdown-signal") else {
        return;
    };
    let address = service.address();
    answers(address, "/readyz", 200).await;
    terminate_process_1(&service);
    answers(address, "/readyz", 503).await;
    answers(address, "/livez", 200).await;
    service.line("nothing waits for `shutdown_signal()`");
}

#[tokio::test]
async fn four_hundred_engines_leave_no_thread_and_no_descriptor_behind() {
    let mut service = Service::start("many-engines");
    let line = service.line("threads and descriptors");
    let (before, after) = line.split_once(", after: ").unwrap();
    assert!(before.ends_with(after), "{line}");
    assert_eq!(service.ended().await.code(), Some(0));
}
