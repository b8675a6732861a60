use std::str::FromStr;

use postseal_core::dmarc::DmarcResult;
use postseal_core::dns::DomainName;
use postseal_store::VerdictFilter;

use super::super::exchange::Answer;
use super::super::resource::{Page, PolicyEffectResource, VerdictDayResource, VerdictResource};
use super::super::router::Call;
use super::super::{Problem, ProblemKind};

pub(in super::super) async fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let limit = call.limit()?;
    let before = parsed(call, "before", "a number of a message")?;
    let filter = VerdictFilter {
        author_domain: author_domain(call)?,
        client: parsed(call, "client", "an IP address")?,
        queue_id: call.request.parameter("queue_id")?,
        dmarc: parsed::<DmarcResult>(call, "dmarc", "none, pass, fail, temperror or permerror")?,
        action: word(call, "action", &["deliver", "tag", "quarantine", "defer", "reject"])?,
    };
    let page = call.service.verdicts(&filter, before, limit).await?;
    let next = page.next.map(|next| call.same_question("before", &next.to_string()));
    let items: Vec<VerdictResource> = page.verdicts.into_iter().map(VerdictResource::of).collect();
    Ok(Answer::json(200, &Page { items, next }))
}

pub(in super::super) async fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let text = &call.names.id;
    let no_message = || {
        let detail = format!("no message {text} is kept, or it is kept no longer");
        Problem::new(ProblemKind::NoMessage, detail)
    };
    let id = text.parse().map_err(|_| no_message())?;
    let verdict = call.service.verdict(id).await?.ok_or_else(no_message)?;
    Ok(Answer::json(200, &VerdictResource::of(verdict)))
}

pub(in super::super) async fn days(call: &Call<'_>) -> Result<Answer, Problem> {
    let days = parsed(call, "days", "a number of days")?.unwrap_or(30);
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Problem::bad_request(format!("days is a number from 1 to {MAX_DAYS}")));
    }
    let days = call.service.verdict_days(author_domain(call)?.as_ref(), days).await?;
    let items: Vec<VerdictDayResource> = days.iter().map(VerdictDayResource::of).collect();
    Ok(Answer::json(200, &Page { items, next: None }))
}

pub(in super::super) async fn effect(call: &Call<'_>) -> Result<Answer, Problem> {
    let (tenant, domain, limit) = (call.tenant()?, call.domain()?, call.limit()?);
    let effect = call.service.policy_effect(tenant.name(), &domain, limit).await?;
    Ok(Answer::json(200, &PolicyEffectResource::of(&domain, &effect)))
}

fn author_domain(call: &Call<'_>) -> Result<Option<DomainName>, Problem> {
    let text = call.request.parameter("author_domain")?;
    let read = |text: String| {
        DomainName::parse(&text)
            .map_err(|error| Problem::bad_request(format!("{text:?} is no domain name: {error}")))
    };
    text.map(read).transpose()
}

/// A parameter of the query; `what` says what it is.
fn parsed<T: FromStr>(call: &Call<'_>, name: &str, what: &str) -> Result<Option<T>, Problem> {
    let text = call.request.parameter(name)?;
    let read = |text: String| {
        text.parse().map_err(|_| Problem::bad_request(format!("{name} is {what}, not {text:?}")))
    };
    text.map(read).transpose()
}

fn word(call: &Call<'_>, name: &str, words: &[&str]) -> Result<Option<String>, Problem> {
    let text = call.request.parameter(name)?;
    match text {
        Some(text) if !words.contains(&text.as_str()) => {
            Err(Problem::bad_request(format!("{name} is one of {}, not {text:?}", words.join(", "))))
        }
        text => Ok(text),
    }
}

const MAX_DAYS: u32 = 400;
