//! The walk as a text: each step does something, shows what came of it, and ends the walk where
//! that is not as it should be.

mod report;
mod story;
mod teller;

use std::io;

use super::dns_host::DnsHostError;
use super::smtp::SmtpError;
use super::world::{World, WorldError};
use crate::words::Lang;

pub(crate) use report::{Event, Reporter, Step};
use teller::Teller;

/// Why the walk did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WalkError {
    #[error("the sandbox does not start: {0}")]
    World(#[from] WorldError),
    #[error("the DNS host does not take the record: {0}")]
    DnsHost(#[from] DnsHostError),
    #[error("a message was lost on its way: {0}")]
    Mail(#[from] SmtpError),
    #[error("a command cannot be run: {0}")]
    Command(#[from] io::Error),
    #[error("{what}: expected {expected}, found {found}")]
    NotAsItShould { what: String, expected: String, found: String },
}

/// Walks from a domain without records to one that nobody can forge. Each step is told to `reporter` as it
/// is done.
///
/// # Errors
/// [`WalkError`], at the first thing that is not as it should be.
pub(crate) async fn walk(lang: Lang, reporter: &mut dyn Reporter) -> Result<(), WalkError> {
    let world = World::start().await?;
    let mut teller = Teller::new(world, lang, reporter)?;
    let told = match teller.ready().await {
        Ok(()) => story::tell(&mut teller).await,
        Err(error) => Err(error),
    };
    teller.end().await;
    told
}
