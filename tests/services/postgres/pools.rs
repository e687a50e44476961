//! The tests of every pool other than those of sqlx.

use std::time::{Duration, Instant};

use health_runtime::{CheckReport, CheckSpec, HealthCheck, Reason, Status};
use health_services::blackhole::Blackhole;
use health_services::servers::{PgBouncer, Postgres, Server};
use health_services::soak::{ran_alone, runs_while_full, soak_pool};
use health_services::watched::message;
use health_services::{Faults, Watched};

const SECOND: Duration = Duration::from_secs(1);

/// A pool of five connections.
pub(crate) trait TestPool: HealthCheck + Clone {
    /// The crate and its version.
    const NAME: &str;
    /// What the check reports if nothing listens.
    const REFUSED: &str = "Connection refused";
    /// Whether the crate prepares each query. PgBouncer 1.20 and older cannot serve that in transaction mode.
    const PREPARES: bool = false;
    type Taken: Send;

    fn to(url: &str) -> Self;

    async fn take(&self) -> Self::Taken;

    /// Lets the database answer this value.
    async fn echo(connection: &mut Self::Taken, value: i32) -> i32;
}

/// Tests this pool.
macro_rules! tests_of {
    ($pool:ty) => {
        $crate::pools::tests_of! {
            $pool:
            each_fault_is_told_from_the_others_and_recovery_needs_no_restart
            a_demoted_primary_is_read_only_and_a_standby_is_well
            a_full_pool_is_saturated_until_nothing_has_come_back_for_max_age
            the_database_of_a_full_pool_is_still_asked
            a_database_that_accepts_no_more_connections_is_as_busy_as_a_full_pool
            ten_thousand_runs_of_which_a_third_is_cut_off_leave_nothing_behind
            a_pool_behind_pgbouncer_in_transaction_mode_works
        }
    };
    ($pool:ty: $($test:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                $crate::pools::$test::<$pool>().await;
            }
        )*
    };
}
pub(crate) use tests_of;

pub(crate) async fn each_fault_is_told_from_the_others_and_recovery_needs_no_restart<P: TestPool>() {
    let Some(server) = Postgres::start() else { return };
    let mut faults = Faults::new(format!("PostgreSQL with {}", P::NAME));
    server.kill();
    let watched = Watched::new(P::to(&server.url()));
    let restart = || server.start_again();
    faults
        .add("not there at boot", &watched, P::REFUSED, || {}, restart)
        .await;
    faults
        .add("killed", &watched, P::REFUSED, || server.kill(), restart)
        .await;
    faults
        .add(
            "hangs (SIGSTOP)",
            &watched,
            " within ",
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
            "password rotated",
            &watched,
            "password authentication failed",
            || set("ALTER ROLE app PASSWORD 'secret-other'"),
            || set("ALTER ROLE app PASSWORD 'secret-app-pw'"),
        )
        .await;
    faults
        .add(
            "connections exhausted",
            &watched,
            "too many",
            || set("ALTER ROLE app CONNECTION LIMIT 0"),
            || set("ALTER ROLE app CONNECTION LIMIT -1"),
        )
        .await;
    let standby = server.standby();
    let failover = || {
        server.stop();
        standby.promote();
        server.demote_to_standby_of(&standby);
    };
    let back = || {
        standby.stop();
        server.promote();
    };
    let fault = "failover to a standby, and the old primary follows it";
    faults.add(fault, &watched, "read-only now", failover, back).await;
    let began = Instant::now();
    let hole = Blackhole::new();
    let nowhere = Watched::new(P::to(&format!("postgres://app:secret@{}/app", hole.address())));
    let report = nowhere.until_error("no connection").await;
    faults.push("blackholed address", &report, began.elapsed(), None);
    faults.compare();
}

pub(crate) async fn a_demoted_primary_is_read_only_and_a_standby_is_well<P: TestPool>() {
    let Some(primary) = Postgres::start() else { return };
    let standby = primary.standby();
    let watched = Watched::new(P::to(&primary.url()));
    let replica = Watched::new(P::to(&standby.url()));
    assert_eq!(detail(&watched.until_healthy().await, "read_only"), "false");
    assert_eq!(detail(&replica.until_healthy().await, "read_only"), "true");
    primary.stop();
    standby.promote();
    primary.demote_to_standby_of(&standby);
    let report = watched.until(Status::Unhealthy, Some(Reason::ReadOnly)).await;
    assert_eq!(message(&report), "read-only now, and was not before");
    let report = replica
        .until_it("promoted", |report| detail(report, "read_only") == "false")
        .await;
    assert_eq!(report.status, Status::Healthy);
}

pub(crate) async fn a_full_pool_is_saturated_until_nothing_has_come_back_for_max_age<P: TestPool>() {
    let Some(server) = Postgres::start() else { return };
    let pool = P::to(&server.url());
    let spec = || CheckSpec::new("db").interval(SECOND).timeout(SECOND / 2);
    let patient = Watched::with(spec().max_age(60 * SECOND), pool.clone());
    let strict = Watched::with(spec().max_age(6 * SECOND), pool.clone());
    patient.until_healthy().await;
    strict.until_healthy().await;
    let taken = all(&pool).await;
    let began = Instant::now();
    patient.until(Status::Degraded, Some(Reason::Saturated)).await;
    assert_eq!(patient.detail("in_use").as_deref(), Some("5"));
    assert_eq!(patient.detail("max").as_deref(), Some("5"));
    few(&server).await;
    strict.until(Status::Unhealthy, Some(Reason::Exhausted)).await;
    assert!(began.elapsed() < 9 * SECOND, "{:?}", began.elapsed());
    let rest = (15 * SECOND).saturating_sub(began.elapsed());
    patient
        .always(rest, |report| report.reason == Some(Reason::Saturated))
        .await;
    drop(taken);
    strict.until_healthy().await;
    patient.until_healthy().await;
}

pub(crate) async fn the_database_of_a_full_pool_is_still_asked<P: TestPool>() {
    let Some(server) = Postgres::start() else { return };
    let pool = P::to(&server.url());
    let spec = CheckSpec::new("db").interval(SECOND).timeout(SECOND / 2);
    let watched = Watched::with(spec.max_age(60 * SECOND), pool.clone());
    watched.until_healthy().await;
    let _taken = all(&pool).await;
    watched.until(Status::Degraded, Some(Reason::Saturated)).await;
    server.kill();
    let began = Instant::now();
    watched.until_error(P::REFUSED).await;
    assert!(began.elapsed() < 2 * SECOND, "{:?}", began.elapsed());
    server.start_again();
    // The engine lowers `exhausted` only after a success.
    watched
        .until_it("busy again", |report| {
            matches!(report.reason, Some(Reason::Saturated | Reason::Exhausted))
        })
        .await;
}

pub(crate) async fn a_database_that_accepts_no_more_connections_is_as_busy_as_a_full_pool<P: TestPool>() {
    let Some(server) = Postgres::start() else { return };
    let pool = P::to(&server.url());
    let spec = CheckSpec::new("db").interval(SECOND).timeout(SECOND / 2);
    let watched = Watched::with(spec.max_age(5 * SECOND), pool.clone());
    watched.until_healthy().await;
    let mut taken = vec![pool.take().await, pool.take().await];
    server.sql("ALTER ROLE app CONNECTION LIMIT 2");
    let report = watched.until(Status::Degraded, Some(Reason::Saturated)).await;
    assert!(message(&report).contains("too many connections for role"), "{report:?}");
    watched.until(Status::Unhealthy, Some(Reason::Exhausted)).await;
    taken.pop();
    watched.until_healthy().await;
}

pub(crate) async fn ten_thousand_runs_of_which_a_third_is_cut_off_leave_nothing_behind<P: TestPool>() {
    if ran_alone() {
        return;
    }
    let Some(server) = Postgres::start() else { return };
    let server = server.with_fast_logins();
    let pool = P::to(&server.url());
    soak_pool(pool.clone(), 5, || server.connections()).await;
    let mut taken = Vec::new();
    for value in 0..5 {
        let mut connection = pool.take().await;
        let answer = P::echo(&mut connection, value).await;
        assert_eq!(answer, value, "the connection is in the middle of another answer");
        taken.push(connection);
    }
    // The pool is full now.
    runs_while_full(pool.clone()).await;
    few(&server).await;
}

pub(crate) async fn a_pool_behind_pgbouncer_in_transaction_mode_works<P: TestPool>() {
    if P::PREPARES {
        return;
    }
    let Some(server) = Postgres::start() else { return };
    let Some(bouncer) = PgBouncer::start(&server) else {
        return;
    };
    let watched = Watched::new(P::to(&bouncer.url()));
    watched.until_healthy().await;
    server.kill();
    let report = watched.until(Status::Unhealthy, Some(Reason::Error)).await;
    assert!(!message(&report).is_empty());
    server.start_again();
    watched.until_healthy().await;
    bouncer.kill();
    watched.until_error(P::REFUSED).await;
    bouncer.start_again();
    watched.until_healthy().await;
}

/// Takes every connection of the pool.
async fn all<P: TestPool>(pool: &P) -> Vec<P::Taken> {
    let mut taken = Vec::new();
    for _ in 0..5 {
        taken.push(pool.take().await);
    }
    taken
}

/// Waits until the server has no more connections than those of the pool, and one of each of two checks.
async fn few(server: &Postgres) {
    let began = Instant::now();
    while server.connections() > 5 + 2 {
        assert!(began.elapsed() < 5 * SECOND, "{}", server.connections());
        tokio::time::sleep(SECOND / 10).await;
    }
}

fn detail(report: &CheckReport, name: &str) -> String {
    let detail = report.details.iter().find(|detail| detail.name == name);
    detail.map(|detail| detail.value.to_string()).unwrap_or_default()
}
