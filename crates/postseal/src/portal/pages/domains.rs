use askama::Template;
use axum::extract::{Path, Query, RawForm};
use axum::response::Response;
use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;

use super::domain_filter::{Column, Filter, Tally, tally};
use super::glances::{Cell, signing_mark};
use super::{At, see};
use crate::api::ClientError;
use crate::api::resource::{
    DomainResource, NewDkimSigningConfiguration, NewDomain, SetDkimSigningConfiguration,
};
use crate::portal::asked::Asked;
use crate::portal::csv;
use crate::portal::download::{Unfinished, download};
use crate::portal::failure::{Failure, error_words};
use crate::portal::moments::{in_words, when};
use crate::portal::page::{Mark, Notice, Page, Place, render};
use crate::portal::parts::RecordBlock;
use crate::portal::words::{DOMAINS, DomainsWords};
use crate::words::{Lang, flyout, say, standing, verification};

#[derive(Template)]
#[template(path = "pages/domains.html")]
struct DomainsPage {
    page: Page,
    words: &'static DomainsWords,
    organisation: String,
    list: List,
}

/// The table alone, for whoever types into the filter.
#[derive(Template)]
#[template(path = "pages/domains_table.html")]
struct DomainsTable {
    words: &'static DomainsWords,
    organisation: String,
    csrf: String,
    list: List,
}

/// A page of the list.
struct List {
    filter: Filter,
    tally: Vec<Tally>,
    columns: [Column; 3],
    rows: Vec<Row>,
    /// Where the list goes on.
    next: Option<String>,
    /// The filter as a query.
    query: String,
}

impl List {
    /// The heads of name, status and when it was added.
    fn heads(&self) -> [&Column; 3] {
        self.columns.each_ref()
    }
}

struct Row {
    domain: String,
    path: String,
    held: bool,
    enabled: bool,
    status: String,
    cell: Cell,
    checked: String,
    added: String,
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
    let found = asked.domain_page(&organisation, &format!("{}&limit={ROWS}", filter.of_api())).await?;
    let list =
        List {
            tally: tally(&asked, &organisation).await?,
            columns: filter.columns(&organisation, words),
            rows: found.items.into_iter().map(|domain| Row::of(&asked, domain)).collect(),
            next: found.next.as_deref().and_then(|next| after(next)).map(|after| {
                format!("/o/{organisation}/domains?{}&after={after}", filter.of_page(&filter.sort))
            }),
            query: filter.of_page(&filter.sort),
            filter,
        };
    if asked.fragment {
        let csrf = asked.visitor.csrf.clone();
        return Ok(render(&DomainsTable { words, organisation: name, csrf, list }));
    }
    let page = asked.page(Some(&name), Place::Domains, words.title.to_owned()).await;
    Ok(render(&DomainsPage { page, words, organisation: name, list }))
}

/// Where a page of the API goes on, still encoded.
pub(super) fn after(next: &str) -> Option<&str> {
    let (_, query) = next.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("after="))
}

/// `GET /o/{organisation}/domains/export/csv`: what a filter finds, up to a hundred thousand.
pub(in crate::portal) async fn export(
    asked: Asked,
    Path(name): Path<String>,
    Query(filter): Query<Filter>,
) -> Result<Response, Failure> {
    let organisation = asked.organisation_name(&name)?;
    let mut page = asked.domain_page(&organisation, &format!("{}&limit=250", filter.of_api())).await?;
    let client = asked.client();
    Ok(download(&format!("{organisation}-domains.csv"), "text/csv; charset=utf-8", move |file| async move {
        file.write(EXPORTED.to_owned()).await;
        for _ in 0..EXPORT_PAGES {
            if !file.write(page.items.iter().map(exported).collect()).await {
                break;
            }
            let Some(next) = page.next else { break };
            page = client.domains(&organisation, Some(&next)).await.map_err(|_| Unfinished)?;
        }
        Ok(())
    }))
}

const EXPORTED: &str =
    "name,standing,title,since,added_at,label,enabled,status,flyout,last_checked,token_missing_since\r\n";

fn exported(domain: &DomainResource) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let signing = domain.signing.as_ref();
    csv::line(&[
        domain.name.clone(),
        domain.standing.clone(),
        text(&domain.title),
        text(&domain.since),
        domain.added_at.clone(),
        text(&domain.label),
        signing.map(|signing| signing.enabled.to_string()).unwrap_or_default(),
        signing.map(|signing| signing.status.clone()).unwrap_or_default(),
        signing.map(|signing| signing.flyout.clone()).unwrap_or_default(),
        signing.and_then(|signing| signing.last_checked.clone()).unwrap_or_default(),
        text(&domain.token_missing_since),
    ])
}

impl Row {
    fn of(asked: &Asked, domain: DomainResource) -> Row {
        let words = DOMAINS.of(asked.lang);
        let moment = |at: &str| when(at, asked.now(), asked.lang);
        let signing = domain.signing.as_ref();
        Row {
            path: format!("/o/{}/domains/{}", domain.organisation, domain.name),
            held: signing.is_some(),
            enabled: signing.is_some_and(|signing| signing.enabled),
            status: signing.map_or(words.claimed, |signing| &signing.status).to_owned(),
            cell: signing.map_or_else(
                || Cell { mark: Mark::Attention, text: words.unproven.to_owned() },
                |signing| Cell {
                    mark: signing_mark(signing),
                    text: flyout(&signing.flyout, asked.lang).to_owned(),
                },
            ),
            checked: signing
                .and_then(|signing| signing.last_checked.as_deref())
                .map(moment)
                .unwrap_or_default(),
            added: moment(&domain.added_at),
            domain: domain.name,
        }
    }
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
        standing: standing(&with_moments_in_words(domain, asked.lang), asked.lang),
        record: block.and_then(|block| block.render().ok()),
        servers,
    }))
}

/// As people read it.
fn with_moments_in_words(domain: &DomainResource, lang: Lang) -> DomainResource {
    let said = |moment: &Option<String>| moment.as_ref().map(|moment| in_words(moment, lang));
    DomainResource {
        since: said(&domain.since),
        claim_until: said(&domain.claim_until),
        token_missing_since: said(&domain.token_missing_since),
        ..domain.clone()
    }
}

/// Looks for the token now.
pub(in crate::portal) async fn verify(
    asked: Asked,
    Path(names): Path<(String, String)>,
) -> Result<Response, Failure> {
    let at = asked.at(names)?;
    let found = asked.client().verify_domain(&at.organisation, &at.domain).await;
    let mut outcome = found.map_err(|error| asked.failed(error))?;
    outcome.again_at = outcome.again_at.map(|moment| in_words(&moment, asked.lang));
    let words = DOMAINS.of(asked.lang);
    if outcome.domain.standing == "held" {
        let notice = Notice { mark: Mark::Good, text: words.proven.to_owned(), next: None };
        return Ok(asked.see_with(&format!("{}/dkim", at.path()), notice));
    }
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
    let text = say!(asked.lang, "{} is removed.", "{} を削除しました。", at.domain);
    let notice = Notice { mark: Mark::Good, text, next: None };
    Ok(asked.see_with(&format!("/o/{}/domains", at.organisation), notice))
}

/// Domains on one page.
const ROWS: u32 = 50;

/// Pages of 250 that an export has at most: small ones, as nothing is sent before the first is read.
const EXPORT_PAGES: usize = 400;
