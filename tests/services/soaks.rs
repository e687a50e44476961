//! The soaks of all checks whose other tests are elsewhere: 10,000 runs, a third of them cut off. Connections and
//! descriptors stay flat, and the next answer over each connection is the right one.

#[path = "soaks/calls.rs"]
mod calls;
#[path = "soaks/redis.rs"]
mod redis;
#[path = "soaks/sqlite.rs"]
mod sqlite;

/// Asks for ten values over the same connection.
async fn answers_in_order(mut echo: impl AsyncFnMut(i32) -> i32) {
    for value in 0..10 {
        assert_eq!(
            echo(value).await,
            value,
            "the connection is in the middle of another answer"
        );
    }
}
