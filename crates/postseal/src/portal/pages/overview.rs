use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::response::Response;
use postseal_core::hosting::OrganisationName;
use serde::Deserialize;

use super::glances::{Cell, Glance};
use super::see;
use crate::api::resource::{self, DkimSigningConfiguration, DomainResource, NewOrganisation};
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

/// `GET /o/{organisation}`: each domain at a glance.
pub(in crate::portal) async fn show(
    asked: Asked,
    Path(name): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Response, Failure> {
    let (words, organisation) = (OVERVIEW.of(asked.lang), asked.organisation_name(&name)?);
    let after = query.after.map(|after| asked.domain_name(&after)).transpose()?;
    let found = asked.domain_page(&organisation, after.as_ref(), ROWS).await?;
    let mut rows = Vec::new();
    for domain in &found.items {
        rows.push(row(&asked, &organisation, domain, None).await?.render().unwrap_or_default());
    }
    let next = found.next.as_ref().and(found.items.last()).map(|last| last.name.clone());
    let page = asked.page(Some(&name), Place::Overview, words.title.to_owned()).await;
    Ok(render(&OverviewPage { page, words, organisation: name, rows, next }))
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
    Ok(render(&row(&asked, &at.organisation, &domain, Some(&glance)).await?))
}

async fn row(
    asked: &Asked,
    organisation: &OrganisationName,
    domain: &DomainResource,
    glance: Option<&Glance>,
) -> Result<Row, Failure> {
    let (lang, words) = (asked.lang, OVERVIEW.of(asked.lang));
    let path = format!("/o/{organisation}/domains/{}", domain.name);
    let (mut dkim, mut flyout_word) = (Cell { mark: Mark::Off, text: words.unproven.to_owned() }, None);
    if domain.standing == "held" {
        let name = asked.domain_name(&domain.name)?;
        let found = asked.service()?.signing_state(organisation, &name).await;
        let word = resource::flyout(found.map_err(|error| asked.faulty(error))?.flyout);
        dkim = Cell { mark: dkim_mark(word), text: flyout(word, lang).to_owned() };
        flyout_word = Some(word);
    }
    let step = |rest: &str, text| Some(Step { href: format!("{path}{rest}"), text });
    // In the order in which things are registered.
    let step = match (flyout_word, glance) {
        (None, _) => step("", words.prove),
        (_, Some(glance)) if glance.spf_is_bad() => step("/spf", words.register_spf),
        (Some("NoKeys"), _) => step("/dkim", words.create_keys),
        (Some("NotSigning"), _) => step("/dkim", words.publish_cnames),
        (_, Some(glance)) if glance.dmarc_is_bad() => step("/dmarc", words.register_dmarc),
        _ => None,
    };
    Ok(Row {
        words,
        domain: domain.name.clone(),
        whole: format!("/o/{organisation}/glance/{}", domain.name),
        path,
        dkim,
        step,
        glance: glance.map(|glance| [glance.spf(lang), glance.dmarc(lang)]),
    })
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
