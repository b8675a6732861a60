use postseal_core::dns::DomainName;

use super::super::Problem;
use super::super::exchange::Answer;
use super::super::resource::{DomainResource, NewDomain, Page, Record, VerificationOutcome};
use super::super::router::Call;

pub(in super::super) async fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (tenant, limit) = (call.tenant()?, call.limit()?);
    let mut domains = call.service.domains(tenant.name(), &call.after()?, limit + 1).await?;
    let more = domains.len() > limit as usize;
    domains.truncate(limit as usize);
    let next = domains.last().filter(|_| more).map(|last| call.next(last.name.as_str(), limit));
    let items: Vec<DomainResource> = domains.iter().map(DomainResource::of).collect();
    Ok(Answer::json(200, &Page { items, next }))
}

pub(in super::super) async fn add(call: &Call<'_>) -> Result<Answer, Problem> {
    let tenant = call.tenant()?;
    let NewDomain { name, trust } = call.request.json()?;
    let name = DomainName::parse(&name)
        .map_err(|error| Problem::bad_request(format!("{name:?} is no domain name: {error}")))?;
    let domain = call.service.add_domain(tenant.name(), &name, trust, call.actor()).await?;
    Ok(Answer::json(201, &DomainResource::of(&domain)))
}

pub(in super::super) async fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let domain = call.service.domain(call.tenant()?.name(), &call.domain()?).await?;
    Ok(Answer::json(200, &DomainResource::of(&domain)))
}

pub(in super::super) async fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    call.service.remove_domain(call.tenant()?.name(), &call.domain()?, call.actor()).await?;
    Ok(Answer::nothing())
}

pub(in super::super) async fn verify(call: &Call<'_>) -> Result<Answer, Problem> {
    let verified = call.service.verify_domain(call.tenant()?.name(), &call.domain()?, call.actor()).await?;
    Ok(Answer::json(200, &VerificationOutcome::of(&verified)))
}

pub(in super::super) async fn records(call: &Call<'_>) -> Result<Answer, Problem> {
    let records = call.service.records(call.tenant()?.name(), &call.domain()?).await?;
    let items: Vec<Record> = records.iter().map(Record::of).collect();
    Ok(Answer::json(200, &Page { items, next: None }))
}
