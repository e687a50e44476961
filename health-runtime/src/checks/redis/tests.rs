//! What the check makes of the answers of servers.

use std::collections::HashMap;

use proptest::prelude::*;

use super::connection::ask;
use super::driver::{Connection, Failure};
use super::info::{ClusterInfo, Info};
use super::judge;
use crate::outcome::{CheckResult, Outcome, Reason, Status};

/// A server that answers each command with this text, or with this error.
#[derive(Clone, Default)]
struct Server(HashMap<String, Result<String, String>>);

impl Server {
    fn info(text: &str) -> Self {
        Self::default().says("INFO", text)
    }

    fn says(mut self, command: &str, answer: &str) -> Self {
        self.0.insert(command.to_owned(), Ok(answer.to_owned()));
        self
    }

    fn refuses(mut self, command: &str, code: &str) -> Self {
        self.0.insert(command.to_owned(), Err(code.to_owned()));
        self
    }

    fn answer(&self, command: &[&str]) -> Result<String, Failure> {
        let command = command.join(" ");
        match self.0.get(&command) {
            Some(Ok(text)) => Ok(text.clone()),
            Some(Err(code)) => Err(Failure::new(Some(code), false, false, false, format!("{code}: no"))),
            None => panic!("not asked for in this test: {command}"),
        }
    }

    fn asked(&self) -> CheckResult {
        let mut asked = std::pin::pin!(ask(self));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match asked.as_mut().poll(&mut context) {
            std::task::Poll::Ready(answer) => answer.map_err(Failure::into_error),
            std::task::Poll::Pending => panic!("nothing here waits"),
        }
    }

    fn outcome(&self) -> Outcome {
        self.asked().expect("it answers")
    }
}

impl Connection for Server {
    async fn text(&self, command: &'static [&'static str]) -> Result<String, Failure> {
        self.answer(command)
    }

    async fn pairs(&self, command: &'static [&'static str]) -> Result<HashMap<String, String>, Failure> {
        let value = self.answer(command)?;
        Ok([(command[command.len() - 1].to_owned(), value)].into())
    }
}

const PRIMARY: &str = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n# Clients\r\nconnected_clients:3\r\n\
    maxclients:10000\r\nused_memory:900000\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\nloading:0\r\n\
    rdb_last_bgsave_status:ok\r\naof_enabled:1\r\naof_last_write_status:ok\r\nrole:master\r\n";

fn status(info: &str) -> Status {
    Server::info(info).outcome().status()
}

#[test]
fn a_primary_is_healthy_and_has_details() {
    let outcome = Server::info(PRIMARY).outcome();
    assert_eq!(
        (outcome.status(), outcome.is_read_only()),
        (Status::Healthy, Some(false))
    );
    let shown: Vec<_> = outcome
        .details()
        .iter()
        .map(|detail| format!("{}={}", detail.name, detail.value))
        .collect();
    assert_eq!(
        shown.join(" "),
        "version=7.0.15 role=primary read_only=false used_memory=900000 max_memory=0 clients=3 max_clients=10000"
    );
}

#[test]
fn a_missing_field_is_never_a_failure() {
    for text in [
        "",
        "\r\n",
        "OK",
        "role:active-replica",
        "maxmemory:1",
        "maxclients:0\nconnected_clients:5",
    ] {
        assert_eq!(status(text), Status::Healthy, "{text}");
    }
    for line in PRIMARY.lines() {
        assert_eq!(status(&PRIMARY.replace(line, "")), Status::Healthy, "without {line}");
    }
}

#[test]
fn a_server_that_refuses_writes_is_unhealthy() {
    for line in [
        "used_memory:200\nmaxmemory:100\nmaxmemory_policy:noeviction",
        "aof_enabled:1\naof_last_write_status:err",
        "min_slaves_good_slaves:0",
        "loading:1",
        "redis_mode:sentinel",
    ] {
        assert_eq!(status(line), Status::Unhealthy, "{line}");
    }
    for line in [
        "used_memory:100\nmaxmemory:100\nmaxmemory_policy:noeviction",
        "used_memory:200\nmem_not_counted_for_evict:100\nmaxmemory:100\nmaxmemory_policy:noeviction",
        "aof_enabled:0\naof_last_write_status:err",
        "min_slaves_good_slaves:1",
        "role:slave\nmaster_link_status:up\nused_memory:200\nmaxmemory:100\nmaxmemory_policy:noeviction",
    ] {
        assert_eq!(status(line), Status::Healthy, "{line}");
    }
    let full = "used_memory:200\nmaxmemory:100\nmaxmemory_policy:allkeys-lru";
    assert_eq!(status(full), Status::Degraded);
}

#[test]
fn a_server_without_free_connections_is_saturated() {
    let outcome = Server::info("connected_clients:10\nmaxclients:10").outcome();
    assert_eq!(outcome.reason(), Some(Reason::Saturated));
    assert_eq!(status("connected_clients:9\nmaxclients:10"), Status::Healthy);
}

#[test]
fn a_replica_is_read_only_unless_it_takes_writes() {
    let read_only = |text: &str| Server::info(text).outcome().is_read_only();
    assert_eq!(read_only("role:slave\nslave_read_only:1"), Some(true));
    assert_eq!(read_only("role:slave"), Some(true));
    assert_eq!(read_only("role:slave\nslave_read_only:0"), Some(false));
    assert_eq!((read_only("role:active-replica"), read_only("")), (None, None));
}

#[test]
fn a_replica_without_its_primary_is_degraded_as_long_as_it_answers() {
    let server = Server::info("role:slave\nmaster_link_status:down\nmaster_link_down_since_seconds:7");
    let outcome = server.clone().says("PING", "PONG").outcome();
    assert_eq!(outcome.status(), Status::Degraded);
    assert!(outcome.message().unwrap().contains("7 s ago"), "{outcome:?}");
    let error = server.refuses("PING", "MASTERDOWN").asked().unwrap_err();
    assert_eq!(error.to_string(), "MASTERDOWN: no");
}

#[test]
fn a_failed_save_is_unhealthy_unless_writes_go_on() {
    let server = Server::info("rdb_last_bgsave_status:err");
    let (stops, save) = ("CONFIG GET stop-writes-on-bgsave-error", "CONFIG GET save");
    let status = |server: Server| server.outcome().status();
    assert_eq!(
        status(server.clone().says(stops, "yes").says(save, "3600 1")),
        Status::Unhealthy
    );
    assert_eq!(
        status(server.clone().says(stops, "no").says(save, "3600 1")),
        Status::Degraded
    );
    assert_eq!(
        status(server.clone().says(stops, "yes").says(save, "")),
        Status::Degraded
    );
    assert_eq!(status(server.refuses(stops, "NOPERM")), Status::Unhealthy);
}

#[test]
fn a_user_without_info_is_pinged() {
    let server = Server::default().refuses("INFO", "NOPERM");
    let outcome = server.clone().says("PING", "PONG").outcome();
    assert_eq!(outcome.status(), Status::Healthy);
    assert_eq!(outcome.details()[0].value.as_str(), Some("not permitted"));
    let error = server
        .clone()
        .refuses("PING", "NOPERM")
        .asked()
        .unwrap_err()
        .to_string();
    assert!(error.contains("ACL SETUSER"), "{error}");
    let error = server.refuses("PING", "NOAUTH").asked().unwrap_err().to_string();
    assert_eq!(error, "NOAUTH: no");
}

#[test]
fn the_worst_comes_first() {
    let outcome = Server::info("connected_clients:1\nmaxclients:1\nloading:1").outcome();
    assert_eq!(outcome.status(), Status::Unhealthy);
    assert!(
        outcome.message().unwrap().starts_with("the server is loading"),
        "{outcome:?}"
    );
}

#[test]
fn other_servers_name_their_own_version() {
    let version = |text: &str| Server::info(text).outcome().details()[0].value.to_string();
    assert_eq!(version("redis_version:7.2.4\nvalkey_version:8.0.1"), "valkey 8.0.1");
    assert_eq!(
        version("redis_version:7.2.4\ndragonfly_version:df-v1.2"),
        "dragonfly df-v1.2"
    );
}

#[test]
fn a_cluster_needs_all_its_slots() {
    let status = |text: &str| {
        let mut found = super::findings::Findings::default();
        judge::cluster(&ClusterInfo::read(text), &mut found);
        found.worst()
    };
    let whole = "cluster_state:ok\ncluster_slots_assigned:16384\ncluster_slots_pfail:0\ncluster_slots_fail:0";
    assert_eq!((status(whole), status("")), (Status::Healthy, Status::Healthy));
    for (from, to, expected) in [
        ("state:ok", "state:fail", Status::Unhealthy),
        ("16384", "16383", Status::Unhealthy),
        ("fail:0", "fail:5461", Status::Unhealthy), // both
        ("slots_fail:0", "slots_fail:1", Status::Unhealthy),
        ("pfail:0", "pfail:1", Status::Degraded),
    ] {
        assert_eq!(status(&whole.replace(from, to)), expected, "{from} {to}");
    }
}

proptest! {
    #[test]
    fn no_answer_panics_and_what_is_said_is_bounded(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        names in prop::collection::vec((0..24_usize, "\\PC{0,30}"), 0..24),
    ) {
        const NAMES: [&str; 24] = [
            "redis_version", "valkey_version", "dragonfly_version", "redis_mode", "server_mode", "connected_clients",
            "maxclients", "used_memory", "maxmemory", "maxmemory_policy", "mem_not_counted_for_evict", "loading",
            "rdb_last_bgsave_status", "aof_enabled", "aof_last_write_status", "role", "master_link_status",
            "master_link_down_since_seconds", "slave_read_only", "min_slaves_good_slaves", "cluster_state",
            "cluster_slots_assigned", "cluster_slots_pfail", "cluster_slots_fail",
        ];
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        for (name, value) in &names {
            text = format!("{text}\r\n{}:{value}", NAMES[*name]);
        }
        let outcome = Server::info(&text).says("PING", "PONG").refuses("CONFIG GET stop-writes-on-bgsave-error", "ERR");
        let outcome = outcome.outcome();
        prop_assert!(outcome.details().len() <= 8);
        prop_assert!(outcome.message().is_none_or(|message| message.len() < 1_000));
        let mut found = super::findings::Findings::default();
        judge::cluster(&ClusterInfo::read(&text), &mut found);
        found.of_node(&text, judge::server(&Info::read(&text)));
        prop_assert!(found.into_outcome().message().is_none_or(|message| message.len() < 2_000));
    }
}

#[test]
fn a_huge_answer_is_not_read_to_its_end() {
    let text = "é".repeat(100_000) + "\nrole:slave";
    assert_eq!(Server::info(&text).outcome().is_read_only(), None);
}
