use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use postseal_core::advice::{CheckReport, CheckRequest, SpfNode, lossy};
use serde::Deserialize;

use super::At;
use super::tabs::{Tab, TabName, tabs};
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::page::{Mark, Page, Place, render};
use crate::portal::parts::finding_blocks;
use crate::portal::words::{SPF, SpfWords};
use crate::service::PlannedRecord;

#[derive(Template)]
#[template(path = "pages/spf.html")]
struct SpfPage {
    page: Page,
    words: &'static SpfWords,
    path: String,
    tabs: Vec<Tab>,
    record: String,
    view: String,
}

/// The tree with what is to be said about it.
#[derive(Template)]
#[template(path = "pages/spf_view.html")]
struct SpfView {
    words: &'static SpfWords,
    planned: bool,
    record: Option<String>,
    lookups: u32,
    voids: u32,
    mark: Mark,
    tree: String,
    findings: Vec<String>,
}

/// One record of the tree, and what it leads to.
#[derive(Template)]
#[template(path = "pages/spf_tree.html")]
struct SpfTree {
    words: &'static SpfWords,
    terms: Vec<TermRow>,
}

struct TermRow {
    text: String,
    /// Which look-up this term is; 0 where it costs none.
    lookups: u32,
    over: bool,
    void: bool,
    networks: usize,
    domain: String,
    below: Option<String>,
}

#[derive(Deserialize)]
pub(in crate::portal) struct SpfQuery {
    /// A record that is not published: its effect is shown.
    record: Option<String>,
}

/// `GET …/spf`: the record that is published, or the effect of another one.
pub(in crate::portal) async fn show(
    asked: Asked,
    Path(names): Path<(String, String)>,
    Query(query): Query<SpfQuery>,
) -> Result<Response, Failure> {
    let (at, words) = (asked.at(names)?, SPF.of(asked.lang));
    let report = look(&asked, &at, query.record.as_deref()).await?;
    let planned = query.record.is_some();
    let view = SpfView::of(&report, planned, &asked);
    if asked.fragment {
        return Ok(render(&view));
    }
    let published = report.spf.text().map(|text| lossy(&text.octets));
    let record = query.record.or(published).unwrap_or_default();
    let page = asked.page(Some(at.organisation.as_str()), Place::Domains, at.domain.to_string()).await;
    let tabs = tabs(&at, TabName::Spf, asked.lang);
    let view = view.render().unwrap_or_default();
    Ok(render(&SpfPage { page, words, path: at.path(), tabs, record, view }))
}

async fn look(asked: &Asked, at: &At, record: Option<&str>) -> Result<CheckReport, Failure> {
    let planned = record.map(|text| PlannedRecord { name: at.domain.clone(), text: text.trim().to_owned() });
    let looked = asked.service()?.check(CheckRequest::new(at.domain.clone()), planned).await;
    looked.map_err(|error| asked.faulty(error))
}

impl SpfView {
    fn of(report: &CheckReport, planned: bool, asked: &Asked) -> SpfView {
        let words = SPF.of(asked.lang);
        let (lookups, voids) = (report.spf.lookups(), report.spf.void_lookups());
        let findings = report.findings.iter().filter(|finding| finding.id().as_str().starts_with("spf."));
        SpfView {
            words,
            planned,
            record: report.spf.text().map(|text| lossy(&text.octets)),
            mark: match (report.spf.text().is_some(), lookups, voids) {
                (false, ..) => Mark::Bad,
                (true, 0..=8, 0) => Mark::Good,
                (true, 0..=10, 0..=2) => Mark::Attention,
                _ => Mark::Bad,
            },
            lookups,
            voids,
            tree: tree(&report.spf, 0, words),
            findings: finding_blocks(findings, asked.lang),
        }
    }
}

/// `before`: look-ups that came before this record.
fn tree(node: &SpfNode, before: u32, words: &'static SpfWords) -> String {
    let mut so_far = before;
    let mut terms = Vec::new();
    for term in &node.terms {
        // What a term leads to is counted with it: its own look-up is the first of them.
        let own = if term.lookups > so_far { so_far + 1 } else { 0 };
        let below = term.node.as_ref().filter(|node| !node.terms.is_empty());
        terms.push(TermRow {
            text: term.text.clone(),
            lookups: own,
            over: own > MAX_LOOKUPS,
            void: term.is_void(),
            networks: term.network_count(),
            domain: term.node.as_ref().map(|node| node.domain.to_string()).unwrap_or_default(),
            below: below.map(|node| tree(node, own.max(so_far), words)),
        });
        so_far = term.lookups;
    }
    SpfTree { words, terms }.render().unwrap_or_default()
}

/// RFC 7208 §4.6.4.
const MAX_LOOKUPS: u32 = 10;
