use sqlx::{Connection as _, SqliteConnection};

use super::*;
use crate::sqlite::{options, write_ahead_log};

/// The newest version.
const NEWEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version;

const NEXT: Migration = Migration {
    version: NEWEST + 1,
    name: "next",
    sql: "ALTER TABLE organisation ADD COLUMN note TEXT NOT NULL DEFAULT 'n'",
};

async fn connect(path: &std::path::Path) -> SqliteConnection {
    SqliteConnection::connect_with(&options(path).create_if_missing(true)).await.expect("opened")
}

async fn versions(connection: &mut SqliteConnection) -> Vec<i64> {
    sqlx::query_scalar("SELECT version FROM migration ORDER BY version")
        .fetch_all(connection)
        .await
        .expect("read")
}

#[tokio::test]
async fn a_store_of_the_first_schema_moves_forward_and_never_back() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut connection = connect(&directory.path().join("m.db")).await;
    let told = async |connection: &mut _, migrations: &[Migration]| {
        pending(connection, migrations).await.expect("read")
    };
    assert_eq!(told(&mut connection, MIGRATIONS).await, None, "a new one is made at once");
    migrate(&mut connection, MIGRATIONS, 5).await.expect("made");
    sqlx::query("INSERT INTO organisation (name, made_at) VALUES ('contoso', 5)")
        .execute(&mut connection)
        .await
        .expect("a row");
    let longer = [MIGRATIONS, &[NEXT]].concat();
    let change = SchemaChange { from: NEWEST, to: NEWEST + 1 };
    assert_eq!(told(&mut connection, &longer).await, Some(change));
    migrate(&mut connection, &longer, 6).await.expect("moved");
    assert_eq!(told(&mut connection, &longer).await, None);
    migrate(&mut connection, &longer, 7).await.expect("done already");
    assert_eq!(versions(&mut connection).await, (1..=NEWEST + 1).collect::<Vec<_>>());
    let row: (String, String) =
        sqlx::query_as("SELECT name, note FROM organisation").fetch_one(&mut connection).await.expect("kept");
    assert_eq!(row, ("contoso".to_owned(), "n".to_owned()));
    let back = migrate(&mut connection, MIGRATIONS, 8).await;
    assert!(
        matches!(back, Err(StoreError::NewerSchema { found, known: NEWEST }) if found == NEWEST + 1),
        "{back:?}"
    );
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_schema_of_before() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut connection = connect(&directory.path().join("m.db")).await;
    migrate(&mut connection, MIGRATIONS, 5).await.expect("made");
    let broken = Migration {
        version: NEWEST + 2,
        name: "broken",
        sql: "CREATE TABLE extra (a INTEGER) STRICT; SELEC 1",
    };
    let failed = migrate(&mut connection, &[MIGRATIONS, &[NEXT, broken]].concat(), 6).await;
    assert!(matches!(failed, Err(StoreError::Database(_))), "{failed:?}");
    assert_eq!(versions(&mut connection).await, (1..=NEWEST).collect::<Vec<_>>());
    migrate(&mut connection, &[MIGRATIONS, &[NEXT]].concat(), 7).await.expect("the lock is free");
}

/// More than the machine has cores, and more than once: the switch to the write-ahead log
/// is where SQLite refuses instead of waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn of_several_that_start_at_once_one_migrates() {
    let directory = tempfile::tempdir().expect("a directory");
    for round in 0..8 {
        let path = directory.path().join(format!("m{round}.db"));
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                tokio::spawn(async move {
                    let mut connection = connect(&path).await;
                    write_ahead_log::turn_on(&mut connection).await.expect("turned on");
                    migrate(&mut connection, MIGRATIONS, 5).await.expect("migrated");
                    versions(&mut connection).await
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.expect("no panic"), (1..=NEWEST).collect::<Vec<_>>());
        }
    }
}

/// A step that reads the messages of a store reads each once, however many domains they are of.
#[tokio::test]
async fn many_messages_of_many_domains_are_counted_in_a_moment() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut connection = connect(&directory.path().join("m.db")).await;
    let before_messages = MIGRATIONS.iter().copied().filter(|m| m.version < 4).collect::<Vec<_>>();
    migrate(&mut connection, &before_messages, 5).await.expect("made");
    sqlx::raw_sql(
        "INSERT INTO verdict (at, queue_id, author_domain, spf, dkim, arc, dmarc, reasons, action)
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)
         SELECT i % 3 * 86400, i, iif(i % 10 = 0, NULL, 'd' || i % 10000 || '.example'), 'pass', '', 'none',
                iif(i % 4 = 0, 'fail', 'pass'), '', iif(i % 4 = 0, 'reject', 'deliver') FROM n",
    )
    .execute(&mut connection)
    .await
    .expect("rows");
    let before = cpu_time();
    migrate(&mut connection, MIGRATIONS, 6).await.expect("moved");
    let spent = cpu_time() - before;
    assert!(spent.as_secs() < 3, "{spent:?}");
    let counted: Vec<(bool, i64, i64, i64)> = sqlx::query_as(
        "SELECT author_domain = '', sum(messages), sum(failed), sum(rejected) FROM verdict_day GROUP BY 1 ORDER BY 1",
    )
    .fetch_all(&mut connection)
    .await
    .expect("read");
    assert_eq!(counted, [(false, 18_000, 4_000, 4_000), (true, 20_000, 5_000, 5_000)]);
}

/// For how long this process has run, on all cores together.
fn cpu_time() -> std::time::Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.try_into().expect("not before it began")
}
