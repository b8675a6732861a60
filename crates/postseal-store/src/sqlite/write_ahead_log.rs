use std::time::Duration;

use sqlx::SqliteConnection;
use tokio::time::{Instant, sleep};

use super::BUSY;
use crate::StoreError;

/// Turns the file to a write-ahead log, so that readers never wait for the writer. The file
/// remembers it: it is done once, and later connections find it so.
///
/// Two processes that open a new file at once both want to turn it. SQLite does not let either
/// wait (`busy_timeout` does not count where waiting could last for ever) but answers
/// "database is locked" at once, so the waiting is done here.
pub(super) async fn turn_on(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let until = Instant::now() + BUSY;
    loop {
        match sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut *connection).await {
            Err(error) if is_busy(&error) && Instant::now() < until => sleep(PAUSE).await,
            other => return Ok(other.map(drop)?),
        }
    }
}

/// `SQLITE_BUSY` or one of its extended codes, whose low octet it is.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code()?.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

const SQLITE_BUSY: i32 = 5;
const PAUSE: Duration = Duration::from_millis(20);
