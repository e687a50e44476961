//! A state from whose fields axum's handlers take their parts, with aliases of trait objects.

use std::sync::Arc;

use axum::extract::FromRef;
use health_runtime::{BoxError, CheckFuture, HealthState, Outcome};

trait Users: Send + Sync {
    fn ping(&self) -> CheckFuture<'_>;
}

trait Mailer: Send + Sync {
    fn is_up(&self) -> Result<(), BoxError>;
}

type DynUsers = Arc<dyn Users>;
type DynMailer = Arc<dyn Mailer>;

#[derive(Clone, FromRef, HealthState)]
struct AppState {
    #[health_check(critical, with = Users::ping)]
    users: DynUsers,
    #[health_check(blocking, with = Mailer::is_up)]
    mailer: DynMailer,
}

struct InMemory;

impl Users for InMemory {
    fn ping(&self) -> CheckFuture<'_> {
        Box::pin(async { Ok(Outcome::healthy()) })
    }
}

impl Mailer for InMemory {
    fn is_up(&self) -> Result<(), BoxError> {
        Ok(())
    }
}

#[tokio::test]
async fn it_has_its_checks() {
    let state = AppState {
        users: Arc::new(InMemory),
        mailer: Arc::new(InMemory),
    };
    let _users = DynUsers::from_ref(&state);
    state.users.ping().await.unwrap();
    state.mailer.is_up().unwrap();
    assert_eq!(crate::names(state), ["mailer", "users"]);
}
