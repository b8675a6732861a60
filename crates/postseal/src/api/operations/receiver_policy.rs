use super::super::exchange::Answer;
use super::super::resource::{
    AllowedPairResource, NewAllowedPair, Page, ReceiverChoiceResource, ReceiverPolicyResource,
    SetReceiverPolicy,
};
use super::super::router::Call;
use super::super::{Problem, ProblemKind};
use crate::inbound::ReceiverKey;
use crate::service::ReceiverChoice;

pub(in super::super) async fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    Ok(answer(&call.service.receiver_choices().await?))
}

pub(in super::super) async fn set(call: &Call<'_>) -> Result<Answer, Problem> {
    let order: SetReceiverPolicy = call.request.json()?;
    let mut changes = Vec::with_capacity(order.len());
    for (name, text) in &order {
        let key = ReceiverKey::of_name(name)
            .ok_or_else(|| Problem::bad_request(format!("{name:?} is no setting of the receiver")))?;
        let word = match text.as_str() {
            "file" => None,
            text => Some(key.word(text).ok_or_else(|| {
                let words = key.words().join(", ");
                Problem::bad_request(format!("{name} is one of {words}, file, and not {text:?}"))
            })?),
        };
        changes.push((key, word));
    }
    Ok(answer(&call.service.set_receiver_choices(&changes, call.actor()).await?))
}

fn answer(choices: &[ReceiverChoice]) -> Answer {
    let policy: ReceiverPolicyResource = choices.iter().map(ReceiverChoiceResource::of).collect();
    Answer::json(200, &policy)
}

pub(in super::super) async fn list_pairs(call: &Call<'_>) -> Result<Answer, Problem> {
    let pairs = call.service.allowed_pairs().await?;
    let of_file = pairs.of_file.iter().map(AllowedPairResource::of_file);
    let items: Vec<AllowedPairResource> =
        pairs.stored.iter().map(AllowedPairResource::of).chain(of_file).collect();
    Ok(Answer::json(200, &Page { items, next: None }))
}

pub(in super::super) async fn add_pair(call: &Call<'_>) -> Result<Answer, Problem> {
    let new: NewAllowedPair = call.request.json()?;
    let new = new.read().map_err(Problem::bad_request)?;
    let pair = call.service.add_allowed_pair(new, call.actor()).await?;
    Ok(Answer::json(201, &AllowedPairResource::of(&pair)))
}

pub(in super::super) async fn remove_pair(call: &Call<'_>) -> Result<Answer, Problem> {
    let text = &call.names.id;
    let id = text
        .parse()
        .map_err(|_| Problem::new(ProblemKind::NoAllowedPair, format!("there is no allowed pair {text}")))?;
    call.service.remove_allowed_pair(id, call.actor()).await?;
    Ok(Answer::nothing())
}
