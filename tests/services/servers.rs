//! The servers do what tests need: they answer, pause, die, come back with their data, and leave nothing behind.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use health_services::servers::{MariaDb, Nats, PgBouncer, Postgres, RabbitMq, Redis, RedisCluster, Server};

const SOON: Duration = Duration::from_secs(5);
const BRIEFLY: Duration = Duration::from_millis(300);

/// What is true of every server. `write` leaves something that `read` finds after a restart.
fn keeps_the_promises<S: Server>(server: S, write: impl Fn(&S), read: impl Fn(&S) -> bool) {
    assert!(server.answers(SOON));
    write(&server);

    server.kill();
    let refused = TcpStream::connect(("127.0.0.1", server.port())).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert_eq!(processes_of(&server), Vec::<String>::new());

    let port = server.port();
    server.start_again();
    assert_eq!(server.port(), port);
    assert!(server.answers(SOON));
    assert!(read(&server), "it lost its data when it was killed");

    server.pause();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    assert!(!server.answers(BRIEFLY));
    server.resume();
    assert!(server.answers(SOON));

    server.stop();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert_eq!(processes_of(&server), Vec::<String>::new());
    server.start_again();
    assert!(read(&server), "it lost its data when it was stopped");

    server.pause();
    leaves_nothing(server);
}

/// Also if it is paused.
fn leaves_nothing<S: Server>(server: S) {
    assert_ne!(
        processes_of(&server),
        Vec::<String>::new(),
        "the search finds processes"
    );
    let folder = server.instance().folder().to_owned();
    drop(server);
    assert!(!folder.exists());
    assert_eq!(processes_in(&folder), Vec::<String>::new());
}

fn processes_of(server: &impl Server) -> Vec<String> {
    processes_in(server.instance().folder())
}

/// The processes that work in this folder or have it in their arguments. Each process of a server does: it inherits its
/// working directory, and changes it only to a folder inside of this one.
fn processes_in(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let process = entry.path();
        let arguments = std::fs::read(process.join("cmdline")).unwrap_or_default();
        let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
        let works_there = std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
        if works_there || arguments.contains(folder.to_str().unwrap()) {
            found.push(format!("{} {arguments}", process.display()));
        }
    }
    found
}

#[test]
fn a_test_can_share_a_server_between_threads() {
    fn is_shareable<T: Send + Sync + 'static>() {}
    is_shareable::<(Postgres, PgBouncer, MariaDb)>();
    is_shareable::<(Redis, RedisCluster, RabbitMq, Nats)>();
}

#[test]
fn a_server_that_cannot_start_shows_its_log() {
    let start = || Postgres::start_with(&[("no_such_setting", "1")]);
    let Err(panic) = std::panic::catch_unwind(start) else {
        return; // it is not installed
    };
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(
        text.contains("unrecognized configuration parameter \"no_such_setting\""),
        "{text}"
    );
}

#[test]
fn postgres_keeps_the_promises() {
    let Some(postgres) = Postgres::start() else { return };
    let write = |postgres: &Postgres| {
        postgres.sql("create table orders (id int); insert into orders values (1), (2)");
    };
    keeps_the_promises(postgres, write, |postgres| {
        postgres.sql("select count(*) from orders") == "2"
    });
}

#[test]
fn redis_keeps_the_promises() {
    let Some(redis) = Redis::start() else { return };
    let write = |redis: &Redis| assert_eq!(redis.cli(&["set", "order", "1"]), "OK");
    keeps_the_promises(redis, write, |redis| redis.cli(&["get", "order"]) == "1");
}

#[test]
fn a_redis_replica_follows_its_primary() {
    let Some(redis) = Redis::start() else { return };
    redis.cli(&["set", "order", "1"]);
    let replica = redis.replica();
    assert_eq!(replica.cli(&["get", "order"]), "1");
    assert_eq!(redis.connections(), 0);
    let _idle = TcpStream::connect(("127.0.0.1", redis.port())).unwrap();
    assert_eq!(redis.connections(), 1);
    leaves_nothing(replica);
    leaves_nothing(redis);
}

#[test]
fn a_redis_cluster_fails_without_one_of_its_nodes() {
    let Some(cluster) = RedisCluster::start() else { return };
    assert!(cluster.is_ok());
    assert_eq!(cluster.urls().len(), 3);
    let [first, second, _] = cluster.nodes() else { panic!() };
    let says = |state: &str| first.cli(&["cluster", "info"]).contains(state);
    second.kill();
    until("the cluster fails", || says("cluster_state:fail"));
    second.start_again();
    until("the cluster is complete again", || says("cluster_state:ok"));
}

#[test]
fn mariadb_keeps_the_promises() {
    let Some(mariadb) = MariaDb::start() else { return };
    let write = |mariadb: &MariaDb| {
        mariadb.sql("create table orders (id int); insert into orders values (1), (2)");
    };
    keeps_the_promises(mariadb, write, |mariadb| {
        mariadb.sql("select count(*) from orders") == "2"
    });
}

#[test]
fn pgbouncer_keeps_the_promises() {
    let Some(postgres) = Postgres::start() else { return };
    let Some(pool) = PgBouncer::start(&postgres) else {
        return;
    };
    keeps_the_promises(
        pool,
        |_| (),
        |pool| psql(&pool.url(), "select 1") == Some("1".to_owned()),
    );
}

#[test]
fn rabbitmq_keeps_the_promises() {
    let Some(rabbitmq) = RabbitMq::start() else { return };
    let write = |rabbitmq: &RabbitMq| {
        rabbitmq.ctl(&["add_vhost", "orders"]);
    };
    keeps_the_promises(rabbitmq, write, |rabbitmq| {
        rabbitmq.ctl(&["list_vhosts"]).lines().any(|line| line == "orders")
    });
}

#[test]
fn nats_keeps_the_promises() {
    let Some(nats) = Nats::start() else { return };
    keeps_the_promises(nats, |_| (), |_| true); // it has no data
}

/// What a client gets from this URL, or `None` if it is refused.
fn psql(url: &str, statement: &str) -> Option<String> {
    let output = Command::new("psql")
        .args(["-XAt", "-c", statement, url])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    output.status.success().then(|| text.trim().to_owned())
}

/// A client that stays connected until it is dropped, unless the server has refused it.
struct Client(Child);

impl Drop for Client {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn open(url: &str) -> Client {
    let mut command = Command::new("psql");
    command.args(["-XAt", url]).stdin(Stdio::piped()).stderr(Stdio::null());
    Client(command.spawn().unwrap())
}

/// Opens connections until the server is full. Some are refused on the way: `is_full` itself takes a connection.
fn fill(open: impl Fn() -> Client, is_full: impl Fn() -> bool) -> Vec<Client> {
    let mut clients = Vec::new();
    until("all connections are taken", || {
        clients.push(open());
        is_full()
    });
    clients
}

fn until(what: &str, mut look: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !look() {
        assert!(Instant::now() < deadline, "it did not happen in twenty seconds: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_postgres_client_needs_the_password_that_is_valid_now() {
    let Some(postgres) = Postgres::start() else { return };
    let old = postgres.url();
    assert_eq!(
        old,
        format!("postgres://app:secret-app-pw@127.0.0.1:{}/app", postgres.port())
    );
    assert_eq!(psql(&old, "select current_user").as_deref(), Some("app"));
    assert!(
        psql(&old, "create table orders (id int)").is_some(),
        "it owns the database"
    );
    postgres.set_password("it's/new");
    assert_eq!(psql(&old, "select 1"), None);
    assert_eq!(psql(&postgres.url(), "select 1").as_deref(), Some("1"));
    assert_eq!(psql(&old.replace("app:secret-app-pw", "postgres"), "select 1"), None);
}

#[test]
fn a_full_postgres_still_answers_the_superuser() {
    let Some(postgres) = Postgres::start_with(&[("max_connections", "5")]) else {
        return;
    };
    let is_full = || postgres.connections() == 2 && psql(&postgres.url(), "select 1").is_none();
    let clients = fill(|| open(&postgres.url()), is_full);
    drop(clients);
    until("all connections are closed", || postgres.connections() == 0);
}

#[test]
fn a_paused_postgres_does_not_answer_on_an_open_connection() {
    let Some(postgres) = Postgres::start() else { return };
    let mut command = Command::new("psql");
    command
        .args(["-XAt", &postgres.url()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut client = Client(command.spawn().unwrap());
    let mut questions = client.0.stdin.take().unwrap();
    let mut answers = BufReader::new(client.0.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    writeln!(questions, "select 1;").unwrap();
    assert_eq!(answers.next().unwrap(), "1");

    postgres.pause();
    let paused = Instant::now();
    writeln!(questions, "select 2;").unwrap();
    let resume = std::thread::spawn(move || {
        std::thread::sleep(BRIEFLY);
        postgres.resume();
        postgres
    });
    assert_eq!(answers.next().unwrap(), "2");
    assert!(paused.elapsed() >= BRIEFLY, "{:?}", paused.elapsed());
    resume.join().unwrap();
}

#[test]
fn a_postgres_standby_takes_over_and_the_old_primary_follows_it() {
    let Some(first) = Postgres::start() else { return };
    first.sql("create table orders (id int); insert into orders values (1)");
    let second = first.standby();
    assert_eq!(second.sql("select pg_is_in_recovery()"), "t");
    first.sql("insert into orders values (2)");
    until("the standby has the second order", || {
        second.sql("select count(*) from orders") == "2"
    });
    assert_eq!(psql(&second.url(), "select pg_is_in_recovery()").as_deref(), Some("t"));

    first.kill();
    second.promote();
    assert_eq!(second.sql("select pg_is_in_recovery()"), "f");
    second.sql("insert into orders values (3)");

    let port = first.port();
    first.demote_to_standby_of(&second);
    assert_eq!(first.port(), port);
    assert_eq!(first.sql("select pg_is_in_recovery()"), "t");
    assert_eq!(first.sql("select count(*) from orders"), "3");

    // And back, this time with both running.
    first.promote();
    second.demote_to_standby_of(&first);
    first.sql("insert into orders values (4)");
    until("the standby has the fourth order", || {
        second.sql("select count(*) from orders") == "4"
    });
    leaves_nothing(second);
    leaves_nothing(first);
}

#[test]
fn pgbouncer_has_fewer_connections_than_clients() {
    let Some(postgres) = Postgres::start() else { return };
    let Some(pool) = PgBouncer::start_with(&postgres, &[("default_pool_size", "1")]) else {
        return;
    };
    for _ in 0..3 {
        assert_eq!(psql(&pool.url(), "select current_user").as_deref(), Some("app"));
    }
    assert_eq!(postgres.connections(), 1);
}

#[test]
fn a_mariadb_client_needs_the_password_that_is_valid_now() {
    let Some(mariadb) = MariaDb::start_with(&[("max_connections", "10")]) else {
        return;
    };
    let client = |password: &str| {
        let mut command = Command::new("mariadb");
        command.args([
            "--no-defaults",
            "--protocol=tcp",
            "--host=127.0.0.1",
            "--user=app",
            "app",
        ]);
        command.args([format!("--port={}", mariadb.port()), format!("--password={password}")]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    };
    let logs_in = |password: &str| {
        client(password)
            .args(["-e", "create table if not exists t (id int)"])
            .status()
            .unwrap()
            .success()
    };
    assert!(logs_in("secret-app-pw"));
    mariadb.set_password("it's new");
    assert!(!logs_in("secret-app-pw"));
    assert!(logs_in("it's new"));
    assert!(mariadb.url().contains("app:it%27s%20new@"));

    let is_full = || mariadb.connections() == 10 && !logs_in("it's new");
    let clients = fill(|| Client(client("it's new").spawn().unwrap()), is_full);
    drop(clients);
    until("all connections are closed", || mariadb.connections() == 0);
}

/// What is still open when this process is killed. For the test below.
#[test]
#[ignore = "it never ends"]
fn all_servers_run_until_this_process_is_killed() {
    let postgres = Postgres::start();
    let pool = postgres.as_ref().and_then(PgBouncer::start);
    let others = (MariaDb::start(), Redis::start(), RabbitMq::start(), Nats::start());
    fn folder<S: Server>(server: Option<&S>) {
        if let Some(server) = server {
            println!("folder: {}", server.instance().folder().display());
        }
    }
    folder(postgres.as_ref());
    folder(pool.as_ref());
    folder(others.0.as_ref());
    folder(others.1.as_ref());
    folder(others.2.as_ref());
    folder(others.3.as_ref());
    println!("all run");
    std::thread::sleep(Duration::from_mins(1));
}

#[test]
fn no_server_survives_the_process_that_started_it() {
    let mut tests = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "all_servers_run_until_this_process_is_killed",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(tests.stdout.take().unwrap());
    let lines = output.lines().map(Result::unwrap);
    let folders: Vec<_> = lines
        .take_while(|line| line != "all run")
        .filter_map(|line| line.strip_prefix("folder: ").map(PathBuf::from))
        .collect();
    for folder in &folders {
        assert_ne!(processes_in(folder), Vec::<String>::new());
    }
    tests.kill().unwrap();
    tests.wait().unwrap();
    for folder in &folders {
        until("they end", || processes_in(folder).is_empty());
        remove_shared_memory(folder);
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// What a killed `PostgreSQL` leaves behind, so that each run of these tests does not add one.
fn remove_shared_memory(folder: &Path) {
    let file = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
    if let Some(key_and_id) = file.lines().nth(6) {
        let id = key_and_id.split_whitespace().last().unwrap();
        let removed = Command::new("ipcrm").args(["--shmem-id", id]).status().unwrap();
        assert!(removed.success());
    }
}

#[test]
#[ignore = "it only measures"]
fn start_times() {
    fn measure<T>(name: &str, start: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let started = start();
        println!("| {name} | {:.2} s |", begun.elapsed().as_secs_f32());
        started
    }
    let postgres = measure("Postgres::start", Postgres::start).unwrap();
    measure("Postgres::start_again after kill", || postgres.start_again());
    let standby = measure("Postgres::standby", || postgres.standby());
    postgres.kill();
    measure("Postgres::promote", || standby.promote());
    measure("Postgres::demote_to_standby_of", || {
        postgres.demote_to_standby_of(&standby);
    });
    measure("PgBouncer::start", || PgBouncer::start(&standby)).unwrap();
    let mariadb = measure("MariaDb::start", MariaDb::start).unwrap();
    measure("MariaDb::start_again after kill", || mariadb.start_again());
    let redis = measure("Redis::start", Redis::start).unwrap();
    measure("Redis::start_again after kill", || redis.start_again());
    measure("Redis::replica", || redis.replica());
    measure("RedisCluster::start", RedisCluster::start).unwrap();
    let rabbitmq = measure("RabbitMq::start", RabbitMq::start).unwrap();
    measure("RabbitMq::start_again after kill", || rabbitmq.start_again());
    measure("RabbitMq::ctl", || rabbitmq.ctl(&["list_vhosts"]));
    measure("Nats::start", Nats::start).unwrap();
    measure("drop of Postgres", || drop(postgres));
    measure("drop of RabbitMQ", || drop(rabbitmq));
}
