//! The client of Python, `grpcio-health-checking`, which shares no code with tonic. `.ci/clients` installs it.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::Duration;

use health_services::python;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::{Orders, serve};

struct Client {
    child: Child,
    commands: ChildStdin,
    lines: UnboundedReceiver<String>,
    /// Messages of streams that came before an answer.
    early: VecDeque<String>,
}

impl Client {
    fn start(python: &Path, address: &str, watched: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/grpc_server/client.py");
        let mut command = Command::new(python);
        command.arg(script).arg(address).args(watched);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let (commands, stdout) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let (send, lines) = unbounded_channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let _ = send.send(line.expect("text"));
            }
        });
        Self {
            child,
            commands,
            lines,
            early: VecDeque::new(),
        }
    }

    async fn line(&mut self) -> String {
        let line = tokio::time::timeout(Duration::from_secs(30), self.lines.recv());
        line.await.expect("it goes on").expect("it runs")
    }

    /// Asks, and returns the answer. Messages of streams may come before it.
    async fn ask(&mut self, command: &str) -> String {
        writeln!(self.commands, "{command}").expect("it reads");
        loop {
            let line = self.line().await;
            match line.strip_prefix("watch ") {
                Some(message) => self.early.push_back(message.to_owned()),
                None => return line,
            }
        }
    }

    /// The next lines, which are of several streams, in order.
    async fn watched(&mut self, count: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for _ in 0..count {
            let message = match self.early.pop_front() {
                Some(message) => message,
                None => self.line().await.replacen("watch ", "", 1),
            };
            lines.push(message);
        }
        lines.sort();
        lines
    }
}

#[tokio::test]
async fn python_sees_each_change_of_the_service() {
    let python = python::installed(env!("CARGO_TARGET_TMPDIR"), "grpcio-health-checking");
    let Some(python) = python else { return };
    let state = Orders::healthy();
    let health = state.start();
    let (address, server) = serve(&health, health.grpc()).await;
    let tonic = crate::client::Client::new(address);
    for name in ["", "core", "billing", "worker"] {
        tonic
            .settled(name, tonic_health::pb::health_check_response::ServingStatus::Serving)
            .await;
    }
    let mut client = Client::start(&python, &address.to_string(), &["-", "db", "liveness", "nothing"]);
    let up = ["- SERVING", "db SERVING", "liveness SERVING", "nothing SERVICE_UNKNOWN"];
    assert_eq!(client.watched(4).await, up);
    assert_eq!(client.ask("check -").await, "check - SERVING");
    assert_eq!(client.ask("check billing.bank").await, "check billing.bank SERVING");
    assert_eq!(client.ask("check nothing").await, "check nothing NOT_FOUND");
    let all = "list -=SERVING billing=SERVING billing.bank=SERVING cache=SERVING core=SERVING db=SERVING \
               liveness=SERVING money=SERVING readiness=SERVING startup=SERVING worker=SERVING";
    assert_eq!(client.ask("list").await, all);

    // Degraded: no message.
    state.cache.set_unhealthy("gone");
    health_tests::until("it is degraded", async || {
        (health.status(health_runtime::Probe::Readiness) == health_runtime::Status::Degraded).then_some(())
    })
    .await;
    assert_eq!(client.ask("check -").await, "check - SERVING");
    let degraded = all.replace(" cache=SERVING", " cache=NOT_SERVING");
    assert_eq!(client.ask("list").await, degraded);
    assert!(client.early.is_empty(), "{:?}", client.early);

    state.db.set_unhealthy("gone");
    assert_eq!(client.watched(2).await, ["- NOT_SERVING", "db NOT_SERVING"]);
    assert_eq!(client.ask("check readiness").await, "check readiness NOT_SERVING");
    assert_eq!(client.ask("check liveness").await, "check liveness SERVING");
    state.db.set_healthy();
    assert_eq!(client.watched(2).await, ["- SERVING", "db SERVING"]);

    health.drain();
    let draining = ["- NOT_SERVING", "db NOT_SERVING", "liveness NOT_SERVING"];
    assert_eq!(client.watched(3).await, draining);
    assert_eq!(client.ask("list").await, all.replace("=SERVING", "=NOT_SERVING"));
    let ended = [
        "- ended UNAVAILABLE",
        "db ended UNAVAILABLE",
        "liveness ended UNAVAILABLE",
    ];
    assert_eq!(
        client.watched(4).await,
        [&ended[..], &["nothing ended UNAVAILABLE"]].concat()
    );
    tokio::time::timeout(Duration::from_secs(10), server)
        .await
        .expect("the server ends")
        .expect("it serves");
    drop(client.commands);
    assert!(client.child.wait().expect("it ends").success());
}
