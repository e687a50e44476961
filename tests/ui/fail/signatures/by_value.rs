//! A check gets the state by reference.

use axum::extract::State;
use health_runtime::{Health, HealthState, health_check};
use std::sync::Arc;

#[derive(Clone, HealthState)]
struct AppState;

#[health_check]
async fn a(_state: AppState) {}

#[health_check]
async fn b(_state: Arc<AppState>) {}

#[health_check]
async fn c(State(_state): State<AppState>) {}

#[health_check]
async fn d(State(_state): axum::extract::State<std::sync::Arc<AppState>>) {}

#[health_check]
fn e(_state: &mut AppState) {}

#[health_check]
fn f(_state: (AppState, u8)) {}

#[health_check]
fn g(_state: Box<AppState>) {}

#[health_check]
fn h(_state: std::rc::Rc<AppState>) {}

#[health_check]
fn i(_state: axum::Extension<AppState>) {}

#[health_check]
fn j(_state: Option<&AppState>) {}

#[health_check]
fn l(_state: Arc<std::sync::RwLock<AppState>>) {}

#[health_check]
fn m(_state: &tokio::sync::Mutex<AppState>) {}

#[health_check]
fn k<S>(_state: S) {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = Health::builder(AppState).function::<a>();
}
