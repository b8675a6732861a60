use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::response::Response;
use serde::Deserialize;

use super::glances::Cell;
use super::see;
use crate::api::resource::NewOrganisation;
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::page::{Mark, Page, Place, render};
use crate::portal::words::{OVERVIEW, OverviewWords};
use crate::words::flyout;

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
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    domain: String,
    path: String,
    dkim: Cell,
    step: Option<Step>,
    glance: String,
}

/// The one next thing to do.
struct Step {
    href: String,
    text: &'static str,
}

#[derive(Template)]
#[template(path = "pages/glance.html")]
struct GlanceCells {
    path: String,
    spf: Cell,
    dmarc: Cell,
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
    let client = asked.client();
    let mut rows = Vec::new();
    for domain in &found.items {
        let path = format!("/o/{organisation}/domains/{}", domain.name);
        let name = asked.domain_name(&domain.name)?;
        let (dkim, step) = if domain.standing == "held" {
            let configuration =
                client.dkim(&organisation, &name).await.map_err(|error| asked.failed(error))?;
            let cell = Cell {
                mark: dkim_mark(&configuration.flyout),
                text: flyout(&configuration.flyout, asked.lang).to_owned(),
            };
            let step = match configuration.flyout.as_str() {
                "NoKeys" => Some((format!("{path}/dkim"), words.create_keys)),
                "NotSigning" => Some((format!("{path}/dkim"), words.publish_cnames)),
                _ => None,
            };
            (cell, step)
        } else {
            (Cell { mark: Mark::Off, text: words.unproven.to_owned() }, Some((path.clone(), words.prove)))
        };
        let glance = format!("/o/{organisation}/glance/{}", domain.name);
        let step = step.map(|(href, text)| Step { href, text });
        rows.push(Row { domain: domain.name.clone(), path, dkim, step, glance });
    }
    let next = found.next.as_ref().and(found.items.last()).map(|last| last.name.clone());
    let page = asked.page(Some(&name), Place::Overview, words.title.to_owned()).await;
    Ok(render(&OverviewPage { page, words, organisation: name, rows, next }))
}

/// The cells of one domain that need a look at the DNS: they come when its row is seen.
pub(in crate::portal) async fn glance(
    asked: Asked,
    Path(names): Path<(String, String)>,
) -> Result<Response, Failure> {
    let at = asked.at(names)?;
    let client = asked.client();
    client.domain(&at.organisation, &at.domain).await.map_err(|error| asked.failed(error))?;
    let glance = asked.portal.glances.look(&asked, &at.domain).await?;
    let (spf, dmarc) = (glance.spf(asked.lang), glance.dmarc(asked.lang));
    Ok(render(&GlanceCells { path: at.path(), spf, dmarc }))
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
