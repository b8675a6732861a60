use askama::Template;
use axum::extract::{Form, Query};
use axum::response::Response;
use serde::Deserialize;

use super::{SettingsName, SettingsTab, tabs};
use crate::api::resource::SetArcConfig;
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::page::{Mark, Notice, Page, Place, render};
use crate::portal::words::{RECEIVER, ReceiverWords, SETTINGS, SettingsWords};

#[derive(Template)]
#[template(path = "pages/sealers.html")]
struct SealersPage {
    page: Page,
    words: &'static SettingsWords,
    receiver: &'static ReceiverWords,
    tabs: Vec<SettingsTab>,
    organisation: String,
    sealers: Vec<String>,
}

/// Whose sealers.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct SealersQuery {
    organisation: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct SealerForm {
    organisation: String,
    sealer: String,
}

/// `GET /settings/sealers`
pub(in crate::portal) async fn list(
    asked: Asked,
    Query(query): Query<SealersQuery>,
) -> Result<Response, Failure> {
    let (lang, words) = (asked.lang, RECEIVER.of(asked.lang));
    let chosen = Some(query.organisation.as_str()).filter(|name| !name.is_empty());
    let page = asked.page(chosen, Place::Settings, words.sealers.to_owned()).await;
    let organisation = page.organisation.clone().unwrap_or_default();
    let sealers = if organisation.is_empty() {
        Vec::new()
    } else {
        let name = asked.organisation_name(&organisation)?;
        asked.client().arc_config(&name).await.map_err(|error| asked.failed(error))?.arc_trusted_sealers
    };
    Ok(render(&SealersPage {
        page,
        words: SETTINGS.of(lang),
        receiver: words,
        tabs: tabs(SettingsName::Sealers, lang),
        organisation,
        sealers,
    }))
}

/// `POST /settings/sealers/add`
pub(in crate::portal) async fn add(asked: Asked, Form(form): Form<SealerForm>) -> Result<Response, Failure> {
    let text = RECEIVER.of(asked.lang).sealer_added;
    let (organisation, set) = read(&asked, &form)?;
    asked.client().add_arc_sealers(&organisation, &set).await.map_err(|error| asked.failed(error))?;
    Ok(done(&asked, &form.organisation, text))
}

/// `POST /settings/sealers/remove`
pub(in crate::portal) async fn remove(
    asked: Asked,
    Form(form): Form<SealerForm>,
) -> Result<Response, Failure> {
    let text = RECEIVER.of(asked.lang).sealer_removed;
    let (organisation, set) = read(&asked, &form)?;
    asked.client().remove_arc_sealers(&organisation, &set).await.map_err(|error| asked.failed(error))?;
    Ok(done(&asked, &form.organisation, text))
}

fn read(
    asked: &Asked,
    form: &SealerForm,
) -> Result<(postseal_core::hosting::OrganisationName, SetArcConfig), Failure> {
    let sealer = asked.domain_name(&form.sealer)?.to_string();
    Ok((asked.organisation_name(&form.organisation)?, SetArcConfig { arc_trusted_sealers: vec![sealer] }))
}

fn done(asked: &Asked, organisation: &str, text: &str) -> Response {
    let notice = Notice { mark: Mark::Good, text: text.to_owned(), next: None };
    // A name of letters, digits and hyphens: it was read as one.
    asked.see_with_query("/settings/sealers", &format!("organisation={organisation}"), notice)
}
