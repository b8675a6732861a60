use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::super::letter::{letter, values};
use super::super::mail_host::{Delivery, Place};
use super::super::smtp::SmtpError;
use super::super::world::{SHORT_MEMORY, Sender, World};
use super::{Event, Reporter, Step, WalkError};
use crate::words::Lang;

/// Does what the story says, tells it, and holds it against what should be.
pub(super) struct Teller<'r> {
    world: World,
    pub(super) lang: Lang,
    program: PathBuf,
    reporter: &'r mut dyn Reporter,
    steps: usize,
    letters: usize,
}

/// A message at its end.
pub(super) struct Arrival {
    place: Place,
    pub(super) results: String,
    pub(super) signatures: Vec<String>,
    /// What the sender was told.
    pub(super) reply: String,
}

impl<'r> Teller<'r> {
    pub(super) fn new(
        world: World,
        lang: Lang,
        reporter: &'r mut dyn Reporter,
    ) -> Result<Teller<'r>, WalkError> {
        let program = std::env::current_exe()?;
        Ok(Teller { world, lang, program, reporter, steps: 0, letters: 0 })
    }

    /// Waits until the provider's node has opened its store: at its very first start it makes one.
    pub(super) async fn ready(&mut self) -> Result<(), WalkError> {
        let deadline = Instant::now() + START;
        loop {
            let output = self.run(&["org", "list"], true).await?;
            if output.status.success() {
                return Ok(());
            }
            if Instant::now() > deadline {
                let said = String::from_utf8_lossy(&output.stderr);
                return Err(not_as_it_should("the provider's node", "ready", &said));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) fn step(&mut self, title: String, text: String) {
        self.steps += 1;
        self.reporter.step(&Step { number: self.steps, title, text });
    }

    /// The owner pastes a record, and waits until resolvers have forgotten the answer of before.
    pub(super) async fn register(&mut self, record: &str) -> Result<(), WalkError> {
        self.world.dns_host.register(record)?;
        self.reporter.event(&Event::Registered { record: record.to_owned() });
        sleep(Duration::from_secs(SHORT_MEMORY.into()) + Duration::from_millis(100)).await;
        Ok(())
    }

    /// Runs a command of the program, shows it with its output, and expects this exit status.
    pub(super) async fn command(&mut self, words: &[&str], status: i32) -> Result<String, WalkError> {
        let output = self.run(words, false).await?;
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        let line = format!("postseal {}", words.join(" "));
        let code = output.status.code().unwrap_or(-1);
        let event = Event::Command { line: line.clone(), status: code, output: text.clone().into_owned() };
        self.reporter.event(&event);
        expect(&format!("exit status of {line}"), &status, &code)?;
        Ok(text.into_owned())
    }

    /// What a command says as JSON, for the story's own eyes.
    pub(super) async fn ask(&mut self, words: &[&str]) -> Result<Value, WalkError> {
        let output = self.run(words, true).await?;
        serde_json::from_slice(&output.stdout).map_err(|_| WalkError::NotAsItShould {
            what: format!("postseal {} --json", words.join(" ")),
            expected: "JSON".to_owned(),
            found: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// The flags that say where this sandbox is are not shown: elsewhere there is one node and one DNS.
    async fn run(&self, words: &[&str], json: bool) -> Result<Output, WalkError> {
        let mut command = Command::new(&self.program);
        command.args(words);
        if ASKS_THE_DNS.contains(&words.first().copied().unwrap_or_default()) {
            command.arg("--resolver").arg(self.world.resolver.address().to_string());
        } else {
            command.arg("--socket").arg(self.world.api_socket());
        }
        command.args(["--lang", self.lang.pick("en", "ja")]);
        if json {
            command.arg("--json");
        }
        let run = spawn_blocking(move || command.output()).await;
        Ok(run.map_err(std::io::Error::other)??)
    }

    /// Sends a message and follows it to its end.
    pub(super) async fn mail(
        &mut self,
        sender: Sender,
        author: &str,
        recipient: &str,
    ) -> Result<Arrival, WalkError> {
        self.letters += 1;
        let parcel = letter(author, recipient, "Figures", self.letters);
        let before = self.world.receiver.count();
        let reply = match self.world.send(sender, &parcel).await {
            Ok(reply) | Err(SmtpError::Refused(reply)) => reply,
            Err(error) => return Err(error.into()),
        };
        let delivery = self.world.receiver.newest().filter(|_| self.world.receiver.count() > before);
        let Some(Delivery { place, header, .. }) = delivery else {
            return Err(not_as_it_should("where the message is", "at the receiver", &reply));
        };
        let results = values(&header, "Authentication-Results").into_iter().next().unwrap_or_default();
        let arrival = Arrival { place, results, signatures: values(&header, "DKIM-Signature"), reply };
        self.tell_of(sender, author, recipient, &arrival);
        Ok(arrival)
    }

    fn tell_of(&mut self, sender: Sender, author: &str, recipient: &str, arrival: &Arrival) {
        let (place, detail) = match &arrival.place {
            Place::Inbox => ("inbox", String::new()),
            Place::Quarantine { reason } => ("quarantine", reason.clone()),
            Place::Refused { reply } => ("refused", reply.clone()),
            Place::Junk => ("junk", String::new()),
        };
        let results = Some(&arrival.results).filter(|results| !results.is_empty());
        let fields = results.map(|results| format!("Authentication-Results: {results}")).into_iter();
        let signatures = arrival.signatures.iter().map(|value| format!("DKIM-Signature: {value}"));
        self.reporter.event(&Event::Mail {
            sender: match sender {
                Sender::User => "user",
                Sender::Impostor => "impostor",
            },
            author: author.to_owned(),
            recipient: recipient.to_owned(),
            place,
            detail,
            fields: fields.chain(signatures).collect(),
        });
    }

    /// It is as it should be, and the reader is told so.
    pub(super) fn seen(&mut self, text: String) {
        self.reporter.event(&Event::Seen { text });
    }

    /// Ends all parts of the sandbox.
    pub(super) async fn end(self) {
        self.world.stop().await;
    }
}

impl Arrival {
    /// Delivered, with all of these in its Authentication-Results field.
    pub(super) fn must_be_delivered(&self, results: &[&str]) -> Result<(), WalkError> {
        if self.place != Place::Inbox {
            return Err(not_as_it_should("where the message is", "inbox", &format!("{:?}", self.place)));
        }
        self.must_say(results)
    }

    pub(super) fn must_say(&self, results: &[&str]) -> Result<(), WalkError> {
        match results.iter().find(|result| !self.results.contains(**result)) {
            Some(missing) => Err(not_as_it_should("Authentication-Results", missing, &self.results)),
            None => Ok(()),
        }
    }

    pub(super) fn must_be_set_aside(&self) -> Result<(), WalkError> {
        match &self.place {
            Place::Quarantine { .. } => Ok(()),
            other => Err(not_as_it_should("where the message is", "quarantine", &format!("{other:?}"))),
        }
    }

    /// Refused for good, and its sender knows why.
    pub(super) fn must_be_refused(&self) -> Result<(), WalkError> {
        match &self.place {
            // One reply of several lines is "550-5.7.1 …".
            Place::Refused { .. }
                if ["550 5.7.1", "550-5.7.1"].iter().any(|reply| self.reply.starts_with(reply)) =>
            {
                Ok(())
            }
            other => {
                Err(not_as_it_should("where the message is", "refused, 550 5.7.1", &format!("{other:?}")))
            }
        }
    }
}

/// Two values that must be the same.
pub(super) fn expect<T: PartialEq + ToString>(what: &str, expected: &T, found: &T) -> Result<(), WalkError> {
    if expected == found {
        Ok(())
    } else {
        Err(not_as_it_should(what, &expected.to_string(), &found.to_string()))
    }
}

pub(super) fn not_as_it_should(what: &str, expected: &str, found: &str) -> WalkError {
    WalkError::NotAsItShould { what: what.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
}

/// For a node to start on a slow machine.
const START: Duration = Duration::from_secs(20);

/// Commands that ask a resolver instead of a node.
const ASKS_THE_DNS: [&str; 2] = ["check", "spf"];
