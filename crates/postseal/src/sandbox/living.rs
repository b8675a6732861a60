//! The world as somebody plays in it: one thing at a time, each remembered for the chapter under way.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use postseal_core::dns::{DomainName, RecordData};
use postseal_core::hosting::OrganisationName;
use tokio::time::{Instant, sleep};

use super::chapters::{CHAPTERS, DkimStage, Goal, Happened, PlaceWord, Registered, Stage, met};
use super::dns_host::{DnsHostError, HostedRecord};
use super::ledger::Message;
use super::letter::letter;
use super::receiver_policy::{ReceiverPolicy, without_helo};
use super::registrar::{self, Advice, Entry, EntryError};
use super::smtp::SmtpError;
use super::world::{LOGIN, Sender, World, WorldError};
use super::{ALUMNI, CONTOSO, HOSTING_ZONE, RECEIVER};
use crate::api::resource::{
    DkimOutcome, DkimSigningConfiguration, NewDkimSigningConfiguration, NewDomain, NewOrganisation,
    RotateDkimSigningConfiguration, SetDkimSigningConfiguration,
};
use crate::api::{Client, ClientError};

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

/// What is done by hand or by button.
impl Living {
    /// Sends a message and follows it to its end.
    pub(crate) async fn send(&mut self, by: Sender, forwarded: bool) -> Result<Came, LivingError> {
        let recipient = format!("ken@{}", if forwarded { ALUMNI } else { RECEIVER });
        let subject = if by == Sender::User { "Figures" } else { "Please pay this invoice today" };
        let parcel = letter(&format!("anne@{CONTOSO}"), &recipient, subject, self.numbered + 1);
        self.world.take_questions();
        let before = self.world.receiver.count();
        let reply = match self.world.send(by, &parcel).await {
            Ok(reply) | Err(SmtpError::Refused(reply)) => reply,
            Err(error) => return Err(error.into()),
        };
        let questions = self.world.take_questions();
        let delivery = self.world.receiver.newest().filter(|_| self.world.receiver.count() > before);
        let Some(delivery) = delivery else { return Err(LivingError::NoArrival(reply)) };
        self.numbered += 1;
        let of = (self.numbered, by, forwarded);
        let message =
            Message::of(of, delivery, reply, questions, (self.world.receiver_resolver(), now())).await;
        let (place, results) = (PlaceWord::of(&message.place), without_helo(&message.results));
        self.happens(Happened::Mail { by, forwarded, place, results });
        if self.messages.len() >= MAX_MESSAGES {
            self.messages.pop_front();
        }
        self.messages.push_back(message);
        Ok(Came::Mail(self.numbered))
    }

    pub(crate) async fn set_policy(&mut self, policy: ReceiverPolicy) -> Result<Came, LivingError> {
        self.world.set_receiver_policy(policy).await?;
        self.policy = policy;
        self.happens(Happened::Policy(policy));
        Ok(Came::Policy(policy))
    }

    pub(crate) fn show_cnames(&mut self) -> Came {
        self.happens(Happened::CnamesShown);
        Came::Cnames
    }

    /// Signs from now on, if the world can see the keys.
    pub(crate) async fn enable(&mut self) -> Result<Came, LivingError> {
        let (client, organisation, domain) = (self.client(), &self.organisation, &self.domain);
        let outcome = if self.dkim().await?.flyout == "NoKeys" {
            let new = NewDkimSigningConfiguration { enabled: true, ..NewDkimSigningConfiguration::default() };
            client.new_dkim(organisation, domain, &new).await?
        } else {
            let set =
                SetDkimSigningConfiguration { enabled: Some(true), ..SetDkimSigningConfiguration::default() };
            match client.set_dkim(organisation, domain, &set).await {
                Ok(outcome) => outcome,
                Err(ClientError::Problem(problem)) if problem.status == 409 => {
                    let configuration = self.dkim().await?;
                    let warning = Some(*problem);
                    DkimOutcome { configuration, warning, events: Vec::new(), dry_run: false }
                }
                Err(error) => return Err(error.into()),
            }
        };
        if outcome.configuration.enabled {
            self.happens(Happened::Signing(true));
            Ok(Came::Signing(true))
        } else {
            self.happens(Happened::EnableRefused);
            Ok(Came::TooEarly(Box::new(outcome)))
        }
    }

    pub(crate) async fn disable(&mut self) -> Result<Came, LivingError> {
        let set =
            SetDkimSigningConfiguration { enabled: Some(false), ..SetDkimSigningConfiguration::default() };
        self.client().set_dkim(&self.organisation, &self.domain, &set).await?;
        self.happens(Happened::Signing(false));
        Ok(Came::Signing(false))
    }

    pub(crate) async fn rotate(&mut self) -> Result<Came, LivingError> {
        let order = RotateDkimSigningConfiguration::default();
        self.client().rotate_dkim(&self.organisation, &self.domain, &order).await?;
        self.happens(Happened::Rotating);
        Ok(Came::Rotating)
    }

    /// The mail server's node is four days and an hour later. Where a rotation has begun, the other key signs then.
    pub(crate) async fn move_time(&mut self) -> Result<Came, LivingError> {
        let before = self.dkim().await?;
        self.world.move_time(FOUR_DAYS);
        if before.flyout != "Rotating" {
            return Ok(Came::Switched);
        }
        let deadline = Instant::now() + START;
        let signing = |dkim: &DkimSigningConfiguration| dkim.selector2_state.as_deref() == Some("signing");
        let was = signing(&before);
        loop {
            self.client().check_dkim(&self.organisation, &self.domain).await?;
            if signing(&self.dkim().await?) != was {
                break;
            }
            if Instant::now() > deadline {
                return Err(LivingError::NotSwitched);
            }
            sleep(MOMENT).await;
        }
        // Its answer comes when what was decided is in force.
        self.client().check_dkim(&self.organisation, &self.domain).await?;
        self.happens(Happened::Switched);
        Ok(Came::Switched)
    }

    /// Lets into the portal of the mail server's node, once: it is made there as `postseal setup-link` makes it.
    pub(crate) async fn portal_link(&self) -> Result<Came, LivingError> {
        Ok(Came::Portal(self.client().add_setup_link().await?.url))
    }

    /// Registers a record as it was typed.
    pub(crate) fn add_record(&mut self, entry: &Entry) -> Came {
        let accepted = match registrar::read(entry, CONTOSO, &self.records()) {
            Ok(accepted) => accepted,
            Err(error) => return Came::NotRegistered(error),
        };
        match self.world.dns_host.add(&accepted.name, accepted.ttl, &accepted.data) {
            Ok(()) => {
                self.dns_happens();
                Came::Registered(accepted.advice)
            }
            Err(DnsHostError::Full) => Came::NotRegistered(EntryError::Full),
            Err(_) => Came::NotRegistered(EntryError::AliasBesideData(accepted.name.to_string())),
        }
    }

    pub(crate) fn remove_record(&mut self, number: u64) -> Result<Came, LivingError> {
        let removed = self.world.dns_host.remove(number)?;
        self.dns_happens();
        Ok(if removed { Came::Removed } else { Came::NothingToUndo })
    }

    pub(crate) fn undo_record(&mut self) -> Result<Came, LivingError> {
        let undone = self.world.dns_host.undo()?;
        self.dns_happens();
        Ok(if undone { Came::Undone } else { Came::NothingToUndo })
    }

    /// Somebody looks into a message, or reads what its bounce means.
    pub(crate) fn looks(&mut self, explained: bool) {
        self.happens(if explained { Happened::Explained } else { Happened::Opened });
    }
}

/// The story.
impl Living {
    /// Begins a chapter, in a world made anew where it is not as the chapter needs it. The chapter under way
    /// is undone: its messages go.
    pub(crate) async fn begin(&mut self, chapter: usize) -> Result<Came, LivingError> {
        let Some(of) = chapter.checked_sub(1).and_then(|place| CHAPTERS.get(place)) else {
            return Err(LivingError::Name);
        };
        if chapter <= self.chapter {
            let kept = if chapter == self.chapter { self.before_chapter } else { 0 };
            self.messages.retain(|message| message.number <= kept);
        }
        let anew = !self.is_at(of.stage).await?;
        if anew {
            let fresh = World::start().await?;
            std::mem::replace(&mut self.world, fresh).stop().await;
            self.policy = ReceiverPolicy::Honour;
            self.move_in().await?;
            self.set_up(of.stage).await?;
        }
        self.chapter = chapter;
        self.happened.clear();
        self.before_chapter = self.numbered;
        self.dns_happens();
        Ok(Came::Began(anew))
    }

    async fn is_at(&self, stage: Stage) -> Result<bool, LivingError> {
        let dkim = self.dkim().await?;
        let registered = self.registered(Some(&dkim));
        let has_keys = dkim.flyout != "NoKeys";
        let (is_there, cnames) = match stage.dkim {
            DkimStage::NoKeys => (!has_keys, [false; 2]),
            DkimStage::NotRegistered => (!dkim.enabled, [false; 2]),
            DkimStage::Signing => (dkim.enabled, [true; 2]),
            DkimStage::SigningFirst => {
                let first = dkim.selector1_state.as_deref() == Some("signing");
                (dkim.enabled && first && dkim.flyout == "Signing", [true; 2])
            }
        };
        let needed = Registered {
            spf: stage.spf,
            cnames,
            dmarc: stage.dmarc.map(str::to_owned),
            records: usize::from(stage.spf)
                + cnames.iter().filter(|is| **is).count()
                + usize::from(stage.dmarc.is_some()),
        };
        Ok(is_there && registered == needed && self.policy == ReceiverPolicy::Honour)
    }

    /// From nothing to what a chapter begins with.
    async fn set_up(&mut self, stage: Stage) -> Result<(), LivingError> {
        let mut entries = Vec::new();
        if stage.spf {
            entries.push(spf_entry());
        }
        let signing = matches!(stage.dkim, DkimStage::Signing | DkimStage::SigningFirst);
        if signing {
            let dkim = self.dkim().await?;
            entries.extend([0, 1].map(|place| cname_entry(&dkim, place)));
        }
        entries.extend(stage.dmarc.map(dmarc_entry));
        for entry in entries {
            self.add_record(&entry);
        }
        if signing {
            self.enable().await?;
        }
        Ok(())
    }

    /// What would be typed for this goal; `None` where it is no record.
    pub(crate) fn entry_of(goal: Goal, dkim: &DkimSigningConfiguration) -> Option<Entry> {
        match goal {
            Goal::Spf => Some(spf_entry()),
            Goal::Cname(place) => Some(cname_entry(dkim, place)),
            Goal::Dmarc(policy) => Some(dmarc_entry(policy)),
            _ => None,
        }
    }

    /// Does the next step of the chapter for whoever would rather watch.
    pub(crate) async fn do_next(&mut self) -> Result<Came, LivingError> {
        let Some(goal) = self.chapter().goals.get(self.done()) else { return Ok(Came::AllDone) };
        let newest = self.messages.back().map_or(0, |message| message.number);
        match *goal {
            Goal::Sent { by, forwarded, .. } => self.send(by, forwarded).await,
            Goal::Policy(policy) => self.set_policy(policy).await,
            Goal::Spf | Goal::Cname(_) | Goal::Dmarc(_) => {
                let dkim = self.dkim().await?;
                let Some(entry) = Living::entry_of(*goal, &dkim) else { return Ok(Came::AllDone) };
                self.replace_record(&entry)
            }
            Goal::CnamesShown => Ok(self.show_cnames()),
            Goal::EnableRefused | Goal::Signing(true) => self.enable().await,
            Goal::Signing(false) => self.disable().await,
            Goal::Opened => Ok(Came::Look(newest)),
            Goal::Explained => Ok(Came::LookAtBounce(newest)),
            Goal::Rotating => self.rotate().await,
            Goal::Switched => self.move_time().await,
        }
    }

    /// Registers a record in place of what stands at its name.
    fn replace_record(&mut self, entry: &Entry) -> Result<Came, LivingError> {
        let name = match entry.host.as_str() {
            "@" => CONTOSO.to_owned(),
            host => format!("{host}.{CONTOSO}"),
        };
        for record in self.records().into_iter().filter(|record| record.name.as_str() == name) {
            self.world.dns_host.remove(record.number)?;
        }
        Ok(self.add_record(entry))
    }

    fn dns_happens(&mut self) {
        let registered = self.registered(None);
        self.happens(Happened::Dns(registered));
    }

    fn happens(&mut self, happened: Happened) {
        if self.happened.len() >= MAX_HAPPENED {
            self.happened.remove(0);
        }
        self.happened.push(happened);
    }

    /// What of the story's records is registered. The CNAMEs are what the mail server asks for.
    fn registered(&self, dkim: Option<&DkimSigningConfiguration>) -> Registered {
        let records = self.records();
        let texts = |name: &str| -> Vec<String> {
            let at = records.iter().filter(|record| record.name.as_str() == name);
            at.filter_map(|record| match &record.data {
                RecordData::Txt(text) => Some(String::from_utf8_lossy(&text.octets).into_owned()),
                _ => None,
            })
            .collect()
        };
        let include = format!("include:spf.{HOSTING_ZONE}");
        let spf: Vec<String> = texts(CONTOSO).into_iter().filter(|text| text.starts_with("v=spf1")).collect();
        let cname = |number: usize| {
            let name = format!("selector{number}._domainkey.{CONTOSO}");
            records.iter().any(|record| {
                record.name.as_str() == name
                    && match &record.data {
                        RecordData::Cname(target) => dkim.map_or_else(
                            || target.as_str().starts_with(&format!("selector{number}-")),
                            |dkim| cname_of(dkim, number - 1) == target.as_str(),
                        ),
                        _ => false,
                    }
            })
        };
        let dmarc = match texts(&format!("_dmarc.{CONTOSO}")).as_slice() {
            [one] => one.split(';').find_map(|tag| tag.trim().strip_prefix("p=").map(str::to_owned)),
            _ => None,
        };
        Registered {
            spf: matches!(spf.as_slice(), [one] if one.split(' ').any(|term| term == include)),
            cnames: [cname(1), cname(2)],
            dmarc,
            records: records.len(),
        }
    }
}

fn entry(kind: &str, host: &str, value: String) -> Entry {
    Entry { kind: kind.to_owned(), host: host.to_owned(), value, ttl: "3600".to_owned() }
}

fn spf_entry() -> Entry {
    entry("TXT", "@", format!("v=spf1 include:spf.{HOSTING_ZONE} -all"))
}

fn cname_entry(dkim: &DkimSigningConfiguration, place: usize) -> Entry {
    entry("CNAME", &format!("selector{}._domainkey", place + 1), cname_of(dkim, place).to_owned())
}

/// Where a selector must lead, without a final dot.
pub(crate) fn cname_of(dkim: &DkimSigningConfiguration, place: usize) -> &str {
    let target = if place == 0 { &dkim.selector1_cname } else { &dkim.selector2_cname };
    target.as_deref().unwrap_or_default().trim_end_matches('.')
}

fn dmarc_entry(policy: &str) -> Entry {
    entry("TXT", "_dmarc", format!("v=DMARC1; p={policy}"))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The wait of a rotation (96 h), and an hour.
const FOUR_DAYS: u64 = 97 * 3_600;

/// Of messages that are remembered.
const MAX_MESSAGES: usize = 200;

/// In one chapter.
const MAX_HAPPENED: usize = 500;

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
