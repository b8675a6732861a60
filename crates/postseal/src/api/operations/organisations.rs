use postseal_core::hosting::OrganisationName;

use super::super::Problem;
use super::super::exchange::Answer;
use super::super::resource::{NewOrganisation, Organisation, Page};
use super::super::router::Call;

pub(in super::super) async fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let limit = call.limit()?;
    let mut names = call.service.organisations(&call.after()?, limit + 1).await?;
    let more = names.len() > limit as usize;
    names.truncate(limit as usize);
    let next = names.last().filter(|_| more).map(|last| call.next(last.as_str(), limit));
    let mut items = Vec::with_capacity(names.len());
    for name in &names {
        items.push(resource(call, name).await?);
    }
    Ok(Answer::json(200, &Page { items, next }))
}

pub(in super::super) async fn add(call: &Call<'_>) -> Result<Answer, Problem> {
    let NewOrganisation { name } = call.request.json()?;
    let name = OrganisationName::parse(&name).map_err(|error| Problem::bad_request(error.to_string()))?;
    call.service.add_organisation(&name, call.actor()).await?;
    Ok(Answer::json(201, &resource(call, &name).await?))
}

pub(in super::super) async fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let tenant = call.tenant()?;
    call.service.organisation(tenant.name()).await?;
    Ok(Answer::json(200, &resource(call, tenant.name()).await?))
}

async fn resource(call: &Call<'_>, name: &OrganisationName) -> Result<Organisation, Problem> {
    let (initial_domain, initial_domain_signs) = call.service.initial_signs(name).await?.unzip();
    let initial_domain = initial_domain.map(|domain| domain.to_string());
    Ok(Organisation { name: name.to_string(), initial_domain, initial_domain_signs })
}
