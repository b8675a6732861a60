//! Who is let in: the account, set-up links, API tokens.

use postseal_core::hosting::OrganisationName;
use postseal_store::{ActorName, TokenScope};

use super::super::exchange::Answer;
use super::super::resource::{
    AccountResource, NewToken, Page, SetPassword, SetupLink, Token, TokenMade, moment,
};
use super::super::router::Call;
use super::super::{Problem, ProblemKind};
use crate::service::TokenOrder;

pub(in super::super) async fn account(call: &Call<'_>) -> Result<Answer, Problem> {
    let account = call.service.administrator().await?;
    let account = account.ok_or_else(|| Problem::new(ProblemKind::NoAccount, "no account was made yet"))?;
    Ok(Answer::json(200, &AccountResource::of(&account)))
}

pub(in super::super) async fn set_password(call: &Call<'_>) -> Result<Answer, Problem> {
    let account = call.caller.account().ok_or_else(|| {
        let detail = "only whoever is logged in changes the password; a set-up link gives another one";
        Problem::new(ProblemKind::Forbidden, detail)
    })?;
    let SetPassword { current, new } = call.request.json()?;
    call.service.change_password(account, (&current, &new), None).await?;
    Ok(Answer::nothing())
}

pub(in super::super) async fn add_setup_link(call: &Call<'_>) -> Result<Answer, Problem> {
    let portal = call.portal.ok_or_else(|| {
        Problem::new(ProblemKind::NoPortal, "postseal.toml has no [portal]: there is nowhere to log in")
    })?;
    let (link, expires_at) = call.service.new_setup_link(call.actor()).await?;
    let url = setup_url(portal, &link.text());
    Ok(Answer::json(201, &SetupLink { url, expires_at: moment(expires_at) }))
}

/// Where a set-up link is opened.
pub(crate) fn setup_url(portal: &str, link: &str) -> String {
    format!("{portal}/setup?link={link}")
}

pub(in super::super) async fn list_tokens(call: &Call<'_>) -> Result<Answer, Problem> {
    let limit = call.limit()?;
    let mut tokens = call.service.tokens(&call.after()?, limit + 1).await?;
    let more = tokens.len() > limit as usize;
    tokens.truncate(limit as usize);
    let next = tokens.last().filter(|_| more).map(|last| call.next(last.name.as_str(), limit));
    let items: Vec<Token> = tokens.into_iter().map(Token::of).collect();
    Ok(Answer::json(200, &Page { items, next }))
}

pub(in super::super) async fn add_token(call: &Call<'_>) -> Result<Answer, Problem> {
    let NewToken { name, scope, organisation, days } = call.request.json()?;
    let name = ActorName::parse(&name).map_err(|error| Problem::bad_request(format!("{name:?}: {error}")))?;
    let scope = TokenScope::parse(&scope).ok_or_else(|| {
        let all = TokenScope::ALL.map(TokenScope::as_str).join(", ");
        Problem::bad_request(format!("scope is one of {all}, not {scope:?}"))
    })?;
    let organisation = organisation.map(|name| {
        OrganisationName::parse(&name).map_err(|error| Problem::bad_request(format!("{name:?}: {error}")))
    });
    let days = days.unwrap_or(DAYS);
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Problem::bad_request(format!("days is a number from 1 to {MAX_DAYS}, not {days}")));
    }
    let order = TokenOrder { name, scope, organisation: organisation.transpose()?, lifetime: days * 86_400 };
    let (token, secret) = call.service.add_token(order, call.actor()).await?;
    Ok(Answer::json(201, &TokenMade { token: Token::of(token), secret }))
}

pub(in super::super) async fn remove_token(call: &Call<'_>) -> Result<Answer, Problem> {
    let text = &call.names.token;
    let none = || Problem::new(ProblemKind::NoToken, format!("no API token {text}")).about(text);
    let name = ActorName::parse(text).map_err(|_| none())?;
    call.service.remove_token(&name, call.actor()).await?;
    Ok(Answer::nothing())
}

/// Until a token expires, where nothing is said.
const DAYS: u64 = 90;
const MAX_DAYS: u64 = 366;
