use postseal_core::dns::DomainName;

use super::super::Problem;
use super::super::exchange::Answer;
use super::super::resource::{ArcConfig, SetArcConfig};
use super::super::router::Call;
use crate::service::SealerChange;

pub(in super::super) async fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let sealers = call.service.trusted_sealers(call.tenant()?.name()).await?;
    Ok(answer(&sealers))
}

pub(in super::super) async fn set(call: &Call<'_>) -> Result<Answer, Problem> {
    change(call, SealerChange::Set).await
}

pub(in super::super) async fn add(call: &Call<'_>) -> Result<Answer, Problem> {
    change(call, SealerChange::Add).await
}

pub(in super::super) async fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    change(call, SealerChange::Remove).await
}

async fn change(call: &Call<'_>, change: SealerChange) -> Result<Answer, Problem> {
    let tenant = call.tenant()?;
    let SetArcConfig { arc_trusted_sealers } = call.request.json()?;
    let read = |text: &String| {
        DomainName::parse(text)
            .map_err(|error| Problem::bad_request(format!("{text:?} is no domain name: {error}")))
    };
    let sealers = arc_trusted_sealers.iter().map(read).collect::<Result<Vec<DomainName>, Problem>>()?;
    let now = call.service.change_trusted_sealers(tenant.name(), change, &sealers, call.actor()).await?;
    Ok(answer(&now))
}

fn answer(sealers: &[DomainName]) -> Answer {
    let arc_trusted_sealers = sealers.iter().map(ToString::to_string).collect();
    Answer::json(200, &ArcConfig { identity: "Default".to_owned(), arc_trusted_sealers })
}
