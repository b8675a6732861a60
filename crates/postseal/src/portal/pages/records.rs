use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use super::glances::Cell;
use super::overview::dkim_cell;
use super::tabs::{Tab, TabName, tabs};
use crate::api::resource::Record;
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::page::{Mark, Page, Place, render};
use crate::portal::parts::RecordBlock;
use crate::portal::words::{RECORDS, RecordsWords};

#[derive(Template)]
#[template(path = "pages/records.html")]
struct RecordsPage {
    page: Page,
    words: &'static RecordsWords,
    path: String,
    tabs: Vec<Tab>,
    groups: Vec<Group>,
}

/// Records for one purpose, with why.
struct Group {
    title: &'static str,
    why: &'static str,
    /// How the DNS stands, where that is known.
    state: Option<Cell>,
    blocks: Vec<String>,
}

/// `GET …/records`: everything to register, in the order in which it is registered.
pub(in crate::portal) async fn show(
    asked: Asked,
    Path(names): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (at, words) = (asked.at(names)?, RECORDS.of(asked.lang));
    let client = asked.client();
    let records = client.records(&at.organisation, &at.domain).await.map_err(|error| asked.failed(error))?;
    let dkim = client.dkim(&at.organisation, &at.domain).await.ok();
    let servers = |record: &Record| match &dkim {
        Some(dkim) if record.name.starts_with(&format!("{}.", dkim.selector1)) => {
            dkim.selector1_found.clone()
        }
        Some(dkim) if record.name.starts_with(&format!("{}.", dkim.selector2)) => {
            dkim.selector2_found.clone()
        }
        _ => Vec::new(),
    };
    let standing = client.domain(&at.organisation, &at.domain).await.ok();
    let proven = standing.filter(|domain| domain.standing == "held");
    let glance = timeout(PATIENCE, asked.portal.glances.look(&asked, &at.domain)).await;
    let glance = glance.ok().and_then(Result::ok);
    let group = |purpose: &str, title, why, state| {
        let fitting = records.iter().filter(|record| record.purpose == purpose);
        let block = |record: &Record| RecordBlock::of(record, &servers(record), asked.lang).render().ok();
        Group { title, why, state, blocks: fitting.filter_map(block).collect() }
    };
    let groups = vec![
        group(
            "ownership",
            words.ownership,
            words.ownership_why,
            proven.map(|_| Cell { mark: Mark::Good, text: words.proven.to_owned() }),
        ),
        group("spf", "SPF", words.spf_why, glance.as_ref().map(|glance| glance.spf(asked.lang))),
        group("dkim", "DKIM", words.dkim_why, dkim.as_ref().map(|dkim| dkim_cell(dkim, asked.lang))),
        group("dmarc", "DMARC", words.dmarc_why, glance.as_ref().map(|glance| glance.dmarc(asked.lang))),
    ];
    let groups = groups.into_iter().filter(|group| !group.blocks.is_empty()).collect();
    let page = asked.page(Some(at.organisation.as_str()), Place::Domains, at.domain.to_string()).await;
    let tabs = tabs(&at, TabName::Records, asked.lang);
    Ok(render(&RecordsPage { page, words, path: at.path(), tabs, groups }))
}

/// How long the page waits for what a look at the DNS would tell.
const PATIENCE: Duration = Duration::from_secs(2);

/// `GET …/records.zone`: the same as lines of a zone file.
pub(in crate::portal) async fn zone_file(
    asked: Asked,
    Path(names): Path<(String, String)>,
) -> Result<Response, Failure> {
    let at = asked.at(names)?;
    let records = asked.client().records(&at.organisation, &at.domain).await;
    let records = records.map_err(|error| asked.failed(error))?;
    let text: String = records.iter().map(|record| format!("{}\n", record.zone_line)).collect();
    let name = format!("attachment; filename=\"{}.zone\"", at.domain);
    let fields = [(CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((fields, text).into_response())
}
