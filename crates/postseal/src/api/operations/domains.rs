use postseal_store::{Domain, DomainOrder, DomainPlace, DomainQuestion};

use super::super::Problem;
use super::super::exchange::{Answer, percent_encoded};
use super::super::resource::{
    DOMAIN_STATES, DomainCountsResource, DomainResource, NewDomain, Page, Record, VerificationOutcome,
    standings_of,
};
use super::super::router::Call;
use crate::words::{Lang, named_domain};

pub(in super::super) async fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (tenant, limit) = (call.tenant()?, call.limit()?);
    let question = question(call)?;
    let (domains, next) = call.service.domains(tenant.name(), &question, limit).await?;
    let items: Vec<DomainResource> =
        domains.iter().map(|(domain, signing)| DomainResource::of(domain, signing.as_ref())).collect();
    let next = next.map(|place| call.same_question("after", &percent_encoded(&place.to_string())));
    Ok(Answer::json(200, &Page { items, next }))
}

fn question(call: &Call<'_>) -> Result<DomainQuestion, Problem> {
    let order = call.request.parameter("order")?.unwrap_or_default();
    let (descending, word) = order.strip_prefix('-').map_or((false, order.as_str()), |word| (true, word));
    let order = match word {
        "" | "name" => DomainOrder::Name,
        "state" => DomainOrder::Standing,
        "added" => DomainOrder::Age,
        _ => {
            return Err(Problem::bad_request(
                "order is one of name, state, added, each with - for the last first".to_owned(),
            ));
        }
    };
    let standings = match call.request.parameter("state")? {
        None => Vec::new(),
        Some(word) => standings_of(&word).ok_or_else(|| {
            let words: Vec<&str> = DOMAIN_STATES.iter().map(|(word, _)| *word).collect();
            Problem::bad_request(format!("state is one of {}, and not {word:?}", words.join(", ")))
        })?,
    };
    let after = call.after()?;
    let after = match after.as_str() {
        "" => None,
        after => Some(DomainPlace::parse(after).ok_or_else(|| {
            Problem::bad_request(format!(
                "after is a name, or what a page says of the next one, and not {after:?}"
            ))
        })?),
    };
    Ok(DomainQuestion { letters: call.letters("contains")?, standings, order, descending, after })
}

/// How many domains stand how.
pub(in super::super) async fn counts(call: &Call<'_>) -> Result<Answer, Problem> {
    let counts = call.service.domain_counts(call.tenant()?.name()).await?;
    Ok(Answer::json(200, &DomainCountsResource::of(&counts)))
}

pub(in super::super) async fn add(call: &Call<'_>) -> Result<Answer, Problem> {
    let tenant = call.tenant()?;
    let NewDomain { name, trust } = call.request.json()?;
    let name = named_domain(&name, Lang::En).map_err(|words| Problem::bad_request(words.what))?;
    let domain = call.service.add_domain(tenant.name(), &name, trust, call.actor()).await?;
    Ok(Answer::json(201, &resource(call, &domain).await?))
}

pub(in super::super) async fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let domain = call.service.domain(call.tenant()?.name(), &call.domain()?).await?;
    Ok(Answer::json(200, &resource(call, &domain).await?))
}

pub(in super::super) async fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    call.service.remove_domain(call.tenant()?.name(), &call.domain()?, call.actor()).await?;
    Ok(Answer::nothing())
}

pub(in super::super) async fn verify(call: &Call<'_>) -> Result<Answer, Problem> {
    let verified = call.service.verify_domain(call.tenant()?.name(), &call.domain()?, call.actor()).await?;
    let domain = resource(call, &verified.domain).await?;
    Ok(Answer::json(200, &VerificationOutcome::of(&verified, domain)))
}

pub(in super::super) async fn records(call: &Call<'_>) -> Result<Answer, Problem> {
    let records = call.service.records(call.tenant()?.name(), &call.domain()?).await?;
    let items: Vec<Record> = records.iter().map(Record::of).collect();
    Ok(Answer::json(200, &Page { items, next: None }))
}

async fn resource(call: &Call<'_>, domain: &Domain) -> Result<DomainResource, Problem> {
    let signing = call.service.signing_state(domain).await?;
    Ok(DomainResource::of(domain, signing.as_ref()))
}
