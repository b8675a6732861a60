use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::response::Response;
use postseal_core::hosting::OrganisationName;
use serde::Deserialize;

use super::domain_filter::{Tally, tally};
use super::glances::{Cell, Glance, signing_mark};
use super::see;
use crate::api::percent_encoded;
use crate::api::resource::{DkimSigningConfiguration, DomainResource, NewOrganisation};
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::page::{Mark, Page, Place, render};
use crate::portal::words::{OVERVIEW, OverviewWords};
use crate::words::{Lang, flyout};

#[derive(Template)]
#[template(path = "pages/home.html")]
struct HomePage {
    page: Page,
    words: &'static OverviewWords,
}

#[derive(Template)]
#[template(path = "pages/overview.html")]
struct OverviewPage {
    page: Page,
    words: &'static OverviewWords,
    organisation: String,
    /// The initial domain, where it is the only one.
    initial: Option<String>,
    tally: Vec<Tally>,
    rows: Vec<String>,
    next: Option<String>,
}

/// One domain at a glance. What needs a look at the DNS comes when the row is seen.
#[derive(Template)]
#[template(path = "pages/overview_row.html")]
struct Row {
    words: &'static OverviewWords,
    domain: String,
    path: String,
    dkim: Cell,
    step: Option<Step>,
    /// Where the whole row comes from.
    whole: String,
    glance: Option<[Cell; 2]>,
    /// All of it was looked at, and it is in order.
    is_done: bool,
}

/// The one next thing to do.
struct Step {
    href: String,
    text: &'static str,
}

#[derive(Deserialize)]
pub(in crate::portal) struct HomeQuery {
    organisation: Option<String>,
}

#[derive(Deserialize)]
pub(in crate::portal) struct PageQuery {
    after: Option<String>,
}

#[derive(Deserialize)]
pub(in crate::portal) struct NewOrganisationForm {
    name: String,
}

/// `GET /`: the first organisation, or how to make one.
pub(in crate::portal) async fn home(
    asked: Asked,
    Query(query): Query<HomeQuery>,
) -> Result<Response, Failure> {
    let page = asked.page(query.organisation.as_deref(), Place::Overview, String::new()).await;
    if let Some(name) = &page.organisation {
        return Ok(see(&format!("/o/{}", asked.organisation_name(name)?)));
    }
    let words = OVERVIEW.of(asked.lang);
    Ok(render(&HomePage { page: Page { title: words.welcome.to_owned(), ..page }, words }))
}

pub(in crate::portal) async fn add_organisation(
    asked: Asked,
    Form(form): Form<NewOrganisationForm>,
) -> Result<Response, Failure> {
    let new = NewOrganisation { name: form.name.trim().to_owned() };
    let made = asked.client().add_organisation(&new).await.map_err(|error| asked.failed(error))?;
    Ok(see(&format!("/o/{}", made.name)))
}

/// `GET /o/{organisation}`: each domain at a glance, those that need somebody first.
pub(in crate::portal) async fn show(
    asked: Asked,
    Path(name): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Response, Failure> {
    let (words, organisation) = (OVERVIEW.of(asked.lang), asked.organisation_name(&name)?);
    let after = query.after.map(|after| format!("&after={}", percent_encoded(&after))).unwrap_or_default();
    let found = asked.domain_page(&organisation, &format!("order=state&limit={ROWS}{after}")).await?;
    let rows =
        found.items.iter().map(|domain| row(&asked, domain, None).render().unwrap_or_default()).collect();
    let next = found.next.as_deref().and_then(|next| super::domains::after(next)).map(str::to_owned);
    let tally = tally(&asked, &organisation).await?;
    let initial = only_initial(&asked, &organisation, &found.items).await?;
    let page = asked.page(Some(&name), Place::Overview, words.title.to_owned()).await;
    Ok(render(&OverviewPage { page, words, organisation: name, initial, tally, rows, next }))
}

/// The initial domain of an organisation that has no other yet: its next step is a domain of its own.
async fn only_initial(
    asked: &Asked,
    organisation: &OrganisationName,
    items: &[DomainResource],
) -> Result<Option<String>, Failure> {
    let [only] = items else { return Ok(None) };
    if only.signing.is_none() {
        return Ok(None);
    }
    let name = asked.domain_name(&only.name)?;
    let found = asked.client().dkim(organisation, &name).await.map_err(|error| asked.failed(error))?;
    Ok(found.is_default.then(|| only.name.clone()))
}

/// The row of one domain, with what the DNS shows of it.
pub(in crate::portal) async fn glance(
    asked: Asked,
    Path(names): Path<(String, String)>,
) -> Result<Response, Failure> {
    let at = asked.at(names)?;
    let found = asked.client().domain(&at.organisation, &at.domain).await;
    let domain = found.map_err(|error| asked.failed(error))?;
    let glance = asked.portal.glances.look(&asked, &at.domain).await?;
    Ok(render(&row(&asked, &domain, Some(&glance))))
}

fn row(asked: &Asked, domain: &DomainResource, glance: Option<&Glance>) -> Row {
    let (lang, words) = (asked.lang, OVERVIEW.of(asked.lang));
    let path = format!("/o/{}/domains/{}", domain.organisation, domain.name);
    let dkim = match &domain.signing {
        None => Cell { mark: Mark::Attention, text: words.unproven.to_owned() },
        Some(signing) => Cell { mark: signing_mark(signing), text: flyout(&signing.flyout, lang).to_owned() },
    };
    let step = |rest: &str, text| Some(Step { href: format!("{path}{rest}"), text });
    // In the order in which things are registered; but first what has stopped.
    let signing = domain.signing.as_ref().map(|of| (of.enabled, of.status.as_str()));
    let step = match (signing, glance) {
        (None, _) => step("", words.prove),
        (Some((true, status)), _) if status != "Valid" => step("/dkim", words.publish_cnames),
        (_, Some(glance)) if glance.spf_is_bad() => step("/spf", words.register_spf),
        (Some((_, "NoDKIMKeys")), _) => step("/dkim", words.create_keys),
        (Some((false, "Valid")), _) => step("/dkim", words.enable),
        (Some((false, _)), _) => step("/dkim", words.publish_cnames),
        (_, Some(glance)) if glance.dmarc_is_bad() => step("/dmarc", words.register_dmarc),
        _ => None,
    };
    Row {
        words,
        domain: domain.name.clone(),
        whole: format!("/o/{}/glance/{}", domain.organisation, domain.name),
        path,
        dkim,
        step,
        is_done: glance.is_some_and(Glance::is_known),
        glance: glance.map(|glance| [glance.spf(lang), glance.dmarc(lang)]),
    }
}

/// How a domain signs, in a word.
pub(super) fn dkim_cell(found: &DkimSigningConfiguration, lang: Lang) -> Cell {
    Cell { mark: dkim_mark(&found.flyout), text: flyout(&found.flyout, lang).to_owned() }
}

pub(super) fn dkim_mark(flyout: &str) -> Mark {
    match flyout {
        "Signing" | "Rotating" => Mark::Sealed,
        "NotSigning" => Mark::Attention,
        _ => Mark::Off,
    }
}

/// Domains on one page.
const ROWS: u32 = 50;
