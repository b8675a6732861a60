use std::io::{self, Write as _};
use std::time::Duration;

use postseal_core::hosting::OrganisationName;
use tokio::time::sleep;

use super::{Asked, text};
use crate::api::ClientError;
use crate::api::resource::DkimSigningConfiguration;
use crate::words::say;

/// Follows the DNS until both keys are visible. What changes is told on standard error, as it happens.
pub(super) async fn until_seen(
    asked: &Asked<'_>,
    organisation: &OrganisationName,
) -> Result<DkimSigningConfiguration, ClientError> {
    let client = &asked.node.client;
    let mut now = client.watch_dkim(organisation, &asked.domain).await?;
    if now.selector1_state.is_some() {
        now = client.check_dkim(organisation, &asked.domain).await?.configuration;
    }
    let mut shown = String::new();
    loop {
        let lang = asked.terminal.lang;
        let at = now.last_checked.as_deref().unwrap_or("-");
        let found = text::found(&now, lang);
        if found != shown {
            let line = say!(lang, "{at} {}: {}", "{at} {}: {}", now.domain, now.status);
            // Whoever closed standard error does not follow.
            let _ = write!(io::stderr().lock(), "{line}\n{found}");
            shown = found;
        }
        if [&now.selector1_conclusion, &now.selector2_conclusion].iter().all(|c| c.as_deref() == Some("seen"))
        {
            return Ok(now);
        }
        sleep(PAUSE).await;
        now = client.watch_dkim(organisation, &asked.domain).await?;
    }
}

const PAUSE: Duration = Duration::from_secs(1);
