use postseal_store::VerdictFilter;

use super::super::Problem;
use super::super::caller::Right;
use super::super::exchange::Answer;
use super::super::resource::{FoundDomainResource, SearchResult, VerdictResource};
use super::super::router::Call;

/// Finds organisations and domains by letters of their names, and messages by a whole id: of what the caller
/// may see.
pub(in super::super) async fn search(call: &Call<'_>) -> Result<Answer, Problem> {
    let (letters, limit) = (call.letters("q")?, call.limit()?);
    if letters.is_empty() {
        return Ok(Answer::json(200, &SearchResult::default()));
    }
    let only = call.caller.only();
    let organisations = match only {
        None => call.service.find_organisations(&letters, limit).await?,
        Some(only) => {
            Some(only.clone()).filter(|name| name.as_str().contains(&letters)).into_iter().collect()
        }
    };
    let domains = call.service.find_domains(only, &letters, limit).await?;
    let found = |(organisation, name): &(_, _)| FoundDomainResource::of(organisation, name);
    Ok(Answer::json(
        200,
        &SearchResult {
            organisations: organisations.iter().map(ToString::to_string).collect(),
            domains: domains.iter().map(found).collect(),
            messages: messages(call, limit).await?,
        },
    ))
}

/// Judged messages of this queue id, as it is written, and the one of this number.
async fn messages(call: &Call<'_>, limit: u32) -> Result<Vec<VerdictResource>, Problem> {
    let id = call.request.parameter("q")?.unwrap_or_default().trim().to_owned();
    if !call.caller.may(Right::Operate) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    if let Ok(number) = id.parse() {
        found.extend(call.service.verdict(number).await?);
    }
    let filter = VerdictFilter { queue_id: Some(id), ..VerdictFilter::default() };
    let by_queue_id = call.service.verdicts(&filter, None, limit).await?.verdicts;
    found.extend(by_queue_id);
    found.dedup_by_key(|verdict| verdict.id);
    Ok(found.into_iter().map(VerdictResource::of).collect())
}
