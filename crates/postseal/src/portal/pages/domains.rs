use askama::Template;
use axum::extract::{Path, Query, RawForm};
use axum::response::Response;
use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;
use serde::Deserialize;

use super::glances::Cell;
use super::overview::dkim_mark;
use super::{At, see};
use crate::api::ClientError;
use crate::api::resource::{
    self, DomainResource, NewDkimSigningConfiguration, NewDomain, SetDkimSigningConfiguration,
};
use crate::portal::asked::Asked;
use crate::portal::failure::{Failure, error_words};
use crate::portal::moments::when;
use crate::portal::page::{Mark, Notice, Page, Place, render};
use crate::portal::parts::RecordBlock;
use crate::portal::words::{DOMAINS, DomainsWords};
use crate::words::{flyout, standing, verification};

#[derive(Template)]
#[template(path = "pages/domains.html")]
struct DomainsPage {
    page: Page,
    words: &'static DomainsWords,
    organisation: String,
    filter: Filter,
    rows: Vec<Row>,
    next: Option<String>,
}

/// The table alone, for whoever types into the filter.
#[derive(Template)]
#[template(path = "pages/domains_table.html")]
struct DomainsTable {
    words: &'static DomainsWords,
    organisation: String,
    csrf: String,
    filter: Filter,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    domain: String,
    path: String,
    held: bool,
    enabled: bool,
    status: String,
    cell: Cell,
    checked: String,
}

/// What is looked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct Filter {
    q: String,
    status: String,
    after: String,
}

#[derive(Template)]
#[template(path = "pages/unproven.html")]
struct UnprovenPage {
    page: Page,
    words: &'static DomainsWords,
    path: String,
    standing: String,
    record: Option<String>,
    servers: Vec<String>,
}

#[derive(Template)]
#[template(path = "pages/enabled.html")]
struct EnabledPage {
    page: Page,
    words: &'static DomainsWords,
    organisation: String,
    outcomes: Vec<Outcome>,
}

struct Outcome {
    path: String,
    domain: String,
    mark: Mark,
    text: String,
}

/// `GET /o/{organisation}/domains`: which domains sign.
pub(in crate::portal) async fn list(
    asked: Asked,
    Path(name): Path<String>,
    Query(filter): Query<Filter>,
) -> Result<Response, Failure> {
    let (words, organisation) = (DOMAINS.of(asked.lang), asked.organisation_name(&name)?);
    let (rows, next) = rows(&asked, &organisation, &filter).await?;
    if asked.fragment {
        let csrf = asked.visitor.csrf.clone();
        return Ok(render(&DomainsTable { words, organisation: name, csrf, filter, rows, next }));
    }
    let page = asked.page(Some(&name), Place::Domains, words.title.to_owned()).await;
    Ok(render(&DomainsPage { page, words, organisation: name, filter, rows, next }))
}

/// A page of rows that fit the filter, and where the next one begins.
async fn rows(
    asked: &Asked,
    organisation: &OrganisationName,
    filter: &Filter,
) -> Result<(Vec<Row>, Option<String>), Failure> {
    let sought = filter.q.trim().to_ascii_lowercase();
    let mut after = match filter.after.as_str() {
        "" => None,
        after => Some(asked.domain_name(after)?),
    };
    let (mut rows, mut looked) = (Vec::new(), 0);
    // Where nothing is sought, the first of them are the page.
    let at_once = if sought.is_empty() && filter.status.is_empty() { ROWS + 1 } else { READ_AT_ONCE };
    loop {
        let found = asked.domain_page(organisation, after.as_ref(), at_once).await?;
        for domain in &found.items {
            let name = asked.domain_name(&domain.name)?;
            if !domain.name.contains(&sought) {
                after = Some(name);
                continue;
            }
            looked += 1;
            if rows.len() >= ROWS as usize || looked > MAX_LOOKED {
                return Ok((rows, after.map(|after| after.to_string())));
            }
            rows.extend(row(asked, organisation, domain, &name, &filter.status).await?);
            after = Some(name);
        }
        if found.next.is_none() {
            return Ok((rows, None));
        }
    }
}

async fn row(
    asked: &Asked,
    organisation: &OrganisationName,
    domain: &DomainResource,
    name: &DomainName,
    status: &str,
) -> Result<Option<Row>, Failure> {
    let (words, path) = (DOMAINS.of(asked.lang), format!("/o/{organisation}/domains/{name}"));
    let (held, domain) = (domain.standing == "held", domain.name.clone());
    let row = if held {
        let found = asked.service()?.signing_state(organisation, name).await;
        let found = found.map_err(|error| asked.faulty(error))?;
        let word = resource::flyout(found.flyout);
        let checked = found.last_checked.map(resource::moment);
        Row {
            held: true,
            enabled: found.enabled,
            cell: Cell { mark: dkim_mark(word), text: flyout(word, asked.lang).to_owned() },
            checked: checked.map(|at| when(&at, asked.now(), asked.lang)).unwrap_or_default(),
            status: found.status.as_str().to_owned(),
            domain,
            path,
        }
    } else {
        Row {
            held: false,
            enabled: false,
            cell: Cell { mark: Mark::Off, text: words.unproven.to_owned() },
            checked: String::new(),
            status: "Unproven".to_owned(),
            domain,
            path,
        }
    };
    Ok(Some(row).filter(|row| status.is_empty() || row.status == status))
}

/// A form of `name=value` pairs, of which one may come often.
pub(in crate::portal) fn values(form: &[u8], name: &str) -> Vec<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(form).unwrap_or_default();
    pairs.into_iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect()
}

pub(in crate::portal) async fn add(
    asked: Asked,
    Path(organisation): Path<String>,
    RawForm(form): RawForm,
) -> Result<Response, Failure> {
    let organisation = asked.organisation_name(&organisation)?;
    let given = values(&form, "domain").pop().unwrap_or_default();
    let name = asked.domain_name(&given)?;
    let trust = values(&form, "trust").iter().any(|value| value == "true");
    let new = NewDomain { name: name.to_string(), trust };
    asked.client().add_domain(&organisation, &new).await.map_err(|error| asked.failed(error))?;
    Ok(see(&At { organisation, domain: name }.path()))
}

/// Enables every domain that was chosen, and says of each what came of it.
pub(in crate::portal) async fn enable(
    asked: Asked,
    Path(name): Path<String>,
    RawForm(form): RawForm,
) -> Result<Response, Failure> {
    let (words, organisation) = (DOMAINS.of(asked.lang), asked.organisation_name(&name)?);
    let mut outcomes = Vec::new();
    for chosen in values(&form, "domain").into_iter().take(ROWS as usize) {
        let domain = asked.domain_name(&chosen)?;
        let done = enable_one(&asked, &organisation, &domain).await;
        let (mark, text) = match done {
            Ok(None) => (Mark::Sealed, words.enabled.to_owned()),
            Ok(Some(warning)) => (Mark::Attention, warning),
            Err(error) => (Mark::Bad, error_words(&error, asked.locale).1.what),
        };
        let path = format!("/o/{organisation}/domains/{domain}/dkim");
        outcomes.push(Outcome { path, domain: domain.to_string(), mark, text });
    }
    let page = asked.page(Some(&name), Place::Domains, words.enabled_title.to_owned()).await;
    Ok(render(&EnabledPage { page, words, organisation: name, outcomes }))
}

/// `Some`: the configuration is there and not enabled, and why.
async fn enable_one(
    asked: &Asked,
    organisation: &OrganisationName,
    domain: &DomainName,
) -> Result<Option<String>, ClientError> {
    let client = asked.client();
    let outcome = match client.dkim(organisation, domain).await?.status.as_str() {
        "NoDKIMKeys" => {
            let new = NewDkimSigningConfiguration { enabled: true, ..NewDkimSigningConfiguration::default() };
            client.new_dkim(organisation, domain, &new).await?
        }
        _ => {
            let set =
                SetDkimSigningConfiguration { enabled: Some(true), ..SetDkimSigningConfiguration::default() };
            client.set_dkim(organisation, domain, &set).await?
        }
    };
    let warning = outcome.warning.map(|problem| ClientError::Problem(Box::new(problem)));
    Ok(warning.map(|warning| error_words(&warning, asked.locale).1.what))
}

/// `GET /o/{organisation}/domains/{domain}`: how a domain is shown to be ours; one that is, its DKIM.
pub(in crate::portal) async fn show(
    asked: Asked,
    Path(names): Path<(String, String)>,
) -> Result<Response, Failure> {
    let at = asked.at(names)?;
    let found = asked.client().domain(&at.organisation, &at.domain).await;
    let domain = found.map_err(|error| asked.failed(error))?;
    if domain.standing == "held" {
        return Ok(see(&format!("{}/dkim", at.path())));
    }
    unproven(&asked, &at, &domain, None, Vec::new()).await
}

async fn unproven(
    asked: &Asked,
    at: &At,
    domain: &DomainResource,
    notice: Option<Notice>,
    servers: Vec<String>,
) -> Result<Response, Failure> {
    let block = domain.ownership_record.as_ref().map(|record| RecordBlock::of(record, &[], asked.lang));
    let mut page = asked.page(Some(at.organisation.as_str()), Place::Domains, domain.name.clone()).await;
    page.notice = notice;
    Ok(render(&UnprovenPage {
        page,
        words: DOMAINS.of(asked.lang),
        path: at.path(),
        standing: standing(domain, asked.lang),
        record: block.and_then(|block| block.render().ok()),
        servers,
    }))
}

/// Looks for the token now.
pub(in crate::portal) async fn verify(
    asked: Asked,
    Path(names): Path<(String, String)>,
) -> Result<Response, Failure> {
    let at = asked.at(names)?;
    let found = asked.client().verify_domain(&at.organisation, &at.domain).await;
    let outcome = found.map_err(|error| asked.failed(error))?;
    if outcome.domain.standing == "held" {
        return Ok(see(&format!("{}/dkim", at.path())));
    }
    let words = DOMAINS.of(asked.lang);
    let servers = outcome.servers.iter().map(|server| {
        let answered = match (&server.texts, &server.failure) {
            (Some(texts), _) if texts.is_empty() => words.no_record.to_owned(),
            (Some(texts), _) => texts.join(" | "),
            (None, failure) => format!("{} {}", words.no_answer, failure.as_deref().unwrap_or_default()),
        };
        format!("{} ({}): {answered}", server.server, server.address)
    });
    let servers = servers.collect();
    let text = verification(&outcome, asked.lang).trim_end().to_owned();
    let notice = Notice { mark: Mark::Attention, text, next: None };
    unproven(&asked, &at, &outcome.domain, Some(notice), servers).await
}

pub(in crate::portal) async fn remove(
    asked: Asked,
    Path(names): Path<(String, String)>,
) -> Result<Response, Failure> {
    let at = asked.at(names)?;
    let removed = asked.client().remove_domain(&at.organisation, &at.domain).await;
    removed.map_err(|error| asked.failed(error))?;
    Ok(see(&format!("/o/{}/domains", at.organisation)))
}

/// Domains on one page.
const ROWS: u32 = 50;

/// Names read from the store at once.
const READ_AT_ONCE: u32 = 1_000;

/// Domains whose status is read for one page.
const MAX_LOOKED: usize = 500;
