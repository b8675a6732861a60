use std::path::Path;

use super::super::exchange::{Answer, Request};
use super::super::resource::{Backup, BackupOrder, ReloadOrder, RestoreOrder};
use super::super::router::{Call, Reload};
use super::super::{Problem, ProblemKind};
use crate::serve::ReloadReply;

pub(in super::super) async fn backup(call: &Call<'_>) -> Result<Answer, Problem> {
    let BackupOrder { path } = call.request.json()?;
    let key = call.service.backup(absolute(&path)?, call.actor()).await?;
    Ok(Answer::json(201, &Backup { path, key_encryption_key: key.to_string() }))
}

pub(in super::super) async fn restore(call: &Call<'_>) -> Result<Answer, Problem> {
    let RestoreOrder { path } = call.request.json()?;
    call.service.restore(absolute(&path)?, call.actor()).await?;
    Ok(Answer::nothing())
}

pub(in super::super) async fn reload(reload: &Reload, request: &Request) -> Result<Answer, Problem> {
    let ReloadOrder { lang } = request.json()?;
    match reload(lang).await {
        ReloadReply::Reloaded(reloaded) => Ok(Answer::json(200, &reloaded)),
        ReloadReply::Unchanged { faults } => {
            let detail = "the configuration before it stays in force";
            let mut problem = Problem::new(ProblemKind::ConfigurationWrong, detail);
            problem.faults = Some(faults);
            Err(problem)
        }
        ReloadReply::Refused { message } => Err(Problem::new(ProblemKind::ReloadFailed, message)),
    }
}

/// The node has a working directory of its own.
fn absolute(path: &Path) -> Result<&Path, Problem> {
    if path.is_absolute() {
        return Ok(path);
    }
    Err(Problem::bad_request(format!("{} is no absolute path", path.display())))
}
