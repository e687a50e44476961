//! The generated type has the name of the function. It must not hide a crate, module or type that the function uses.

use health_runtime::{HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

#[health_check(critical)]
async fn tokio(_: &AppState) -> bool {
    tokio::task::yield_now().await;
    true
}

mod queue {
    pub fn depth() -> u8 {
        0
    }
}

#[health_check(name = "depth")]
fn queue() -> bool {
    [0].iter().any(|least| queue::depth() > *least)
}

#[health_check]
fn str() -> bool {
    let name: &str = "a";
    !name.is_empty()
}

#[health_check]
fn r#u8(_: &AppState) -> Result<(), std::io::Error> {
    Some(7_u8).map(|_: u8| ()).ok_or(std::io::ErrorKind::NotFound.into())
}

mod axum_checks {
    use super::AppState;
    use health_runtime::health_check;

    #[health_check]
    fn axum(_: &AppState) -> bool {
        use axum::Router;
        let _: Router = Router::new();
        true
    }
}

fn main() {}
