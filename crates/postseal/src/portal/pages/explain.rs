use askama::Template;
use axum::extract::{Form, Query};
use axum::response::Response;
use postseal_core::advice::Pasted;
use serde::Deserialize;

use crate::explanation::{Explanation, bounce, message, reported};
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::page::{Page, Place, render};
use crate::portal::words::{EXPLAIN, ExplainWords};

#[derive(Template)]
#[template(path = "pages/explain.html")]
struct ExplainPage {
    page: Page,
    words: &'static ExplainWords,
    text: String,
    nothing: bool,
    explanation: Option<Explanation>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct ExplainForm {
    text: String,
}

/// `GET /explain`
pub(in crate::portal) async fn show(
    asked: Asked,
    Query(form): Query<ExplainForm>,
) -> Result<Response, Failure> {
    Ok(page(&asked, form.text, None, false).await)
}

/// Explains what was pasted. Nothing of it is kept.
pub(in crate::portal) async fn explain(
    asked: Asked,
    Form(form): Form<ExplainForm>,
) -> Result<Response, Failure> {
    let explanation = explained(&asked, form.text.as_bytes()).await?;
    let nothing = explanation.is_none();
    Ok(page(&asked, form.text, explanation, nothing).await)
}

async fn page(asked: &Asked, text: String, explanation: Option<Explanation>, nothing: bool) -> Response {
    let words = EXPLAIN.of(asked.lang);
    let page = asked.page(None, Place::Explain, words.title.to_owned()).await;
    render(&ExplainPage { page, words, text, nothing, explanation })
}

async fn explained(asked: &Asked, octets: &[u8]) -> Result<Option<Explanation>, Failure> {
    let (rules, lang) = (&asked.portal.rules, asked.lang);
    Ok(match Pasted::recognise(octets) {
        Pasted::AuthenticationResults => reported::results(octets, rules, lang),
        Pasted::Arc => reported::arc_sets(octets, rules, lang),
        Pasted::Bounce | Pasted::Unknown => bounce::explain(octets, rules, asked.now(), lang),
        Pasted::Message => {
            let (section, body) = message::split(octets);
            if section.is_empty() {
                return Ok(None);
            }
            let headers_only = message::headers_only(&section, &body);
            let examined = asked.service()?.examine_message(section, body).await;
            let examined = examined.map_err(|error| asked.faulty(error))?;
            Some(message::explained(&examined, headers_only, Vec::new(), lang))
        }
    })
}
