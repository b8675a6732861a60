use postseal_core::hosting::OrganisationName;

use super::super::exchange::Answer;
use super::super::resource::{NewOrganisation, Organisation, Page};
use super::super::router::Call;
use super::super::{Problem, ProblemKind};

pub(in super::super) async fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let limit = call.limit()?;
    let mut names = call.service.organisations(&call.after()?, limit + 1).await?;
    let more = names.len() > limit as usize;
    names.truncate(limit as usize);
    let next = names.last().filter(|_| more).map(|last| call.next(last.as_str(), limit));
    Ok(Answer::json(200, &Page { items: resources(call, &names).await?, next }))
}

pub(in super::super) async fn add(call: &Call<'_>) -> Result<Answer, Problem> {
    let NewOrganisation { name } = call.request.json()?;
    let name = OrganisationName::parse(&name).map_err(|error| Problem::bad_request(error.to_string()))?;
    call.service.add_organisation(&name, call.actor()).await?;
    Ok(Answer::json(201, &resource(call, name).await?))
}

pub(in super::super) async fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let tenant = call.tenant()?;
    call.service.organisation(tenant.name()).await?;
    Ok(Answer::json(200, &resource(call, tenant.name().clone()).await?))
}

async fn resource(call: &Call<'_>, name: OrganisationName) -> Result<Organisation, Problem> {
    let made = resources(call, &[name]).await?.pop();
    made.ok_or_else(|| Problem::new(ProblemKind::Fault, "of one name one resource is made"))
}

async fn resources(call: &Call<'_>, names: &[OrganisationName]) -> Result<Vec<Organisation>, Problem> {
    let initial = call.service.initial_domains(names).await?;
    let made = names.iter().zip(initial).map(|(name, initial)| {
        let (initial_domain, initial_domain_signs) = initial.unzip();
        let initial_domain = initial_domain.map(|domain| domain.to_string());
        Organisation { name: name.to_string(), initial_domain, initial_domain_signs }
    });
    Ok(made.collect())
}
