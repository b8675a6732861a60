use sqlx::Row as _;

use super::*;
use crate::{KeyEncryptionKey, KeyVault};

/// No question walks the whole table or sorts: each is a walk along an index, and ends.
#[tokio::test]
async fn each_filter_walks_along_an_index_in_order() {
    let directory = tempfile::tempdir().expect("a directory");
    let key = KeyEncryptionKey::from_octets([7; 32]);
    let vault = std::sync::Arc::new(KeyVault::new(&key).expect("a vault"));
    let store = Sqlite::open(&directory.path().join("db"), vault, 0, |_| {}).await.expect("opened");
    for bits in 0..32_u8 {
        for result in [DmarcResult::Pass, DmarcResult::Fail] {
            for action in ["deliver", "reject"] {
                let has = |bit: u8| bits & (1 << bit) != 0;
                let filter = VerdictFilter {
                    author_domain: has(0).then(|| DomainName::parse("contoso.example").expect("a name")),
                    client: has(1).then(|| std::net::IpAddr::from([192, 0, 2, 1])),
                    queue_id: has(2).then(|| "4Xy".to_owned()),
                    dmarc: has(3).then_some(result),
                    action: has(4).then(|| action.to_owned()),
                };
                for question in [filter.page(), filter.end_of_look()] {
                    let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {question}")));
                    let rows = plan.fetch_all(&store.readers).await.expect("planned");
                    let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
                    let plan = plan.join("; ");
                    assert!(plan.contains("SEARCH verdict"), "{filter:?}: {plan}");
                    assert!(
                        !plan.contains("SCAN verdict") && !plan.contains("TEMP B-TREE"),
                        "{filter:?}: {plan}"
                    );
                }
            }
        }
    }
}
