use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use postseal_core::advice::CheckRequest;
use tokio::time::timeout;

use super::At;
use super::glances::Cell;
use super::overview::dkim_cell;
use super::tabs::{Tab, TabName, tabs};
use crate::api::resource::{DkimSigningConfiguration, ServerFinding};
use crate::api::{Problem, ProblemKind};
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::page::{Mark, Page, Place, render};
use crate::portal::parts::RecordBlock;
use crate::portal::words::{RECORDS, RecordsWords};
use crate::registration::{Action, Format, Plan, Planned, Wanted, remarks};
use crate::words::Lang;

#[derive(Template)]
#[template(path = "pages/records.html")]
struct RecordsPage {
    page: Page,
    words: &'static RecordsWords,
    path: String,
    tabs: Vec<Tab>,
    /// What somebody must look at before.
    remarks: Vec<String>,
    groups: Vec<Group>,
}

/// Records for one purpose, with why.
struct Group {
    title: &'static str,
    state: Option<Cell>,
    why: String,
    /// What to do with what is there.
    remarks: Vec<String>,
    blocks: Vec<String>,
}

/// `GET …/records`: everything to register, in the order in which it is registered, held against what is
/// published.
pub(in crate::portal) async fn show(
    asked: Asked,
    Path(names): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (at, words, lang) = (asked.at(names)?, RECORDS.of(asked.lang), asked.lang);
    let plan = plan(&asked, &at).await?;
    let client = asked.client();
    let dkim = client.dkim(&at.organisation, &at.domain).await.ok();
    let domain = client.domain(&at.organisation, &at.domain).await.map_err(|error| asked.failed(error))?;
    let is_proven = domain.standing == "held";
    let mut groups = Vec::new();
    for (purpose, title) in
        [("ownership", words.ownership), ("spf", "SPF"), ("dkim", "DKIM"), ("dmarc", "DMARC")]
    {
        let planned: Vec<&Planned> =
            plan.records.iter().filter(|planned| planned.record.purpose == purpose).collect();
        let Some(first) = planned.first() else { continue };
        let state = match purpose {
            "ownership" if is_proven => Some(Cell { mark: Mark::Good, text: words.proven.to_owned() }),
            "ownership" => None,
            "dkim" => dkim.as_ref().map(|dkim| dkim_cell(dkim, lang)),
            _ => Some(state(first.action, words)),
        };
        let block = |planned: &&Planned| {
            let servers = dkim.as_ref().map_or(&[][..], |dkim| found_at(dkim, &planned.record.name));
            RecordBlock::of(&planned.record, servers, lang).render().ok()
        };
        groups.push(Group {
            title,
            state,
            why: first.reason.clone(),
            remarks: said(first, lang),
            blocks: planned.iter().filter_map(block).collect(),
        });
    }
    let page = asked.page(Some(at.organisation.as_str()), Place::Domains, at.domain.to_string()).await;
    let tabs = tabs(&at, TabName::Records, lang);
    Ok(render(&RecordsPage { page, words, path: at.path(), tabs, remarks: plan.remarks, groups }))
}

/// `GET …/records/export/{format}`: the same as a file for a DNS host or a program.
pub(in crate::portal) async fn export(
    asked: Asked,
    Path((organisation, domain, format)): Path<(String, String, String)>,
) -> Result<Response, Failure> {
    let at = asked.at((organisation, domain))?;
    let (format, ending) = match format.as_str() {
        "zone" => (Format::Zone, "zone"),
        "dnscontrol" => (Format::Dnscontrol, "js"),
        "terraform" => (Format::Terraform, "tf"),
        _ => {
            let none = Problem::new(ProblemKind::NoSuchRoute, "no such form of records");
            return Err(Failure::of(asked.locale, none));
        }
    };
    let text = format.write(&plan(&asked, &at).await?, &at.domain, asked.lang);
    let name = format!("attachment; filename=\"{}.{ending}\"", at.domain);
    let fields = [(CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((fields, text).into_response())
}

/// What is to be registered. Where the DNS does not answer in time, the records say that it must be looked at.
async fn plan(asked: &Asked, at: &At) -> Result<Plan, Failure> {
    let records = asked.client().records(&at.organisation, &at.domain).await;
    let records = records.map_err(|error| asked.failed(error))?;
    if records.is_empty() {
        return Ok(Plan::nothing());
    }
    let service = asked.service()?;
    let looked = timeout(PATIENCE, service.check(CheckRequest::new(at.domain.clone()), None)).await;
    let report = looked.ok().and_then(Result::ok);
    let wanted = Wanted { domain: &at.domain, ours: Some(&records), terms: &[], flatten: false };
    Ok(Plan::new(&wanted, report.as_ref(), asked.lang))
}

/// What the name servers answer for a DKIM record.
fn found_at<'f>(dkim: &'f DkimSigningConfiguration, name: &str) -> &'f [ServerFinding] {
    let is_of =
        |selector: &str| name.strip_prefix(selector).is_some_and(|rest| rest.starts_with("._domainkey."));
    if is_of(&dkim.selector1) {
        &dkim.selector1_found
    } else if is_of(&dkim.selector2) {
        &dkim.selector2_found
    } else {
        &[]
    }
}

/// How a record that others may have made stands.
fn state(action: Action, words: &RecordsWords) -> Cell {
    let (mark, text) = match action {
        Action::Add => (Mark::Off, words.absent),
        Action::Keep => (Mark::Good, words.registered),
        Action::Replace => (Mark::Attention, words.to_change),
        Action::Check => (Mark::Attention, words.not_known),
    };
    Cell { mark, text: text.to_owned() }
}

/// What it takes the place of; all else its state has said.
fn said(planned: &Planned, lang: Lang) -> Vec<String> {
    if planned.action == Action::Replace { remarks(planned, lang) } else { Vec::new() }
}

/// How long the page waits for the DNS.
const PATIENCE: Duration = Duration::from_secs(3);
