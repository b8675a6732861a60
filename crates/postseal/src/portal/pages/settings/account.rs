use askama::Template;
use axum::Extension;
use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use postseal_store::ActorName;
use serde::Deserialize;

use super::{SettingsName, SettingsTab, tabs};
use crate::api::resource::moment;
use crate::api::{Problem, ProblemKind};
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::listener::Peer;
use crate::portal::moments::when;
use crate::portal::page::{Mark, Notice, Page, Place, render};
use crate::portal::words::{LET_IN, LetInWords, SETTINGS, SettingsWords, password_words};
use crate::service::ServiceError;
use crate::words::say;

#[derive(Template)]
#[template(path = "pages/account.html")]
struct AccountPage {
    page: Page,
    words: &'static SettingsWords,
    let_in: &'static LetInWords,
    tabs: Vec<SettingsTab>,
    name: String,
    made: String,
    password_set: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct PasswordForm {
    current: String,
    new: String,
    again: String,
}

/// `GET /settings/account`
pub(in crate::portal) async fn show(asked: Asked) -> Result<Response, Failure> {
    page(&asked, None).await
}

/// Another password: all sessions end, this one among them.
pub(in crate::portal) async fn set_password(
    asked: Asked,
    Extension(Peer(address)): Extension<Peer>,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Failure> {
    let (lang, words) = (asked.lang, LET_IN.of(asked.lang));
    let none = || Failure::of(asked.locale, Problem::new(ProblemKind::NoAccount, "nobody is logged in"));
    let name = ActorName::parse(&asked.visitor.account).map_err(|_| none())?;
    if form.new != form.again {
        return wrong(&asked, StatusCode::UNPROCESSABLE_ENTITY, words.differ.to_owned()).await;
    }
    let passwords = (form.current.as_str(), form.new.as_str());
    match asked.service()?.change_password(&name, passwords, Some(address)).await {
        Ok(()) => Ok(Redirect::to("/log-in?changed=yes").into_response()),
        Err(ServiceError::WrongPassword) => {
            let text = SETTINGS.of(lang).wrong_current.to_owned();
            wrong(&asked, StatusCode::FORBIDDEN, text).await
        }
        Err(ServiceError::Wait { seconds }) => {
            let text = say!(
                lang,
                "Too many tries. Try again in {seconds} seconds.",
                "試行の回数が多すぎます。{seconds} 秒後にやり直してください。"
            );
            wrong(&asked, StatusCode::TOO_MANY_REQUESTS, text).await
        }
        Err(ServiceError::Password(fault)) => {
            let text = password_words(fault, lang).to_owned();
            wrong(&asked, StatusCode::UNPROCESSABLE_ENTITY, text).await
        }
        Err(error) => Err(asked.faulty(error)),
    }
}

async fn wrong(asked: &Asked, status: StatusCode, text: String) -> Result<Response, Failure> {
    let mut response = page(asked, Some(text)).await?;
    *response.status_mut() = status;
    Ok(response)
}

async fn page(asked: &Asked, wrong: Option<String>) -> Result<Response, Failure> {
    let words = SETTINGS.of(asked.lang);
    let account = asked.service()?.administrator().await.map_err(|error| asked.faulty(error))?;
    let mut page = asked.page(None, Place::Settings, words.account.to_owned()).await;
    if let Some(text) = wrong {
        page.notice = Some(Notice { mark: Mark::Bad, text, next: None });
    }
    let shown = |at: u64| when(&moment(at), asked.now(), asked.lang);
    Ok(render(&AccountPage {
        page,
        words,
        let_in: LET_IN.of(asked.lang),
        tabs: tabs(SettingsName::Account, asked.lang),
        name: asked.visitor.account.clone(),
        made: account.as_ref().map(|account| shown(account.made_at)).unwrap_or_default(),
        password_set: account.as_ref().map(|account| shown(account.password_at)).unwrap_or_default(),
    }))
}
