use std::time::Duration;

use super::super::Problem;
use super::super::exchange::Answer;
use super::super::resource::{MessageRetention, SetMessageRetention};
use super::super::router::Call;
use crate::verdicts::is_retention;

pub(in super::super) async fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let retention = call.service.retention().await?;
    let older = call.service.messages_older_than(retention.keep).await?;
    Ok(Answer::json(200, &MessageRetention::of(retention, older)))
}

pub(in super::super) async fn set(call: &Call<'_>) -> Result<Answer, Problem> {
    let SetMessageRetention { keep_seconds, dry_run } = call.request.json()?;
    let keep = keep_seconds.map(Duration::from_secs);
    if keep.is_some_and(|keep| !is_retention(keep)) {
        let detail = "keep_seconds is 0, or from an hour (3600) to ten years (316224000), or null for what the file says";
        return Err(Problem::bad_request(detail.to_owned()));
    }
    let mut retention = call.service.retention().await?;
    if dry_run {
        retention.keep = keep.unwrap_or(retention.file);
        retention.is_changed = keep.is_some();
    } else {
        retention = call.service.set_retention(keep, call.actor()).await?;
    }
    let older = call.service.messages_older_than(retention.keep).await?;
    Ok(Answer::json(200, &MessageRetention::of(retention, older)))
}
