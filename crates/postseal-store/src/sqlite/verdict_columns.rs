//! How lists stand in a column, and how columns are read.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::str::FromStr;

use postseal_core::dkim::Selector;
use postseal_core::dns::DomainName;
use postseal_core::verdict::{AuthResults, DkimAuthResult, OverrideReason, SpfAuthResult};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::StoreError;

const BAD: StoreError = StoreError::BadRow { what: "verdict" };

/// A line for each signature.
pub(super) fn dkim(results: &AuthResults) -> String {
    lines(results.dkim.iter().map(|s| (s.result.as_str(), s.domain.as_str(), s.selector.as_str())))
}

/// A line for each reason.
pub(super) fn reasons(reasons: &[OverrideReason]) -> String {
    let mut text = String::new();
    for reason in reasons {
        let comment = reason.comment.replace(char::is_control, " ");
        // A String takes every write.
        let _ = writeln!(text, "{} {comment}", reason.kind);
    }
    text
}

fn lines<'t>(of: impl Iterator<Item = (&'t str, &'t str, &'t str)>) -> String {
    let mut text = String::new();
    for (result, domain, selector) in of {
        // As above.
        let _ = writeln!(text, "{result} {domain} {selector}");
    }
    text
}

pub(super) fn read_auth_results(row: &SqliteRow) -> Result<AuthResults, StoreError> {
    let lines: &str = row.try_get("dkim")?;
    let mut dkim = Vec::new();
    for line in lines.lines() {
        let mut words = line.split(' ');
        let (Some(result), Some(domain), Some(selector)) = (words.next(), words.next(), words.next()) else {
            return Err(BAD);
        };
        dkim.push(DkimAuthResult {
            domain: DomainName::parse(domain).map_err(|_| BAD)?,
            selector: Selector::parse(selector).map_err(|_| BAD)?,
            result: result.parse().map_err(|_| BAD)?,
        });
    }
    let spf = SpfAuthResult { domain: read_name(row, "spf_domain")?, result: read_word(row, "spf")? };
    Ok(AuthResults { dkim, spf })
}

pub(super) fn read_reasons(row: &SqliteRow) -> Result<Vec<OverrideReason>, StoreError> {
    let lines: &str = row.try_get("reasons")?;
    let read = |line: &str| {
        let (kind, comment) = line.split_once(' ').ok_or(BAD)?;
        Ok(OverrideReason::new(kind.parse().map_err(|_| BAD)?, comment))
    };
    lines.lines().map(read).collect()
}

pub(super) fn read_name(row: &SqliteRow, column: &str) -> Result<Option<DomainName>, StoreError> {
    let name: Option<&str> = row.try_get(column)?;
    name.map(DomainName::parse).transpose().map_err(|_| BAD)
}

pub(super) fn read_address(row: &SqliteRow, column: &str) -> Result<Option<IpAddr>, StoreError> {
    let address: Option<&str> = row.try_get(column)?;
    address.map(str::parse).transpose().map_err(|_| BAD)
}

pub(super) fn read_word<T: FromStr>(row: &SqliteRow, column: &str) -> Result<T, StoreError> {
    row.try_get::<&str, _>(column)?.parse().map_err(|_| BAD)
}

pub(super) fn read_optional_word<T: FromStr>(row: &SqliteRow, column: &str) -> Result<Option<T>, StoreError> {
    let word: Option<&str> = row.try_get(column)?;
    word.map(str::parse).transpose().map_err(|_| BAD)
}
