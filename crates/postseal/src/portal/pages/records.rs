use askama::Template;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::tabs::{Tab, TabName, tabs};
use crate::api::resource::Record;
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::page::{Page, Place, render};
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
    let group = |purpose: &str, title, why| {
        let fitting = records.iter().filter(|record| record.purpose == purpose);
        let block = |record: &Record| RecordBlock::of(record, &servers(record), asked.lang).render().ok();
        Group { title, why, blocks: fitting.filter_map(block).collect() }
    };
    let groups = vec![
        group("ownership", words.ownership, words.ownership_why),
        group("spf", "SPF", words.spf_why),
        group("dkim", "DKIM", words.dkim_why),
        group("dmarc", "DMARC", words.dmarc_why),
    ];
    let groups = groups.into_iter().filter(|group| !group.blocks.is_empty()).collect();
    let page = asked.page(Some(at.organisation.as_str()), Place::Domains, at.domain.to_string()).await;
    let tabs = tabs(&at, TabName::Records, asked.lang);
    Ok(render(&RecordsPage { page, words, path: at.path(), tabs, groups }))
}

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
