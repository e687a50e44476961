//! diesel-async on deadpool with an optional replica, and a map of boxed clients.

use std::collections::HashMap;
use std::sync::Arc;

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use health_runtime::{CheckFuture, HealthState, Outcome, Parts};

type DbPool = Pool<AsyncPgConnection>;

trait Client: Send + Sync {
    fn ping(&self) -> CheckFuture<'_>;
}

type Clients = Arc<HashMap<String, Box<dyn Client>>>;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(critical)]
    primary: DbPool,
    #[health_check]
    replica: Option<DbPool>,
    #[health_check(with = clients)]
    clients: Clients,
}

async fn clients(clients: &HashMap<String, Box<dyn Client>>) -> Outcome {
    let runs = clients
        .iter()
        .map(async |(name, client)| (name.clone(), client.ping().await));
    futures_util::future::join_all(runs)
        .await
        .into_iter()
        .collect::<Parts>()
        .into_outcome()
}

struct Fake;

impl Client for Fake {
    fn ping(&self) -> CheckFuture<'_> {
        Box::pin(async { Ok(Outcome::healthy()) })
    }
}

#[tokio::test]
async fn it_has_its_checks() {
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new("postgres://localhost");
    let state = AppState {
        primary: Pool::builder(manager).build().unwrap(),
        replica: None,
        clients: Arc::new(HashMap::from([(
            "stripe".to_owned(),
            Box::new(Fake) as Box<dyn Client>,
        )])),
    };
    state.clients["stripe"].ping().await.unwrap();
    assert_eq!(crate::names(state), ["clients", "primary", "replica"]);
}
