//! `sqlx::PgPool` behind PgBouncer, which pools transactions.

use std::time::Instant;

use health_services::blackhole::Blackhole;
use health_services::servers::{PgBouncer, Postgres, Server};
use health_services::soak::{ran_alone, soak_pool};
use health_services::{Faults, Watched};
use sqlx_0_9::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx_0_9::{AssertSqlSafe, Executor as _, Row as _};

/// Without prepared statements: a transaction may get a connection on which they do not exist.
fn pool(url: &str) -> PgPool {
    let options: PgConnectOptions = url.parse().unwrap();
    PgPoolOptions::new()
        .max_connections(5)
        .connect_lazy_with(options.statement_cache_capacity(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_told_from_the_others_and_recovery_needs_no_restart() {
    let Some(server) = Postgres::start() else { return };
    let Some(bouncer) = PgBouncer::start(&server) else {
        return;
    };
    let mut faults = Faults::new("PgBouncer (transactions) with sqlx 0.9".to_owned());
    bouncer.kill();
    let watched = Watched::new(pool(&bouncer.url()));
    let refused = "Connection refused";
    let again = || bouncer.start_again();
    faults.add("not there at boot", &watched, refused, || {}, again).await;
    faults.add("killed", &watched, refused, || bouncer.kill(), again).await;
    faults
        .add(
            "hangs (SIGSTOP)",
            &watched,
            "no answer within",
            || bouncer.pause(),
            || bouncer.resume(),
        )
        .await;
    faults
        .add(
            "refuses: as many clients as it accepts (`max_client_conn`)",
            &watched,
            "max_client_conn",
            || drop(bouncer.console("SET max_client_conn = 0; KILL app; RESUME app")),
            || drop(bouncer.console("SET max_client_conn = 100")),
        )
        .await;
    // PgBouncer does not tell its clients why.
    let cannot_log_in = "server login has been failing";
    faults
        .add(
            "PostgreSQL behind it is killed",
            &watched,
            cannot_log_in,
            || server.kill(),
            || server.start_again(),
        )
        .await;
    faults
        .add(
            "PostgreSQL behind it hangs (SIGSTOP)",
            &watched,
            "no answer within",
            || server.pause(),
            || server.resume(),
        )
        .await;
    let end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'";
    let set = |statement: &str| {
        server.sql(statement);
        server.sql(end_all);
    };
    faults
        .add(
            "PostgreSQL behind it refuses the password of PgBouncer",
            &watched,
            cannot_log_in,
            || set("ALTER ROLE app PASSWORD 'secret-other'"),
            || set("ALTER ROLE app PASSWORD 'secret-app-pw'"),
        )
        .await;
    let began = Instant::now();
    let hole = Blackhole::new();
    let nowhere = Watched::new(pool(&format!("postgres://app:secret@{}/app", hole.address())));
    let report = nowhere.until_error("no connection").await;
    faults.push("blackholed address", &report, began.elapsed(), None);
    faults.compare();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_runs_of_which_a_third_is_cut_off_leave_nothing_behind() {
    if ran_alone() {
        return;
    }
    let Some(server) = Postgres::start() else { return };
    let server = server.with_fast_logins();
    let Some(bouncer) = PgBouncer::start_with(&server, &[("auth_type", "md5")]) else {
        return;
    };
    let pool = pool(&bouncer.url());
    let clients = || bouncer.console("SHOW CLIENTS").lines().count();
    soak_pool(pool.clone(), 5 + 1, clients).await; // the console is a client too
    assert!(
        server.connections() <= 2,
        "the pool of PgBouncer is larger than it may be"
    );
    let mut taken = Vec::new();
    for value in 0..5 {
        let mut connection = pool.acquire().await.unwrap();
        // A simple query: a prepared one may get two connections.
        let row = connection
            .fetch_one(AssertSqlSafe(format!("SELECT {value}")))
            .await
            .unwrap();
        let answer: i32 = row.get(0);
        assert_eq!(answer, value, "the connection is in the middle of another answer");
        taken.push(connection);
    }
}
