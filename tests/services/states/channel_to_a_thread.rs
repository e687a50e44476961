//! A channel to a thread that owns a rusqlite connection.

use std::thread;

use health_runtime::HealthState;
use tokio::sync::mpsc;

type Job = Box<dyn FnOnce() + Send>;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(liveness, readiness)]
    jobs: mpsc::Sender<Job>,
}

#[tokio::test]
async fn it_has_its_checks() {
    let (jobs, mut receiver) = mpsc::channel::<Job>(16);
    thread::spawn(move || {
        while let Some(job) = receiver.blocking_recv() {
            job();
        }
    });
    jobs.send(Box::new(|| {})).await.unwrap();
    assert_eq!(crate::names(AppState { jobs }), ["jobs"]);
}
