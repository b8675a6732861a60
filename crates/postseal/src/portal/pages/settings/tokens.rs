use askama::Template;
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::Response;
use postseal_store::{ActorName, TokenScope};
use serde::Deserialize;

use super::{SettingsName, SettingsTab, tabs};
use crate::api::resource::{NewToken, Token, TokenMade};
use crate::portal::asked::Asked;
use crate::portal::failure::{Failure, error_words};
use crate::portal::moments::{instant, when};
use crate::portal::page::{Mark, Notice, Page, Place, render};
use crate::portal::words::{LET_IN, PARTS, SETTINGS, SettingsWords, scope_words};
use crate::words::say;

#[derive(Template)]
#[template(path = "pages/tokens.html")]
struct TokensPage {
    page: Page,
    words: &'static SettingsWords,
    copy: &'static str,
    tabs: Vec<SettingsTab>,
    rows: Vec<Row>,
    next: Option<String>,
    scopes: Vec<Scope>,
    form: TokenForm,
    /// The one that was just made, shown here and never again.
    made: Option<TokenMade>,
}

struct Row {
    token: Token,
    scope: &'static str,
    made: String,
    used: String,
    until: String,
    over: bool,
}

struct Scope {
    word: &'static str,
    text: &'static str,
    chosen: bool,
}

#[derive(Clone, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct TokenForm {
    name: String,
    scope: String,
    organisation: String,
    days: String,
}

impl Default for TokenForm {
    fn default() -> TokenForm {
        let scope = TokenScope::ReadOrganisation.as_str().to_owned();
        TokenForm { name: String::new(), scope, organisation: String::new(), days: "90".to_owned() }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct RemoveForm {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct TokensQuery {
    after: Option<String>,
}

/// `GET /settings/tokens`
pub(in crate::portal) async fn list(
    asked: Asked,
    Query(query): Query<TokensQuery>,
) -> Result<Response, Failure> {
    page(&asked, query.after.as_deref(), TokenForm::default(), (None, None)).await
}

/// Makes a token. It is shown by this answer alone.
pub(in crate::portal) async fn add(asked: Asked, Form(form): Form<TokenForm>) -> Result<Response, Failure> {
    let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let Ok(days) = form.days.trim().parse() else {
        return Err(Failure::bad_request(asked.locale, SETTINGS.of(asked.lang).days.to_owned()));
    };
    if ActorName::parse(form.name.trim()).is_err() {
        let text = say!(asked.lang, "A name has {}", "名前の規則: {}", LET_IN.of(asked.lang).name_rule);
        let notice = Notice { mark: Mark::Bad, text, next: None };
        let mut response = page(&asked, None, form, (None, Some(notice))).await?;
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(response);
    }
    let new = NewToken {
        name: form.name.trim().to_owned(),
        scope: form.scope.clone(),
        organisation: filled(&form.organisation),
        days: Some(days),
    };
    match asked.client().add_token(&new).await {
        Ok(made) => page(&asked, None, TokenForm::default(), (Some(made), None)).await,
        Err(error) => {
            let (status, words) = error_words(&error, asked.locale);
            let notice = Notice { mark: Mark::Bad, text: words.what, next: words.next };
            let mut response = page(&asked, None, form, (None, Some(notice))).await?;
            *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            Ok(response)
        }
    }
}

/// Removes a token.
pub(in crate::portal) async fn remove(
    asked: Asked,
    Form(form): Form<RemoveForm>,
) -> Result<Response, Failure> {
    asked.client().remove_token(&form.name).await.map_err(|error| asked.failed(error))?;
    let name = &form.name;
    let text = say!(
        asked.lang,
        "The token {name} is removed: whoever shows it is not let in any more.",
        "トークン {name} を削除しました。以後、このトークンは使えません。"
    );
    Ok(asked.see_with("/settings/tokens", Notice { mark: Mark::Good, text, next: None }))
}

async fn page(
    asked: &Asked,
    after: Option<&str>,
    form: TokenForm,
    (made, notice): (Option<TokenMade>, Option<Notice>),
) -> Result<Response, Failure> {
    let (lang, words) = (asked.lang, SETTINGS.of(asked.lang));
    let after = after.map(crate::api::percent_encoded).unwrap_or_default();
    let path = format!("/v1/tokens?after={after}&limit={ROWS}");
    let found = asked.client().tokens(Some(&path)).await.map_err(|error| asked.failed(error))?;
    let next = found.next.as_ref().and(found.items.last()).map(|last| last.name.clone());
    let now = asked.now();
    let row = |token: Token| Row {
        scope: scope_words(&token.scope, lang),
        made: when(&token.made_at, now, lang),
        used: token.used_at.as_deref().map(|at| when(at, now, lang)).unwrap_or_default(),
        until: when(&token.expires_at, now, lang),
        over: instant(&token.expires_at).is_some_and(|until| until <= now),
        token,
    };
    let scope = |scope: TokenScope| Scope {
        word: scope.as_str(),
        text: scope_words(scope.as_str(), lang),
        chosen: scope.as_str() == form.scope,
    };
    let mut page = asked.page(None, Place::Settings, words.tokens.to_owned()).await;
    page.notice = notice.or(page.notice);
    Ok(render(&TokensPage {
        page,
        words,
        copy: PARTS.of(lang).copy,
        tabs: tabs(SettingsName::Tokens, lang),
        rows: found.items.into_iter().map(row).collect(),
        next,
        scopes: TokenScope::ALL.map(scope).into(),
        form,
        made,
    }))
}

/// Tokens on one page.
const ROWS: u32 = 50;
