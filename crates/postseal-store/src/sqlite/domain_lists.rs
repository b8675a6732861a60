//! Domains as people look for them. Each question is bounded, however many there are.

use std::collections::HashMap;

use postseal_core::dns::DomainName;
use postseal_core::hosting::{HostedLabel, OrganisationName, SelectorSlot};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow as _, QueryBuilder, Row as _};

use super::configuration_rows::{self, BAD, Properties};
use super::domains::{Columns, DomainRow};
use super::{Connection, Dialect, Sqlite, from_sql, organisations};
use crate::{
    Domain, DomainCounts, DomainOrder, DomainPage, DomainPlace, DomainQuestion, DomainStanding, FoundDomain,
    ListedDomain, StoreError,
};

impl DomainQuestion {
    /// Names in order behind a place, so many and no more. The texts are these, and no others.
    fn walk(&self) -> String {
        let (index, key) = match self.order {
            DomainOrder::Name => ("domain_by_name", "0"),
            DomainOrder::Standing => ("domain_by_standing", "standing"),
            DomainOrder::Age => ("domain_by_age", "token_made_at"),
        };
        let (sign, direction) = if self.descending { ("<", "DESC") } else { (">", "ASC") };
        let (behind, order) = match self.order {
            // The key is the same for all, and bound nevertheless.
            DomainOrder::Name => (format!("name {sign} ?3 AND ?2 IS NOT NULL"), format!("name {direction}")),
            DomainOrder::Standing | DomainOrder::Age => {
                (format!("({key}, name) {sign} (?2, ?3)"), format!("{key} {direction}, name {direction}"))
            }
        };
        format!(
            "SELECT id, {key} AS key, name, standing FROM domain INDEXED BY {index}
             WHERE organisation_id = ?1 AND standing IS NOT NULL AND {behind} ORDER BY {order} LIMIT {MOST_LOOKED_AT}"
        )
    }

    fn page(&self) -> String {
        format!(
            "SELECT id, key, name FROM ({}) WHERE (?4 = '' OR instr(name, ?4) > 0) AND (?5 >> standing) & 1 LIMIT ?6",
            self.walk()
        )
    }

    /// The last name that was looked at, where there may be more behind it.
    fn end_of_look(&self) -> String {
        format!("SELECT key, name FROM ({}) LIMIT 1 OFFSET {}", self.walk(), MOST_LOOKED_AT - 1)
    }

    /// Behind what it begins.
    fn begin(&self) -> (i64, &str) {
        match &self.after {
            Some(place) => (place.key, &place.name),
            None if self.descending => (i64::MAX, BEHIND_ALL_NAMES),
            None => (i64::MIN, ""),
        }
    }

    /// A bit for each standing that is wanted.
    fn bits(&self) -> i64 {
        let all: &[DomainStanding] =
            if self.standings.is_empty() { &DomainStanding::ALL } else { &self.standings };
        all.iter().fold(0, |bits, standing| bits | 1 << standing.number())
    }
}

impl Sqlite {
    pub(crate) async fn domains(
        &self,
        organisation: &OrganisationName,
        question: &DomainQuestion,
        limit: u32,
    ) -> Result<DomainPage, StoreError> {
        let mut transaction = self.read().await?;
        let id = organisations::id_of(&mut transaction, organisation).await?;
        let (key, name) = question.begin();
        let mut found: Vec<(i64, i64, String)> = sqlx::query_as(AssertSqlSafe(question.page()))
            .bind(id)
            .bind(key)
            .bind(name)
            .bind(&question.letters)
            .bind(question.bits())
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *transaction)
            .await?;
        let next = if found.len() > limit as usize {
            found.truncate(limit as usize);
            found.last().map(|(_, key, name)| DomainPlace { key: *key, name: name.clone() })
        } else {
            let end = sqlx::query_as(AssertSqlSafe(question.end_of_look())).bind(id).bind(key).bind(name);
            let end: Option<(i64, String)> = end.fetch_optional(&mut *transaction).await?;
            end.map(|(key, name)| DomainPlace { key, name })
        };
        let ids: Vec<String> = found.iter().map(|(id, ..)| id.to_string()).collect();
        let domains = load(&mut transaction, organisation, &format!("[{}]", ids.join(","))).await?;
        Ok(DomainPage { domains, next })
    }

    pub(crate) async fn domain_counts(
        &self,
        organisation: &OrganisationName,
    ) -> Result<DomainCounts, StoreError> {
        let mut transaction = self.read().await?;
        let id = organisations::id_of(&mut transaction, organisation).await?;
        let rows: Vec<(i64, i64)> =
            sqlx::query_as("SELECT standing, domains FROM domain_count WHERE organisation_id = ?")
                .bind(id)
                .fetch_all(&mut *transaction)
                .await?;
        let mut counts = DomainCounts::default();
        for (standing, domains) in rows {
            let place = usize::try_from(standing).ok().and_then(|standing| counts.0.get_mut(standing));
            *place.ok_or(StoreError::BadRow { what: "domain count" })? = from_sql(domains);
        }
        Ok(counts)
    }

    /// Those whose names begin with the letters, and then those that have them further behind.
    pub(crate) async fn find_domains(
        &self,
        only: Option<&OrganisationName>,
        letters: &str,
        limit: u32,
    ) -> Result<Vec<FoundDomain>, StoreError> {
        let mut transaction = self.read().await?;
        let only = match only {
            Some(organisation) => Some(organisations::id_of(&mut transaction, organisation).await?),
            None => None,
        };
        let mut found: Vec<(String, String)> = Vec::new();
        for question in [find("name >= ?2 AND name < ?2 || '~'", only), find("instr(d.name, ?2) > 1", only)] {
            let left = i64::from(limit) - i64::try_from(found.len()).unwrap_or(i64::MAX);
            let rows = sqlx::query_as(AssertSqlSafe(question)).bind(only).bind(letters).bind(left.max(0));
            found.extend(rows.fetch_all(&mut *transaction).await?);
        }
        let read = |(organisation, name): (String, String)| {
            let bad = || StoreError::BadRow { what: "domain" };
            let organisation = OrganisationName::parse(&organisation).map_err(|_| bad())?;
            Ok((organisation, DomainName::parse(&name).map_err(|_| bad())?))
        };
        found.into_iter().map(read).collect()
    }

    /// Which of these are held, and whether each is enabled; up to a thousand.
    pub(crate) async fn enabled_of(
        &self,
        names: &[DomainName],
    ) -> Result<Vec<(DomainName, bool)>, StoreError> {
        let mut query = QueryBuilder::<Dialect>::new(
            "SELECT d.name, coalesce(c.enabled, 0) FROM domain d LEFT JOIN signing_configuration c ON c.domain_id = d.id
             WHERE d.state = 'held' AND d.name IN (",
        );
        let mut list = query.separated(", ");
        for name in names {
            list.push_bind(name.as_str().to_owned());
        }
        query.push(")");
        let rows: Vec<(String, bool)> = query.build_query_as().fetch_all(&self.readers).await?;
        let read = |(name, enabled): (String, bool)| {
            let name = DomainName::parse(&name).map_err(|_| StoreError::BadRow { what: "domain" })?;
            Ok((name, enabled))
        };
        rows.into_iter().map(read).collect()
    }

    /// The same of organisations.
    pub(crate) async fn find_organisations(
        &self,
        letters: &str,
        limit: u32,
    ) -> Result<Vec<OrganisationName>, StoreError> {
        let names: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT name FROM (SELECT name FROM organisation WHERE removed_at IS NULL ORDER BY name LIMIT {MOST_LOOKED_AT})
             WHERE instr(name, ?) > 0 ORDER BY name LIMIT ?"
        )))
        .bind(letters)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        names.iter().map(|name| OrganisationName::parse(name).map_err(|_| BAD_ORGANISATION)).collect()
    }
}

/// Names of one organisation, or of all, that fulfil a condition: so many are looked at, and no more.
fn find(condition: &str, only: Option<i64>) -> String {
    let (index, of) = match only {
        Some(_) => ("domain_by_name", "organisation_id = ?1"),
        None => ("domain_of_any", "?1 IS NULL"),
    };
    // A range bounds the walk; letters somewhere are looked for in what a walk has found.
    let (within, then) =
        if condition.starts_with("instr") { ("true", condition) } else { (condition, "true") };
    format!(
        "SELECT o.name, d.name FROM (SELECT name, organisation_id FROM domain INDEXED BY {index}
         WHERE {of} AND standing IS NOT NULL AND {within} ORDER BY name LIMIT {MOST_LOOKED_AT}) d
         CROSS JOIN organisation o ON o.id = d.organisation_id WHERE {then} LIMIT ?3"
    )
}

/// Reads domains by their numbers, a JSON list; two statements, however many there are.
async fn load(
    connection: &mut Connection,
    organisation: &OrganisationName,
    ids: &str,
) -> Result<Vec<ListedDomain>, StoreError> {
    let mut slots: HashMap<i64, Vec<SelectorSlot>> = HashMap::new();
    for row in sqlx::query(SLOTS).bind(ids).fetch_all(&mut *connection).await? {
        slots.entry(row.try_get(12)?).or_default().push(configuration_rows::read_slot(&row)?);
    }
    let rows = sqlx::query(DOMAINS).bind(ids).fetch_all(connection).await?;
    rows.iter().map(|row| read(row, organisation, &mut slots)).collect()
}

fn read(
    row: &SqliteRow,
    organisation: &OrganisationName,
    slots: &mut HashMap<i64, Vec<SelectorSlot>>,
) -> Result<ListedDomain, StoreError> {
    let DomainRow { id, name, standing, added_at, .. } = DomainRow::read(Columns::from_row(row)?)?;
    let label: Option<String> = row.try_get(11)?;
    let label = label.map(|label| HostedLabel::parse(&label)).transpose();
    let label = label.map_err(|_| StoreError::BadRow { what: "label" })?;
    let display_name: Option<String> = row.try_get(12)?;
    let configuration = match display_name {
        None => None,
        Some(display_name) => {
            let properties: Properties = (
                display_name,
                row.try_get(13)?,
                row.try_get(14)?,
                row.try_get(15)?,
                row.try_get(16)?,
                row.try_get(17)?,
                row.try_get(18)?,
                row.try_get(19)?,
            );
            let both = slots.remove(&id).unwrap_or_default();
            Some(configuration_rows::read(properties, both.try_into().map_err(|_| BAD)?)?)
        }
    };
    let domain = Domain { name, organisation: organisation.clone(), standing, label, added_at };
    Ok(ListedDomain { domain, configuration })
}

/// The columns of a domain, its label, and the properties of its configuration.
const DOMAINS: &str = "
    SELECT d.id, d.organisation_id, d.name, d.state, d.token, d.token_made_at, d.proven_at, d.title, d.title_at,
           d.checked_at, d.missing_since, l.label, c.admin_display_name, c.header_canonicalization,
           c.body_canonicalization, c.enabled, c.unseen_key, c.key_bits, c.rotation_began_at, c.switched_at
    FROM json_each(?) j CROSS JOIN domain d ON d.id = j.value
    LEFT JOIN label l ON l.organisation_id = d.organisation_id AND l.domain = d.name
    LEFT JOIN signing_configuration c ON c.domain_id = d.id ORDER BY j.key";

/// The columns of a selector, and its domain.
const SLOTS: &str = "
    SELECT s.slot, s.name, s.key_id, k.bits, k.made_at, s.life, s.life_until, s.last, s.last_at, s.visible_since,
           s.first_no_at, s.lost_since, s.domain_id
    FROM json_each(?) j CROSS JOIN selector s ON s.domain_id = j.value JOIN signing_key k ON k.id = s.key_id
    ORDER BY s.domain_id, s.slot";

/// Names that one question looks at.
const MOST_LOOKED_AT: i64 = 50_000;

/// In no name is there a character after "z".
const BEHIND_ALL_NAMES: &str = "~";

const BAD_ORGANISATION: StoreError = StoreError::BadRow { what: "organisation" };

#[cfg(test)]
mod tests;
