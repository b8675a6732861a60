use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use postseal_core::dkim::{Selector, SignedNames, SigningSettings};
use postseal_core::dns::DomainName;

use super::problem::Problem;
use crate::words::{Lang, say};
use crate::words::{domain_name_error, sign_error};

/// What a signature of any kind needs.
#[derive(Debug, Args)]
pub(super) struct SigningArgs {
    /// Message file; - is standard input
    #[arg(value_name = "FILE")]
    pub(super) message: PathBuf,
    /// Domain that signs (d=)
    #[arg(long, value_name = "D")]
    domain: String,
    /// Selector of the key (s=)
    #[arg(long, value_name = "S")]
    selector: String,
    /// Private key in a PEM file
    #[arg(long, value_name = "PEM")]
    pub(super) key: PathBuf,
    /// Header fields to sign, with colons between them as in h= [default: those that matter]
    #[arg(long, value_name = "LIST")]
    headers: Option<String>,
    /// Time of the signature in UNIX seconds [default: now]
    #[arg(long, value_name = "T")]
    timestamp: Option<u64>,
}

impl SigningArgs {
    pub(super) fn settings(&self, lang: Lang) -> Result<SigningSettings, Problem> {
        let bad = |flag: &str, text: &str, error| {
            let why = domain_name_error(error, lang);
            Problem::new(say!(lang, "{flag} {text:?}: {why}", "{flag} {text:?}: {why}"))
        };
        let domain = DomainName::parse(&self.domain).map_err(|e| bad("--domain", &self.domain, e))?;
        let selector = Selector::parse(&self.selector).map_err(|e| bad("--selector", &self.selector, e))?;
        let mut settings = SigningSettings::new(domain, selector);
        settings.signed_at = Some(self.timestamp.unwrap_or_else(unix_time));
        if let Some(list) = &self.headers {
            settings.signed_names = SignedNames::parse(list).map_err(|error| {
                let why = sign_error(&error, lang);
                Problem::with_next(
                    format!("--headers {list:?}: {why}"),
                    say!(
                        lang,
                        "Names with colons between them, as in: --headers from:to:subject:date",
                        "名前をコロンで区切ります。例: --headers from:to:subject:date"
                    ),
                )
            })?;
        }
        Ok(settings)
    }
}

/// Seconds since 1970.
pub(super) fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
