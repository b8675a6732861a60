use std::collections::BTreeSet;

use postseal_core::dkim::Selector;
use postseal_core::dns::DomainName;
use postseal_core::hosting::{HostedLabel, hosted_selector};

use super::{Connection, to_sql};
use crate::StoreError;

/// The label that an organisation has for a domain, or had: it is the same for ever.
pub(super) async fn find(
    connection: &mut Connection,
    organisation: i64,
    domain: &DomainName,
) -> Result<Option<HostedLabel>, StoreError> {
    let label: Option<String> =
        sqlx::query_scalar("SELECT label FROM label WHERE organisation_id = ? AND domain = ?")
            .bind(organisation)
            .bind(domain.as_str())
            .fetch_optional(connection)
            .await?;
    let read = |text: String| HostedLabel::parse(&text).map_err(|_| StoreError::BadRow { what: "label" });
    label.map(read).transpose()
}

/// Finds or makes the label of a domain, and reserves the names that it makes with these selectors.
pub(super) async fn reserve(
    connection: &mut Connection,
    organisation: i64,
    domain: &DomainName,
    selectors: [&Selector; 2],
    now: u64,
) -> Result<HostedLabel, StoreError> {
    let label = match find(connection, organisation, domain).await? {
        Some(label) => label,
        None => choose(connection, organisation, domain, selectors, now).await?,
    };
    for selector in selectors {
        reserve_name(connection, organisation, domain, selector, &label, now).await?;
    }
    Ok(label)
}

async fn choose(
    connection: &mut Connection,
    organisation: i64,
    domain: &DomainName,
    selectors: [&Selector; 2],
    now: u64,
) -> Result<HostedLabel, StoreError> {
    let mut taken = BTreeSet::new();
    loop {
        let label = HostedLabel::choose(domain, selectors, |label| !taken.contains(label))?;
        if is_free(connection, &label, selectors).await? {
            sqlx::query("INSERT INTO label (label, organisation_id, domain, made_at) VALUES (?, ?, ?, ?)")
                .bind(label.as_str())
                .bind(organisation)
                .bind(domain.as_str())
                .bind(to_sql(now))
                .execute(connection)
                .await?;
            return Ok(label);
        }
        taken.insert(label);
    }
}

async fn is_free(
    connection: &mut Connection,
    label: &HostedLabel,
    selectors: [&Selector; 2],
) -> Result<bool, StoreError> {
    let [first, second] = [hosted_selector(selectors[0], label)?, hosted_selector(selectors[1], label)?];
    let found: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM label WHERE label = ?) + (SELECT count(*) FROM hosted_name WHERE name IN (?, ?))",
    )
    .bind(label.as_str())
    .bind(first)
    .bind(second)
    .fetch_one(connection)
    .await?;
    Ok(found == 0)
}

/// Reserves `<selector>-<label>` for this domain.
async fn reserve_name(
    connection: &mut Connection,
    organisation: i64,
    domain: &DomainName,
    selector: &Selector,
    label: &HostedLabel,
    now: u64,
) -> Result<(), StoreError> {
    let name = hosted_selector(selector, label)?;
    sqlx::query(
        "INSERT INTO hosted_name (name, organisation_id, domain, selector, made_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (name) DO NOTHING",
    )
    .bind(&name)
    .bind(organisation)
    .bind(domain.as_str())
    .bind(selector.as_str())
    .bind(to_sql(now))
    .execute(&mut *connection)
    .await?;
    let (owner, of): (i64, String) =
        sqlx::query_as("SELECT organisation_id, domain FROM hosted_name WHERE name = ?")
            .bind(&name)
            .fetch_one(connection)
            .await?;
    if owner != organisation || of != domain.as_str() {
        return Err(StoreError::HostedNameTaken(name));
    }
    Ok(())
}
