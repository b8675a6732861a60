use super::super::Problem;
use super::super::exchange::Answer;
use super::super::resource::{
    DkimOutcome, DkimSigningConfiguration, NewDkimSigningConfiguration, RotateDkimSigningConfiguration,
    SetDkimSigningConfiguration, event_words, read_form, read_selectors,
};
use super::super::router::Call;
use crate::service::{DkimDone, NewConfiguration, RotationOrder};

pub(in super::super) async fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let (tenant, domain) = (call.tenant()?, call.domain()?);
    let watch = call.request.flag("watch")?;
    let view = call.service.dkim_get(tenant.name(), &domain).await?;
    if watch {
        call.service.watch(&domain);
    }
    Ok(Answer::json(200, &DkimSigningConfiguration::of(&view)))
}

pub(in super::super) async fn new(call: &Call<'_>) -> Result<Answer, Problem> {
    let asked: NewDkimSigningConfiguration = call.request.json()?;
    let form = |text: &Option<String>| text.as_deref().map(read_form).transpose();
    let read = || {
        Ok(NewConfiguration {
            enabled: asked.enabled,
            key_size: asked.key_size,
            admin_display_name: asked.admin_display_name.clone(),
            header_canonicalization: form(&asked.header_canonicalization)?,
            body_canonicalization: form(&asked.body_canonicalization)?,
            selectors: asked.selectors.as_ref().map(read_selectors).transpose()?,
        })
    };
    let new = read().map_err(Problem::bad_request)?;
    let (tenant, domain, dry_run) = (call.tenant()?, call.domain()?, asked.dry_run);
    let done = call.service.dkim_new(tenant.name(), &domain, &new, dry_run, call.actor()).await?;
    Ok(Answer::json(if dry_run { 200 } else { 201 }, &outcome(&done, dry_run)))
}

pub(in super::super) async fn set(call: &Call<'_>) -> Result<Answer, Problem> {
    let asked: SetDkimSigningConfiguration = call.request.json()?;
    let changes = asked.changes().map_err(Problem::bad_request)?;
    let (tenant, domain, dry_run) = (call.tenant()?, call.domain()?, asked.dry_run);
    let done = call.service.dkim_set(tenant.name(), &domain, &changes, dry_run, call.actor()).await?;
    Ok(Answer::json(200, &outcome(&done, dry_run)))
}

pub(in super::super) async fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    let (tenant, domain, dry_run) = (call.tenant()?, call.domain()?, call.request.flag("dry_run")?);
    let view = call.service.dkim_remove(tenant.name(), &domain, dry_run, call.actor()).await?;
    let done = DkimDone { view, refused: None, events: Vec::new() };
    Ok(Answer::json(200, &outcome(&done, dry_run)))
}

pub(in super::super) async fn rotate(call: &Call<'_>) -> Result<Answer, Problem> {
    let asked: RotateDkimSigningConfiguration = call.request.json()?;
    let order = RotationOrder { key_size: asked.key_size, compromised: asked.compromised };
    let (tenant, domain, dry_run) = (call.tenant()?, call.domain()?, asked.dry_run);
    let done = call.service.dkim_rotate(tenant.name(), &domain, order, dry_run, call.actor()).await?;
    Ok(Answer::json(200, &outcome(&done, dry_run)))
}

pub(in super::super) async fn check(call: &Call<'_>) -> Result<Answer, Problem> {
    let (tenant, domain) = (call.tenant()?, call.domain()?);
    let events = call.service.dkim_check(tenant.name(), &domain, call.actor()).await?;
    let view = call.service.dkim_get(tenant.name(), &domain).await?;
    Ok(Answer::json(200, &outcome(&DkimDone { view, refused: None, events }, false)))
}

fn outcome(done: &DkimDone, dry_run: bool) -> DkimOutcome {
    let configuration = DkimSigningConfiguration::of(&done.view);
    let warning = done.refused.as_ref().map(|refusal| Problem::not_visible(refusal, configuration.clone()));
    DkimOutcome { configuration, warning, events: event_words(&done.events), dry_run }
}
