use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::messages::result_mark;
use super::verdict_drawing::{Drawing, GUTTER};
use crate::api::resource::VerdictResource;
use crate::api::{Problem, ProblemKind};
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::moments::when;
use crate::portal::page::{Mark, Page, Place, render};
use crate::portal::words::{ACTIONS, MESSAGES, MessagesWords, RESULTS, word_text};

#[derive(Template)]
#[template(path = "pages/message.html")]
struct MessagePage {
    page: Page,
    words: &'static MessagesWords,
    verdict: VerdictResource,
    mark: Mark,
    result: String,
    action: String,
    at: String,
    drawing: Drawing,
    can_be_allowed: bool,
}

/// `GET /messages/{id}`: one verdict, drawn from evidence to decision.
pub(in crate::portal) async fn show(asked: Asked, Path(id): Path<String>) -> Result<Response, Failure> {
    let none = || Failure::of(asked.locale, Problem::new(ProblemKind::NoMessage, "no such message"));
    let id = id.parse().map_err(|_| none())?;
    let verdict = asked.client().verdict(id).await.map_err(|error| asked.failed(error))?;
    let (lang, words) = (asked.lang, MESSAGES.of(asked.lang));
    let title = match &verdict.author_domain {
        Some(domain) => format!("{} · {domain}", words.one),
        None => words.one.to_owned(),
    };
    let page = asked.page(None, Place::Messages, title).await;
    Ok(render(&MessagePage {
        page,
        words,
        mark: result_mark(&verdict.dmarc),
        result: word_text(&RESULTS, &verdict.dmarc, lang),
        action: word_text(&ACTIONS, &verdict.action, lang),
        at: when(&verdict.at, asked.now(), lang),
        drawing: Drawing::of(&verdict, words, lang),
        can_be_allowed: verdict.dmarc == "fail"
            && verdict.author_domain.is_some()
            && verdict.client.is_some(),
        verdict,
    }))
}
