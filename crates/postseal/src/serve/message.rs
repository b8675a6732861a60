use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use postseal_core::message::{HeaderSection, MailFrom};
use postseal_milter::Verdict;

use super::judged_message::JudgedMessage;
use super::message_event::{MessageEvent, Outcome, Sender};
use super::metrics::Metrics;
use super::node::Node;
use super::own_message::OwnMessage;
use super::snapshot::Snapshot;
use crate::config::LogLevel;
use crate::inbound::Course;
use crate::keys::HostedSnapshot;
use crate::signing::{Fields, Recipients, Submitter};
use crate::verdicts;

/// One message on its way through the node, by the snapshot that was in force when it began.
pub(super) struct Message {
    snapshot: Arc<Snapshot>,
    /// The hosted domains that were in force when it began.
    hosted: Option<Arc<HostedSnapshot>>,
    begun: Instant,
    /// Seconds since 1970.
    at: u64,
    sender: Sender,
    recipients: Recipients,
    /// As far as it has come; `None` once it was taken.
    section: Option<HeaderSection>,
    work: Work,
}

/// What is being done with it.
enum Work {
    Judge(Box<JudgedMessage>),
    Own(Box<OwnMessage>),
}

/// What is known at MAIL FROM.
pub(super) struct Beginning<'m> {
    pub(super) submitter: Submitter<'m>,
    pub(super) helo: &'m str,
    pub(super) reverse_path: &'m [u8],
    pub(super) fields: Fields,
    pub(super) can_quarantine: bool,
}

/// The answer to the MTA, and what there is to say about it.
pub(super) struct Conclusion {
    pub(super) verdict: Verdict,
    pub(super) level: LogLevel,
    pub(super) outcome: Outcome,
}

impl Message {
    pub(super) fn begin(node: &Node, beginning: &Beginning<'_>) -> Message {
        let snapshot = node.current();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mail_from = MailFrom::new(&String::from_utf8_lossy(beginning.reverse_path));
        let sender = Sender::new(&beginning.submitter, &mail_from);
        let work = match Course::of(&beginning.submitter, &snapshot.settings) {
            Course::Judge(whose) => {
                Work::Judge(Box::new(JudgedMessage::begin(&snapshot, whose, mail_from, beginning, now)))
            }
            Course::Own { because, grant } => {
                Work::Own(Box::new(OwnMessage::begin(because, grant, beginning.fields, now)))
            }
        };
        Message {
            hosted: snapshot.hosted.as_ref().map(|keys| keys.current()),
            snapshot,
            begun: Instant::now(),
            at: now,
            sender,
            recipients: Recipients::default(),
            section: Some(HeaderSection::default()),
            work,
        }
    }

    /// Takes the argument of RCPT TO.
    pub(super) fn recipient(&mut self, path: &[u8]) {
        self.recipients.add(path);
    }

    /// Takes one header field.
    pub(super) fn field(&mut self, name: &[u8], value: &[u8]) {
        if let Some(section) = &mut self.section {
            section.push(name, value);
        }
    }

    pub(super) fn end_of_header(&mut self, metrics: &Metrics) {
        let Some(section) = self.section.take() else { return };
        match &mut self.work {
            Work::Judge(judged) => judged.header_section(&self.snapshot, section),
            Work::Own(own) => {
                let hosted = self.hosted.as_deref();
                own.header_section(&self.snapshot, hosted, &section, &self.recipients, metrics);
            }
        }
    }

    /// Whether what is in the body changes anything.
    pub(super) fn wants_body(&self) -> bool {
        match &self.work {
            Work::Judge(_) => true,
            Work::Own(own) => own.wants_body(),
        }
    }

    /// Takes the next octets of the body.
    pub(super) fn body(&mut self, octets: &[u8]) {
        match &mut self.work {
            Work::Judge(judged) => judged.body(octets),
            Work::Own(own) => own.body(octets),
        }
    }

    /// Decides, counts, logs and answers.
    pub(super) async fn conclude(mut self, node: &Node, queue_id: &[u8]) -> Verdict {
        // An MTA may leave out the end of a header section that has nothing behind it.
        self.end_of_header(&node.metrics);
        let complete = Instant::now();
        let conclusion = match self.work {
            Work::Judge(judged) => {
                let whose = (&self.recipients, self.hosted.as_deref());
                judged.conclude(&self.snapshot, whose, &node.metrics).await
            }
            Work::Own(own) => own.conclude(&node.metrics).await,
        };
        let Conclusion { verdict, level, outcome } = conclusion;
        let decided = complete.elapsed();
        node.metrics.decision.add(decided);
        if let (Some(verdicts), Outcome::Judged(part)) = (&node.verdicts, &outcome) {
            verdicts.put(verdicts::record(verdicts::Concluded {
                judged: &part.judged,
                decision: part.decision,
                mail_from: self.sender.mail_from(),
                queue_id: queue_id_text(queue_id),
                at: self.at,
            }));
        }
        if node.log.writes(level) {
            let queue_id = queue_id_text(queue_id);
            let taken = self.begun.elapsed();
            node.log.event(level, &MessageEvent { queue_id, sender: self.sender, outcome, decided, taken });
        }
        verdict
    }
}

/// A queue id as it may stand in a log line.
fn queue_id_text(queue_id: &[u8]) -> String {
    let is_plain = |octet: &&u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
    queue_id.iter().filter(is_plain).take(MAX_QUEUE_ID).map(|octet| char::from(*octet)).collect()
}

/// Postfix's have 17 characters at most, Sendmail's 20.
const MAX_QUEUE_ID: usize = 64;
