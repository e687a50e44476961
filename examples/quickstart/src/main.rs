//! An orders service with health checks, from the state to the shutdown. This is the main use of `health-runtime`.
//!
//! Start it with `cargo run -p quickstart`. It needs no other service: the database is a file, and the payments
//! provider is a second server in this process. You can switch that server off. `PORT` sets the port; `PORT=0` takes
//! any free port.
//!
//! `quickstart --probe` asks the running service whether it is alive. In a container, this is the command of the
//! `HEALTHCHECK`. `quickstart --probes` prints the probes for a manifest of Kubernetes, and `quickstart --describe`
//! prints a table of all checks. Both start no server and run no check.

mod orders;
mod payments;

use std::env;
use std::io::{self, ErrorKind};
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::Router;
use health_runtime::{Declaration, HealthState, probe};
use sqlx::SqlitePool;
use tokio::net::TcpListener;

const PORT: u16 = 3000;

/// The service starts within this time: it opens the database and warms the caches.
const WARM_UP: Duration = Duration::from_mins(1);

/// The state that the handlers share. The annotated fields are the health checks; no other code is necessary.
#[derive(Clone, HealthState)]
#[health(drain = "5s")] // the default is 7 s
struct AppState {
    /// Stores the orders. If it fails, this instance is taken out of rotation.
    #[health_check(critical)]
    db: SqlitePool,

    /// Takes the payments. If it fails, orders are paid later, and this instance stays in rotation.
    #[health_check(with = payments::ping, timeout = "500ms", interval = "1s")]
    payments: payments::Client,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().compact().with_writer(io::stderr).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints what the arguments ask for, or serves.
async fn run() -> anyhow::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("--probes") => {
            let declaration = Declaration::of::<AppState>()?;
            // `AppState` does not show how long the caches take.
            print!("{}", declaration.kubernetes("http").start_within(WARM_UP));
        }
        Some("--describe") => print!("{}", Declaration::of::<AppState>()?.describe()),
        _ => serve().await?,
    }
    Ok(())
}

async fn serve() -> anyhow::Result<()> {
    let port = port()?;
    probe::exit_if_asked(&format!("http://localhost:{port}/livez"), Duration::from_secs(2)); // `quickstart --probe`

    let listener = listen(port).await?;
    let port = listener.local_addr()?.port();
    let provider = payments::start_provider(port)
        .await
        .context("cannot start the payments provider")?;
    let file = env::temp_dir().join(format!("quickstart-orders-{port}.db"));
    let db = orders::open(&file)
        .await
        .with_context(|| format!("cannot open the database {}", file.display()))?;
    let payments = payments::Client::new(provider)?;

    let state = AppState { db, payments };
    let health = state.start_health();

    // Declare it before the call of `serve_axum`. Until it is done, `/startupz` and `/readyz` answer 503.
    let warm_up = health.startup_task("warm caches");
    let db = state.db.clone();
    tokio::spawn(async move {
        match orders::warm_up(&db).await {
            Ok(()) => warm_up.done(),
            Err(error) => tracing::error!(%error, "cannot warm the caches"), // not done: `/startupz` fails for good
        }
    });

    let app = Router::new().merge(orders::router()).with_state(state.clone());

    println!("{}", welcome(port, provider.port(), &file.display().to_string()));
    health.serve_axum(listener, app).await?; // adds the probes; SIGTERM drains, then this returns
    state.db.close().await;
    Ok(())
}

/// The port from `PORT`.
fn port() -> anyhow::Result<u16> {
    let Some(port) = env::var_os("PORT") else {
        return Ok(PORT);
    };
    port.to_str().and_then(|port| port.parse().ok()).ok_or_else(|| {
        anyhow!(
            "PORT={} is no port; try `PORT=4000`, or `PORT=0` for any free one",
            port.display()
        )
    })
}

/// Listens only on the loopback address.
async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => anyhow!("port {port} is taken; try another one, or `PORT=0` for any that is free"),
            _ => anyhow!("cannot listen on port {port}: {error}; try another one, or `PORT=0` for any that is free"),
        })
}

fn welcome(port: u16, provider: u16, file: &str) -> String {
    let pid = std::process::id();
    format!(
        "\
orders    http://localhost:{port}/orders
health    http://localhost:{port}/readyz, /livez, /startupz, /health
payments  http://localhost:{provider} (/off, /hang, /on)
database  {file}

In another terminal:
  curl localhost:{port}/orders --json '{{\"item\":\"tea\",\"quantity\":2}}'
  curl localhost:{port}/orders
  curl localhost:{port}/readyz          # healthy
  curl -X POST localhost:{provider}/off     # payments fail: within a second or so degraded, and still 200
  curl -X POST localhost:{provider}/hang    # payments hang: the same, and no probe waits for them
  curl -X POST localhost:{provider}/on      # healthy again
  kill -TERM {pid:<8}                 # /readyz is 503 at once, orders are taken for 5 s more
"
    )
}
