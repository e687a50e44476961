//! What the check of a pool needs for a connection of the crate `tokio-postgres`.

use tokio_postgres::{Client, Error, SimpleQueryMessage};

use crate::checks::pool::{Answer, Fault};

/// Sends the query and reads the answer: one round trip.
///
/// If the future is dropped, the connection stays usable: it matches answers to queries by their order, and skips an
/// answer that nobody waits for.
pub(super) async fn ask(client: &Client) -> Result<Answer, Fault> {
    // A standby answers `on`, and so does a primary with `default_transaction_read_only`.
    let messages = client.simple_query("SHOW transaction_read_only").await.map_err(fault)?;
    let setting = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let setting = setting.ok_or_else(|| Fault::Failed("the answer has no row".into()))?;
    Ok(Answer {
        read_only: Some(setting == "on"),
        found: None,
    })
}

/// Errors without a code of the server are errors of the connection.
pub(super) fn fault(error: Error) -> Fault {
    match error.code().map(tokio_postgres::error::SqlState::code) {
        // `too_many_connections`
        Some("53300") => Fault::TooMany(error.into()),
        // `admin_shutdown`, `crash_shutdown`, `cannot_connect_now`, `idle_session_timeout` and the like, and the class
        // of connection errors
        Some(code) if !(code.starts_with("57P") || code.starts_with("08")) => Fault::Failed(error.into()),
        _ => Fault::Lost(error.into()),
    }
}
