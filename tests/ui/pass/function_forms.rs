//! Every form of function that can be a check. The function can still be called.
#![deny(warnings)]

use std::future::Future;
use std::io;
use std::pin::Pin;

use health_runtime::{Flag, Health, HealthState, IntoOutcome, Outcome, Status, health_check};

#[derive(Clone, HealthState)]
#[health(checks(
    nothing, plain, asynchronous, ignored, named_lifetime, status, outcome, fallible, with_string, with_anyhow, boxed, future, pattern,
    blocking, blocking_future_free,
))]
struct AppState {
    #[health_check]
    flag: Flag,
    limit: u64,
}

#[health_check]
fn nothing() {}

#[health_check]
fn plain(state: &AppState) -> bool {
    state.limit > 0
}

#[health_check(critical)]
async fn asynchronous(state: &AppState) -> bool {
    state.flag.outcome().status().passes()
}

#[health_check]
async fn ignored(_: &AppState) {}

#[health_check]
async fn named_lifetime<'a>(state: &'a AppState) -> Result<(), &'static str> {
    if state.limit > 0 { Ok(()) } else { Err("no limit") }
}

#[health_check]
async fn status() -> Status {
    Status::Degraded
}

#[health_check]
fn outcome(_: &AppState) -> Outcome {
    Outcome::degraded("slow")
}

#[health_check]
async fn fallible(_: &AppState) -> io::Result<()> {
    Err(io::Error::other("no"))
}

#[health_check]
fn with_string(_: &AppState) -> Result<Outcome, String> {
    Err("no".into())
}

#[health_check]
async fn with_anyhow(_: &AppState) -> anyhow::Result<bool> {
    anyhow::bail!("no")
}

#[health_check]
fn boxed<'a>(state: &'a AppState) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
    Box::pin(async { state.limit > 0 })
}

#[health_check]
fn future(state: &AppState) -> impl Future<Output = impl IntoOutcome> + Send {
    let limit = state.limit;
    async move { limit > 0 }
}

#[health_check]
fn pattern(AppState { limit, .. }: &AppState) -> bool {
    *limit > 0
}

#[health_check(blocking)]
fn blocking(state: &AppState) -> io::Result<()> {
    std::fs::metadata("/").map(drop)?;
    let _ = state;
    Ok(())
}

#[health_check(blocking)]
fn blocking_future_free() -> impl IntoOutcome + use<> {
    true
}

mod m {
    pub(crate) struct Wrapped(pub(crate) u8);
}

#[health_check]
fn self_path(self::m::Wrapped(number): &m::Wrapped) -> bool {
    *number > 0
}

#[health_check]
async fn mutable(mut state: &AppState) -> bool {
    let other = AppState {
        flag: state.flag.clone(),
        limit: 1,
    };
    if state.limit == 0 {
        state = &other;
    }
    state.limit > 0
}

struct Ctx<'a>(&'a u8);

#[health_check]
fn of_a_static_state(ctx: &Ctx<'static>) -> bool {
    *ctx.0 > 0
}

#[health_check]
fn lifetimes<'a, 'b, S>(state: &'a S) -> bool
where
    'b: 'a,
    S: std::borrow::Borrow<str> + 'b,
{
    !state.borrow().is_empty()
}

fn main() {
    let _ = (self_path, of_a_static_state, lifetimes::<String>);
    let state = AppState { flag: Flag::healthy(), limit: 1 };
    assert!(plain(&state));
    nothing();
    let _ = (asynchronous(&state), future(&state), boxed(&state), status());
    assert!(blocking(&state).is_ok());
    let _ = || Health::builder(state.clone()).start();
}
