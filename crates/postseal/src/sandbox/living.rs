//! The world as somebody plays in it: one thing at a time, each remembered for the chapter under way.

mod chapter_under_way;
mod deeds;
mod registrations;

use std::collections::VecDeque;
use std::time::Duration;

use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;
use tokio::time::{Instant, sleep};

use super::CONTOSO;
use super::chapters::{CHAPTERS, Happened, met};
use super::dns_host::{DnsHostError, HostedRecord};
use super::ledger::Message;
use super::receiver_policy::ReceiverPolicy;
use super::registrar::{Advice, EntryError};
use super::smtp::SmtpError;
use super::world::{LOGIN, World, WorldError};
use crate::api::resource::{DkimOutcome, DkimSigningConfiguration, NewDomain, NewOrganisation};
use crate::api::{Client, ClientError};
pub(crate) use registrations::cname_of;

/// The world, and what has happened in it.
pub(crate) struct Living {
    world: World,
    organisation: OrganisationName,
    domain: DomainName,
    /// The chapter under way, counted from 1.
    pub(crate) chapter: usize,
    happened: Vec<Happened>,
    /// The oldest first.
    pub(crate) messages: VecDeque<Message>,
    /// How many there have been.
    numbered: usize,
    /// How many there were when the chapter began.
    before_chapter: usize,
    pub(crate) policy: ReceiverPolicy,
}

/// What came of something that was done.
#[derive(Debug)]
pub(crate) enum Came {
    /// A message reached its end; its number.
    Mail(usize),
    Policy(ReceiverPolicy),
    Cnames,
    /// Signing was asked for, and refused.
    TooEarly(Box<DkimOutcome>),
    Signing(bool),
    Rotating,
    Switched,
    Registered(Vec<Advice>),
    NotRegistered(EntryError),
    Removed,
    Undone,
    NothingToUndo,
    /// A chapter begins. `true`: the world was made anew for it.
    Began(bool),
    /// To be looked at: the message of this number.
    Look(usize),
    LookAtBounce(usize),
    /// The address by which the mail server's own portal lets in, once.
    Portal(String),
    /// All steps of the chapter are done.
    AllDone,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LivingError {
    #[error(transparent)]
    World(#[from] WorldError),
    #[error("the DNS host does not take it: {0}")]
    DnsHost(#[from] DnsHostError),
    #[error("the message was lost: {0}")]
    Mail(#[from] SmtpError),
    #[error("the message reached nobody: {0}")]
    NoArrival(String),
    #[error("{}", node_words(.0))]
    Node(Box<ClientError>),
    #[error("the key has not changed places in time")]
    NotSwitched,
    #[error("a name of the sandbox is not one")]
    Name,
}

fn node_words(error: &ClientError) -> String {
    match error {
        ClientError::Problem(problem) => crate::words::api_problem(problem, crate::words::Lang::En).what,
        other => other.to_string(),
    }
}

impl From<ClientError> for LivingError {
    fn from(error: ClientError) -> LivingError {
        LivingError::Node(Box::new(error))
    }
}

impl Living {
    /// A world in which nothing is registered, at the beginning of chapter 1.
    pub(crate) async fn start() -> Result<Living, LivingError> {
        let organisation = OrganisationName::parse(LOGIN).map_err(|_| LivingError::Name)?;
        let domain = DomainName::parse(CONTOSO).map_err(|_| LivingError::Name)?;
        let world = World::start().await?;
        let living = Living {
            world,
            organisation,
            domain,
            chapter: 1,
            happened: Vec::new(),
            messages: VecDeque::new(),
            numbered: 0,
            before_chapter: 0,
            policy: ReceiverPolicy::Honour,
        };
        living.move_in().await?;
        Ok(living)
    }

    /// Ends all parts; the directory goes with them.
    pub(crate) async fn stop(self) {
        self.world.stop().await;
    }

    /// The mail server takes in the domain. Its node makes its store at its very first start, which takes a moment.
    async fn move_in(&self) -> Result<(), LivingError> {
        let deadline = Instant::now() + START;
        let new = NewOrganisation { name: self.organisation.to_string() };
        loop {
            match self.client().add_organisation(&new).await {
                Ok(_) => break,
                Err(error) if Instant::now() > deadline => return Err(error.into()),
                Err(_) => sleep(MOMENT).await,
            }
        }
        let new = NewDomain { name: CONTOSO.to_owned(), trust: true };
        self.client().add_domain(&self.organisation, &new).await?;
        Ok(())
    }

    fn client(&self) -> Client {
        Client::over_socket(self.world.api_socket())
    }

    /// The DKIM configuration of the domain, as its mail server has it.
    pub(crate) async fn dkim(&self) -> Result<DkimSigningConfiguration, LivingError> {
        Ok(self.client().dkim(&self.organisation, &self.domain).await?)
    }

    pub(crate) fn message(&self, number: usize) -> Option<&Message> {
        self.messages.iter().find(|message| message.number == number)
    }

    pub(super) fn records(&self) -> Vec<HostedRecord> {
        self.world.dns_host.records(CONTOSO)
    }

    pub(crate) fn can_undo(&self) -> bool {
        self.world.dns_host.can_undo()
    }

    /// Seconds by which the clock of the mail server's node is ahead.
    pub(crate) fn ahead(&self) -> u64 {
        self.world.ahead()
    }

    /// How many steps of the chapter are done.
    pub(crate) fn done(&self) -> usize {
        met(self.chapter().goals, &self.happened)
    }

    fn chapter(&self) -> &'static super::chapters::Chapter {
        &CHAPTERS[(self.chapter - 1).min(CHAPTERS.len() - 1)]
    }
}

/// For a node to start on a slow machine.
const START: Duration = Duration::from_secs(20);
const MOMENT: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    /// Each chapter can be begun from anywhere, and be done by its own button to its end.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_chapter_comes_to_its_end() {
        let mut living = Living::start().await.expect("starts");
        for chapter in (1..=CHAPTERS.len()).chain([5, 1]) {
            living.begin(chapter).await.expect("begins");
            let goals = CHAPTERS[chapter - 1].goals;
            for done in 0..goals.len() {
                assert_eq!(living.done(), done, "chapter {chapter}");
                match living.do_next().await.expect("done") {
                    Came::Look(_) => living.looks(false),
                    Came::LookAtBounce(_) => living.looks(true),
                    Came::NotRegistered(error) => panic!("{error:?}"),
                    _ => {}
                }
                let last = living.messages.back().map(|message| (&message.results, &message.reply));
                assert!(living.done() > done, "chapter {chapter}, step {}: {last:?}", done + 1);
            }
        }
        living.stop().await;
    }
}
