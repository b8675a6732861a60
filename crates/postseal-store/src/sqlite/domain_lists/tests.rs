use super::*;
use crate::{KeyEncryptionKey, KeyVault};

/// No question walks the whole table or sorts: each is a walk along an index, and ends.
#[tokio::test]
async fn each_list_walks_along_an_index_in_order() {
    let directory = tempfile::tempdir().expect("a directory");
    let key = KeyEncryptionKey::from_octets([7; 32]);
    let vault = std::sync::Arc::new(KeyVault::new(&key).expect("a vault"));
    let store = Sqlite::open(&directory.path().join("db"), vault, 0, |_| {}).await.expect("opened");
    let mut texts = Vec::new();
    for order in [DomainOrder::Name, DomainOrder::Standing, DomainOrder::Age] {
        for descending in [false, true] {
            let question = DomainQuestion { order, descending, ..DomainQuestion::default() };
            texts.extend([question.page(), question.end_of_look()]);
        }
    }
    for only in [None, Some(1)] {
        texts.extend([find("name >= ?2 AND name < ?2 || '~'", only), find("instr(d.name, ?2) > 1", only)]);
    }
    for text in texts {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}")));
        let rows = plan.fetch_all(&store.readers).await.expect("planned");
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        let plan = plan.join("; ");
        assert!(plan.contains("COVERING INDEX domain_"), "{text}: {plan}");
        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN o"), "{text}: {plan}");
    }
}

/// A look ends after so many names, and says where it goes on.
#[tokio::test]
async fn a_look_that_finds_nothing_ends_and_goes_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let key = KeyEncryptionKey::from_octets([7; 32]);
    let vault = std::sync::Arc::new(KeyVault::new(&key).expect("a vault"));
    let store = Sqlite::open(&directory.path().join("db"), vault, 0, |_| {}).await.expect("opened");
    sqlx::raw_sql(AssertSqlSafe(format!(
        "INSERT INTO organisation (name, made_at) VALUES ('contoso', 1);
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {MOST_LOOKED_AT} + 100)
         INSERT INTO domain (organisation_id, name, state, token, token_made_at)
         SELECT 1, printf('d%06d.example', n), 'claimed', '{}', n FROM n;
         INSERT INTO domain (organisation_id, name, state, token, token_made_at)
         VALUES (1, 'sought.example', 'claimed', '{0}', 99999999);",
        postseal_core::hosting::OwnershipToken::from_random([7; 20]).as_str()
    )))
    .execute(&mut *store.writer.acquire().await.expect("a writer"))
    .await
    .expect("filled");
    let contoso = OrganisationName::parse("contoso").expect("a name");
    let mut question = DomainQuestion { letters: "sought".to_owned(), ..DomainQuestion::default() };
    let first = store.domains(&contoso, &question, 50).await.expect("read");
    assert!(first.domains.is_empty());
    assert_eq!(first.next, Some(DomainPlace::behind(&format!("d{MOST_LOOKED_AT:06}.example"))));
    question.after = first.next;
    let second = store.domains(&contoso, &question, 50).await.expect("read");
    assert_eq!(second.domains.len(), 1);
    assert_eq!(second.next, None);
    // What begins with the letters is found wherever it is; what has them further behind, among the first.
    let found = async |letters: &str| store.find_domains(None, letters, 50).await.expect("read").len();
    assert_eq!((found("sought").await, found("ought").await, found("050000").await), (1, 0, 1));
    let counts = store.domain_counts(&contoso).await.expect("read");
    assert_eq!(counts.of(DomainStanding::Claimed), u64::try_from(MOST_LOOKED_AT).expect("a number") + 101);
    assert_eq!(counts.all(), counts.of(DomainStanding::Claimed));
}
