//! The checks of Redis on the real server: what each fault is reported as, and that the check recovers without a
//! restart.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use health_runtime::testing::TestHealth;
use health_runtime::{CheckReport, Health, HealthCheck, Reason, Status};
use health_services::blackhole::Blackhole;
use health_services::servers::{Redis, RedisCluster, Server as _};
use redis_1::cluster::ClusterClientBuilder;
use redis_1::cluster_async::ClusterConnection;

const PATIENCE: Duration = Duration::from_mins(1);

const PASSWORD: &str = "secret-redis-pw";

/// An engine with one check of this value, which times out after 1 s.
fn engine(value: impl HealthCheck) -> TestHealth {
    let spec = health_runtime::CheckSpec::new("redis").timeout(Duration::from_secs(1));
    Health::builder(()).check(spec, value).manual()
}

/// Runs the check until its report is as expected. No run may reach the check's timeout: a check gives up before.
async fn until(test: &TestHealth, is_expected: impl Fn(&CheckReport) -> bool) -> CheckReport {
    let deadline = Instant::now() + PATIENCE;
    loop {
        test.refresh().await;
        test.advance(Duration::from_millis(100)); // so that the report is made anew
        let report = test.check("redis");
        assert_ne!(report.reason, Some(Reason::Timeout), "{report:#?}");
        let shown = format!("{report:?}");
        assert!(!shown.contains(PASSWORD), "{report:#?}");
        if is_expected(&report) {
            return report;
        }
        assert!(Instant::now() < deadline, "{report:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn is_healthy(report: &CheckReport) -> bool {
    report.status == Status::Healthy
}

/// Whether it is unhealthy, with this text in its message.
fn fails_with(text: &str) -> impl Fn(&CheckReport) -> bool {
    move |report| report.status == Status::Unhealthy && message(report).contains(text)
}

fn is_degraded_with(text: &str) -> impl Fn(&CheckReport) -> bool {
    move |report| report.status == Status::Degraded && message(report).contains(text)
}

fn message(report: &CheckReport) -> &str {
    report.message.as_deref().unwrap_or_default()
}

fn detail(report: &CheckReport, name: &str) -> String {
    let detail = report.details.iter().find(|detail| detail.name == name);
    detail.map_or_else(String::new, |detail| detail.value.to_string())
}

fn client(url: &str) -> redis_1::Client {
    redis_1::Client::open(url).unwrap()
}

async fn manager(server: &Redis) -> redis_1::aio::ConnectionManager {
    let config = redis_1::aio::ConnectionManagerConfig::new().set_number_of_retries(2);
    client(&server.url())
        .get_connection_manager_with_config(config)
        .await
        .unwrap()
}

async fn manager_0_32(server: &Redis) -> redis_0_32::aio::ConnectionManager {
    let config = redis_0_32::aio::ConnectionManagerConfig::new().set_max_delay(100);
    let client = redis_0_32::Client::open(server.url()).unwrap();
    client.get_connection_manager_with_config(config).await.unwrap()
}

/// What is true of everything that connects again by itself.
async fn survives_faults(server: &Redis, test: &TestHealth, refused: &str, paused: &str) {
    let report = until(test, is_healthy).await;
    assert_eq!(detail(&report, "role"), "primary");
    assert!(
        detail(&report, "version").starts_with(|first: char| first.is_ascii_digit()),
        "{report:#?}"
    );
    assert!(report.details.len() <= 8, "{report:#?}");

    server.kill();
    until(test, fails_with(refused)).await;
    server.start_again();
    until(test, is_healthy).await;

    server.pause();
    until(test, fails_with(paused)).await;
    server.resume();
    until(test, is_healthy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_survives_faults() {
    let Some(server) = Redis::start() else { return };
    server.kill(); // not there at boot
    let test = engine(client(&server.url()));
    until(&test, fails_with("Connection refused")).await;
    server.start_again();
    survives_faults(
        &server,
        &test,
        "Connection refused",
        "accepts the connection, but does not answer",
    )
    .await;
}

/// The kept connection is broken then, and the run opens another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_well_in_the_first_run_after_a_restart() {
    let Some(server) = Redis::start() else { return };
    let test = engine(client(&server.url()));
    until(&test, is_healthy).await;
    server.start_again();
    test.refresh().await;
    assert!(is_healthy(&test.check("redis")), "{:#?}", test.check("redis"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_asked_over_the_same_connection_in_each_run() {
    let Some(server) = Redis::start() else { return };
    let received = || {
        let stats = server.cli(&["info", "stats"]);
        let line = stats
            .lines()
            .find_map(|line| line.strip_prefix("total_connections_received:"));
        line.unwrap().trim().parse::<usize>().unwrap()
    };
    // Two clients that connect to the same place share a connection.
    for test in [
        engine(client(&server.url())),
        engine(vec![client(&server.url()), client(&server.url())]),
    ] {
        until(&test, is_healthy).await;
        let before = received();
        for _ in 0..20 {
            until(&test, is_healthy).await;
        }
        assert_eq!(received(), before + 1, "only the connection that asks here");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_redis_0_32_survives_faults() {
    let Some(server) = Redis::start() else { return };
    server.kill();
    let test = engine(redis_0_32::Client::open(server.url()).unwrap());
    until(&test, fails_with("Connection refused")).await;
    server.start_again();
    survives_faults(
        &server,
        &test,
        "Connection refused",
        "accepts the connection, but does not answer",
    )
    .await;
}

/// The manager reports the cause only when it has given up, which takes several runs.
#[tokio::test(flavor = "multi_thread")]
async fn a_manager_survives_faults() {
    let Some(server) = Redis::start() else { return };
    let test = engine(manager(&server).await);
    survives_faults(&server, &test, "Connection refused", "no answer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_of_redis_0_32_survives_faults() {
    let Some(server) = Redis::start() else { return };
    let test = engine(manager_0_32(&server).await);
    survives_faults(&server, &test, "Connection refused", "no answer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lazy_manager_that_finds_no_server_at_boot_survives_faults() {
    let Some(server) = Redis::start() else { return };
    server.kill();
    let config = redis_1::aio::ConnectionManagerConfig::new();
    let manager = redis_1::aio::ConnectionManager::new_lazy_with_config(client(&server.url()), config).unwrap();
    let test = engine(manager);
    until(&test, fails_with("no answer within")).await;
    until(&test, fails_with("Connection refused")).await;
    server.start_again();
    survives_faults(&server, &test, "Connection refused", "no answer").await;
}

/// A run would rarely be there when the manager gives up: here, none is.
#[tokio::test(flavor = "multi_thread")]
async fn the_error_that_a_manager_reports_between_two_runs_is_part_of_the_next_report() {
    let Some(server) = Redis::start() else { return };
    server.kill();
    let config = redis_1::aio::ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_secs(2));
    let mut manager = redis_1::aio::ConnectionManager::new_lazy_with_config(client(&server.url()), config).unwrap();
    let test = engine(manager.clone());
    test.refresh().await;
    let first = test.check("redis");
    assert!(fails_with("no answer within ")(&first), "{first:#?}");
    assert!(!message(&first).contains("the last error was"), "{first:#?}");
    let ping = redis_1::cmd("PING").exec_async(&mut manager).await;
    ping.expect_err("it waits for the same attempts as the run");
    test.refresh().await;
    let report = test.check("redis");
    assert!(message(&report).contains("ms; the last error was: "), "{report:#?}");
    assert!(message(&report).contains("Connection refused"), "{report:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_multiplexed_connection_that_is_lost_stays_unhealthy() {
    let Some(server) = Redis::start() else { return };
    let test = engine(client(&server.url()).get_multiplexed_async_connection().await.unwrap());
    until(&test, is_healthy).await;
    server.pause();
    until(&test, fails_with("no answer")).await;
    server.resume();
    until(&test, is_healthy).await;
    server.kill();
    server.start_again();
    for _ in 0..3 {
        until(&test, fails_with("the connection was lost")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_notices_that_its_password_has_changed_when_it_connects_again() {
    let Some(server) = Redis::start() else { return };
    let test = engine(client(&server.url()));
    until(&test, is_healthy).await;
    server.cli(&["config", "set", "requirepass", "other"]);
    // An open connection stays valid. This script closes all the others.
    kill_clients(&server, "other");
    until(&test, fails_with("Password authentication failed")).await;
    cli_as(&server, "other", &["config", "set", "requirepass", PASSWORD]);
    until(&test, is_healthy).await;
}

fn cli_as(server: &Redis, password: &str, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new("redis-cli");
    command.env("REDISCLI_AUTH", password);
    let output = command
        .args(["-p", &server.port().to_string()])
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn kill_clients(server: &Redis, password: &str) {
    cli_as(server, password, &["client", "kill", "type", "normal", "skipme", "yes"]);
}

/// Its driver does not try again after a refused password. So nothing that uses this manager works, and the check says
/// so.
#[tokio::test(flavor = "multi_thread")]
async fn a_manager_whose_password_was_refused_stays_unhealthy() {
    let Some(server) = Redis::start() else { return };
    let test = engine(manager(&server).await);
    until(&test, is_healthy).await;
    server.cli(&["config", "set", "requirepass", "other"]);
    kill_clients(&server, "other");
    until(&test, fails_with("Password authentication failed")).await;
    cli_as(&server, "other", &["config", "set", "requirepass", PASSWORD]);
    for _ in 0..3 {
        until(&test, fails_with("Password authentication failed")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_maximum_number_of_clients_is_saturated_with_a_connection_and_a_failure_without_one() {
    let Some(server) = Redis::start() else { return };
    let with = engine(manager(&server).await);
    until(&with, is_healthy).await;
    server.cli(&["config", "set", "maxclients", "1"]);
    let report = until(&with, is_degraded_with("accepts no more connections")).await;
    assert_eq!(report.reason, Some(Reason::Saturated));
    let without = engine(client(&server.url()));
    until(&without, fails_with("max number of clients reached")).await;
    drop(with);
    until(&without, |report| report.status == Status::Degraded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_becomes_a_replica_is_read_only_until_it_is_promoted() {
    let (Some(server), Some(other)) = (Redis::start(), Redis::start()) else {
        return;
    };
    let test = engine(client(&server.url()));
    let report = until(&test, is_healthy).await;
    assert_eq!(detail(&report, "read_only"), "false");
    server.cli(&["replicaof", "127.0.0.1", &other.port().to_string()]);
    let report = until(&test, |report| detail(report, "primary_link") == "up").await;
    assert_eq!(
        (report.status, report.reason),
        (Status::Unhealthy, Some(Reason::ReadOnly)),
        "{report:#?}"
    );
    server.cli(&["replicaof", "no", "one"]);
    until(&test, is_healthy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_healthy_and_degraded_without_its_primary() {
    let Some(server) = Redis::start() else { return };
    let replica = server.replica();
    let test = engine(client(&replica.url()));
    let report = until(&test, is_healthy).await;
    assert_eq!(
        (detail(&report, "role"), detail(&report, "read_only")),
        ("replica".into(), "true".into())
    );
    server.kill();
    until(&test, is_degraded_with("has lost its primary")).await;
    replica.cli(&["config", "set", "replica-serve-stale-data", "no"]);
    until(&test, fails_with("Link with MASTER is down")).await;
    server.start_again();
    until(&test, is_healthy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_memory_is_full_is_unhealthy_if_it_does_not_evict() {
    let Some(server) = Redis::start() else { return };
    let test = engine(client(&server.url()));
    until(&test, is_healthy).await;
    server.cli(&["config", "set", "maxmemory", "100000"]);
    assert!(server.cli(&["set", "a", "b"]).contains("OOM"));
    until(&test, fails_with("its memory is full")).await;
    server.cli(&["config", "set", "maxmemory", "0"]);
    until(&test, is_healthy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_save_is_unhealthy_while_it_stops_writes() {
    let Some(server) = Redis::start() else { return };
    let test = engine(client(&server.url()));
    until(&test, is_healthy).await;
    let folder = server.instance().folder().to_owned();
    let dump = Obstacle::new(folder.join("dump.rdb"));
    server.cli(&["config", "set", "save", "3600 1"]);
    server.cli(&["set", "a", "b"]);
    server.cli(&["bgsave"]);
    until(&test, fails_with("background save failed")).await;
    assert!(server.cli(&["set", "a", "b"]).contains("MISCONF"));
    server.cli(&["config", "set", "stop-writes-on-bgsave-error", "no"]);
    until(&test, is_degraded_with("background save failed")).await;
    server.cli(&["config", "set", "stop-writes-on-bgsave-error", "yes", "save", ""]);
    until(&test, is_degraded_with("background save failed")).await;
    drop(dump);
    server.cli(&["bgsave"]);
    until(&test, is_healthy).await;
}

/// A folder in the place of a file, so that not even root can write the file.
struct Obstacle(PathBuf);

impl Obstacle {
    fn new(place: PathBuf) -> Self {
        let _ = std::fs::remove_file(&place);
        std::fs::create_dir(&place).unwrap();
        std::fs::write(place.join("full"), "").unwrap();
        Self(place)
    }
}

impl Drop for Obstacle {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_demands_more_replicas_is_unhealthy() {
    let Some(server) = Redis::start() else { return };
    let test = engine(client(&server.url()));
    until(&test, is_healthy).await;
    server.cli(&["config", "set", "min-replicas-to-write", "1"]);
    assert!(server.cli(&["set", "a", "b"]).contains("NOREPLICAS"));
    until(&test, fails_with("fewer replicas")).await;
    server.cli(&["config", "set", "min-replicas-to-write", "0"]);
    until(&test, is_healthy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_loads_its_data_is_unhealthy() {
    let settings = [
        ("appendonly", "no"),
        ("enable-debug-command", "yes"),
        ("key-load-delay", "200"), // in microseconds
        ("loading-process-events-interval-bytes", "1024"),
    ];
    let Some(server) = Redis::start_with(&settings) else {
        return;
    };
    server.cli(&["debug", "populate", "20000", "key", "100"]);
    server.cli(&["save"]);
    assert!(server.instance().folder().join("dump.rdb").exists());
    let test = engine(client(&server.url()));
    until(&test, is_healthy).await;
    std::thread::scope(|scope| {
        let loads = scope.spawn(|| server.start_again());
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(until(&test, fails_with("loading its data")))
        });
        loads.join().unwrap();
    });
    until(&test, is_healthy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_may_not_run_info_is_pinged() {
    let Some(server) = Redis::start() else { return };
    server.cli(&["acl", "setuser", "guest", "on", ">pw", "~*", "+@all", "-info"]);
    let test = engine(client(&format!("redis://guest:pw@127.0.0.1:{}/", server.port())));
    let report = until(&test, is_healthy).await;
    assert_eq!(detail(&report, "info"), "not permitted");
    server.cli(&["acl", "setuser", "guest", "-ping"]);
    until(&test, fails_with("ACL SETUSER")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn something_else_that_listens_is_told_apart() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let test = engine(client(&format!("redis://{}/", listener.local_addr().unwrap())));
    until(&test, fails_with("accepts the connection, but does not answer")).await;
    drop(listener);
    until(&test, fails_with("Connection refused")).await;
}

/// 1,000 runs, a third of them cut off, leave one connection behind, and it gives the right answers.
#[tokio::test(flavor = "multi_thread")]
async fn runs_that_are_cut_off_leave_no_connection_behind() {
    let Some(server) = Redis::start() else { return };
    let client = client(&server.url());
    let manager = manager(&server).await;
    let (by_client, by_manager) = (engine(client), engine(manager.clone()));
    until(&by_client, is_healthy).await;
    until(&by_manager, is_healthy).await;
    let before = server.connections();
    for run in 0..1_000_u32 {
        let both = async { tokio::join!(by_client.refresh(), by_manager.refresh()) };
        if run % 3 == 0 {
            let cut = Duration::from_micros(u64::from(run % 300));
            let _ = tokio::time::timeout(cut, both).await;
        } else {
            both.await;
        }
    }
    until(&by_client, is_healthy).await;
    until(&by_manager, is_healthy).await;
    let mut connection = manager;
    let answer: String = redis_1::cmd("ECHO")
        .arg("mine")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(answer, "mine");
    let deadline = Instant::now() + PATIENCE;
    while server.connections() != before {
        assert!(
            Instant::now() < deadline,
            "{} connections, not {before}",
            server.connections()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_server_does_not_collect_connections() {
    let Some(server) = Redis::start() else { return };
    let test = engine(client(&server.url()));
    until(&test, is_healthy).await;
    let before = server.connections();
    server.pause();
    for _ in 0..8 {
        until(&test, fails_with("no")).await;
    }
    server.resume();
    until(&test, is_healthy).await;
    let deadline = Instant::now() + PATIENCE;
    while server.connections() != before {
        assert!(
            Instant::now() < deadline,
            "{} connections, not {before}",
            server.connections()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn cluster_connection(cluster: &RedisCluster) -> ClusterConnection {
    ClusterClientBuilder::new(cluster.urls())
        .retries(1)
        .build()
        .unwrap()
        .get_async_connection()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_unhealthy_while_a_node_is_missing() {
    let Some(cluster) = RedisCluster::start() else { return };
    let test = engine(cluster_connection(&cluster).await);
    let report = until(&test, is_healthy).await;
    assert_eq!(
        (detail(&report, "nodes"), detail(&report, "read_only")),
        ("3".into(), "false".into())
    );
    cluster.nodes()[1].kill();
    until(&test, |report| report.status == Status::Unhealthy).await;
    until(&test, fails_with("the cluster is down")).await;
    cluster.nodes()[1].start_again();
    until(&test, is_healthy).await;
    cluster.nodes()[2].pause();
    until(&test, |report| report.status == Status::Unhealthy).await;
    cluster.nodes()[2].resume();
    until(&test, is_healthy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_with_a_full_node_is_unhealthy() {
    let Some(cluster) = RedisCluster::start() else { return };
    let test = engine(cluster_connection(&cluster).await);
    until(&test, is_healthy).await;
    let node = &cluster.nodes()[0];
    node.cli(&["config", "set", "maxmemory", "100000"]);
    let report = until(&test, fails_with("its memory is full")).await;
    assert!(message(&report).contains(&node.port().to_string()), "{report:#?}");
    node.cli(&["config", "set", "maxmemory", "0"]);
    until(&test, is_healthy).await;
}

/// `cluster-require-full-coverage no`: the other slots are still served.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_unhealthy_while_a_slot_is_not_served() {
    let Some(cluster) = RedisCluster::start() else { return };
    for node in cluster.nodes() {
        node.cli(&["config", "set", "cluster-require-full-coverage", "no"]);
    }
    let test = engine(cluster_connection(&cluster).await);
    until(&test, is_healthy).await;
    let node = &cluster.nodes()[0];
    let slots = node.cli(&["cluster", "slots"]);
    assert!(!slots.is_empty());
    node.cli(&["cluster", "delslots", "0"]);
    until(&test, fails_with("no node serves")).await;
    node.cli(&["cluster", "addslots", "0"]);
    until(&test, is_healthy).await;
}

fn deadpool(url: &str) -> deadpool_redis_0_23::Pool {
    let config = deadpool_redis_0_23::Config::from_url(url);
    let builder = config.builder().unwrap().max_size(3);
    builder.runtime(deadpool_redis_0_23::Runtime::Tokio1).build().unwrap()
}

fn bb8(url: &str) -> bb8_redis_0_26::bb8::Pool<bb8_redis_0_26::RedisConnectionManager> {
    let manager = bb8_redis_0_26::RedisConnectionManager::new(url).unwrap();
    bb8_redis_0_26::bb8::Pool::builder()
        .max_size(3)
        .build_unchecked(manager)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_deadpool_survives_faults() {
    let Some(server) = Redis::start() else { return };
    server.kill();
    let test = engine(deadpool(&server.url()));
    until(&test, fails_with("Connection refused")).await;
    server.start_again();
    pool_survives_faults(&server, &test, "max number of clients reached").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_bb8_survives_faults() {
    let Some(server) = Redis::start() else { return };
    server.kill();
    let test = engine(bb8(&server.url()));
    until(&test, fails_with("Connection refused")).await;
    server.start_again();
    pool_survives_faults(&server, &test, "no connection").await;
}

async fn pool_survives_faults(server: &Redis, test: &TestHealth, too_many: &str) {
    let report = until(test, is_healthy).await;
    assert_eq!(
        (detail(&report, "role"), detail(&report, "max")),
        ("primary".into(), "3".into())
    );
    server.kill();
    until(test, fails_with("Connection refused")).await;
    server.start_again();
    until(test, is_healthy).await;
    server.pause();
    until(test, fails_with("no")).await;
    server.resume();
    until(test, is_healthy).await;

    server.cli(&["config", "set", "requirepass", "other"]);
    kill_clients(server, "other");
    until(test, fails_with("Password authentication failed")).await;
    cli_as(server, "other", &["config", "set", "requirepass", PASSWORD]);
    until(test, is_healthy).await;

    server.cli(&["config", "set", "maxmemory", "100000"]);
    until(test, fails_with("its memory is full")).await;
    server.cli(&["config", "set", "maxmemory", "0"]);
    until(test, is_healthy).await;

    let other = client(&server.url());
    let mut other = other.get_multiplexed_async_connection().await.unwrap();
    let mut maxclients = async |most: u32| {
        let _: String = redis_1::cmd("CONFIG")
            .arg("SET")
            .arg("maxclients")
            .arg(most)
            .query_async(&mut other)
            .await
            .unwrap();
        let kill = redis_1::cmd("CLIENT")
            .arg("KILL")
            .arg("TYPE")
            .arg("normal")
            .query_async::<u32>(&mut other)
            .await;
        kill.unwrap();
    };
    maxclients(1).await;
    until(test, fails_with(too_many)).await;
    maxclients(100).await;
    until(test, is_healthy).await;

    let primary = Redis::start().unwrap();
    let port = primary.port().to_string();
    server.cli(&["replicaof", "127.0.0.1", &port]);
    until(test, |report| report.reason == Some(Reason::ReadOnly)).await;
    server.cli(&["replicaof", "no", "one"]);
    until(test, is_healthy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_pool_of_deadpool_is_saturated_and_its_server_is_still_asked() {
    let Some(server) = Redis::start() else { return };
    let pool = deadpool(&server.url());
    let test = engine(pool.clone());
    until(&test, is_healthy).await;
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(pool.get().await.unwrap());
    }
    full(&server, &test, 1, || taken.clear()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_pool_of_bb8_is_saturated_and_its_server_is_still_asked() {
    let Some(server) = Redis::start() else { return };
    let pool = bb8(&server.url());
    let test = engine(pool.clone());
    until(&test, is_healthy).await;
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(pool.get_owned().await.unwrap());
    }
    full(&server, &test, 0, || taken.clear()).await;
}

/// `kept` is how many connections the check keeps for itself.
async fn full(server: &Redis, test: &TestHealth, kept: usize, give_back: impl FnOnce()) {
    for _ in 0..3 {
        test.refresh().await;
        let report = test.check("redis");
        assert_eq!(report.reason, Some(Reason::Saturated), "{report:#?}");
        assert_eq!(detail(&report, "in_use"), "3");
    }
    assert_eq!(server.connections(), 3 + kept);
    server.kill();
    until(test, fails_with("Connection refused")).await;
    server.start_again();
    let again = if kept == 0 {
        Reason::Exhausted
    } else {
        Reason::Saturated
    }; // without a memory, the engine decides
    until(test, |report| report.reason == Some(again)).await;
    give_back();
    until(test, is_healthy).await;
}

/// Two pools in one check have nothing to do with each other.
#[tokio::test(flavor = "multi_thread")]
async fn pools_of_one_check_are_told_apart() {
    let (Some(well), Some(dead)) = (Redis::start(), Redis::start()) else {
        return;
    };
    let pools = vec![deadpool(&well.url()), deadpool(&dead.url())];
    let test = engine(pools.clone());
    until(&test, is_healthy).await;
    let mut taken = Vec::new();
    for pool in &pools {
        for _ in 0..3 {
            taken.push(pool.get().await.unwrap());
        }
    }
    until(&test, |report| report.reason == Some(Reason::Saturated)).await;
    dead.kill();
    until(&test, |report| report.status == Status::Unhealthy).await;
    assert_eq!(
        test.check("redis").parts[1].status,
        Status::Degraded,
        "the other is only full"
    );
}

fn fred(url: &str) -> fred_10::clients::Client {
    use fred_10::interfaces::ClientLike as _;
    let config = fred_10::types::config::Config::from_url(url).unwrap();
    let mut builder = fred_10::types::Builder::from_config(config);
    builder.set_policy(fred_10::types::config::ReconnectPolicy::new_constant(0, 50));
    let client = builder.build().unwrap();
    drop(client.connect()); // it goes on
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_fred_survives_faults() {
    let Some(server) = Redis::start() else { return };
    let client = fred(&server.url());
    let test = engine(client.clone());
    survives_faults(&server, &test, "refused", "no answer").await;

    server.cli(&["config", "set", "requirepass", "other"]);
    kill_clients(&server, "other");
    until(&test, fails_with("WRONGPASS")).await;
    cli_as(&server, "other", &["config", "set", "requirepass", PASSWORD]);
    drop(client);
}

/// A command would wait in the queue of the client for 3/4 of the time, and 3/4 of the rest would be left for the
/// cause.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_fred_without_a_connection_gets_no_command() {
    const AFTER_A_COMMAND: u32 = 1000 / 4 * 3 / 4;
    let hole = Blackhole::new();
    let test = engine(fred(&format!("redis://{}", hole.address())));
    let report = until(&test, fails_with("no connection within ")).await;
    let waited = message(&report)["no connection within ".len()..].trim_end_matches(" ms");
    assert!(waited.parse::<u32>().unwrap() > AFTER_A_COMMAND, "{report:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_fred_who_may_not_run_info_is_pinged() {
    let Some(server) = Redis::start() else { return };
    server.cli(&["acl", "setuser", "guest", "on", ">pw", "~*", "+@all", "-info"]);
    let test = engine(fred(&format!("redis://guest:pw@127.0.0.1:{}/", server.port())));
    let report = until(&test, is_healthy).await;
    assert_eq!(detail(&report, "info"), "not permitted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_fred_is_unhealthy_while_a_node_is_missing() {
    let Some(cluster) = RedisCluster::start() else { return };
    let url = cluster.urls()[0].replace("redis://", "redis-cluster://");
    let test = engine(fred(&url));
    let report = until(&test, is_healthy).await;
    assert_eq!(detail(&report, "nodes"), "3");
    cluster.nodes()[1].kill();
    until(&test, |report| report.status == Status::Unhealthy).await;
    cluster.nodes()[1].start_again();
    until(&test, is_healthy).await;
}
