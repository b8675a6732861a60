use std::fmt::Display;
use std::sync::atomic::Ordering;

use postseal_core::message::{HeaderSection, MailFrom};
use postseal_core::verdict::{Form, Verdict};
use postseal_milter::{Answer, EditError, Edits};

use super::limits::limits_met;
use super::message::{Beginning, Conclusion};
use super::message_event::{JudgedPart, Outcome};
use super::metrics::Metrics;
use super::snapshot::Snapshot;
use crate::config::{LogLevel, QuarantineBy};
use crate::inbound::{
    self, Action, Case, DISPOSITION_FIELD, Decision, Ground, Judged, Judgement, WhoseClient, decide,
    exception, remove_forged,
};
use crate::keys::HostedSnapshot;
use crate::signing::{NotSealed, Recipients, Sealing};

/// A message from outside: judged, and what follows from it done.
pub(super) struct JudgedMessage {
    judgement: Judgement,
    sealing: Option<Sealing>,
    can_quarantine: bool,
    now: u64,
}

impl JudgedMessage {
    pub(super) fn begin(
        snapshot: &Snapshot,
        whose: WhoseClient,
        mail_from: MailFrom,
        beginning: &Beginning<'_>,
        now: u64,
    ) -> JudgedMessage {
        let options = snapshot.options(beginning.fields);
        let times = &snapshot.settings.resolver;
        let envelope = inbound::Beginning { whose, helo: beginning.helo, mail_from, now };
        JudgedMessage {
            judgement: Judgement::begin(envelope, options, &snapshot.answers, times),
            sealing: None,
            can_quarantine: beginning.can_quarantine,
            now,
        }
    }

    pub(super) fn header_section(&mut self, snapshot: &Snapshot, section: HeaderSection) {
        let settings = &snapshot.settings;
        self.judgement.header_section(section, &settings.receive.trusted_relays, &settings.resolver);
        if let Some(seal) = &settings.seal {
            self.judgement.hash_for_seal();
            self.sealing = Some(Sealing::begin(seal, &snapshot.keys));
        }
    }

    pub(super) fn body(&mut self, octets: &[u8]) {
        self.judgement.body(octets);
    }

    pub(super) async fn conclude(
        self,
        snapshot: &Snapshot,
        (recipients, hosted): (&Recipients, Option<&HostedSnapshot>),
        metrics: &Metrics,
    ) -> Conclusion {
        let settings = &snapshot.settings;
        let judged = match self.judgement.finish(&settings.resolver).await {
            Ok(judged) => judged,
            Err(fault) => return fault_conclusion(&fault, metrics),
        };
        let verdict = &judged.verdict;
        let exception = || {
            let sealers = snapshot.receiver.sealers_for(recipients, hosted);
            exception(verdict, judged.client, self.now, &snapshot.receive, &sealers)
        };
        let decision = decide(&Case::of(&verdict.dmarc), &snapshot.receive, exception);
        let contact = settings.receive.contact.as_deref();
        let (answer, seal) = match decision.action {
            Action::Reject => (Ok(answer(inbound::refused(decision.ground, verdict, contact))), None),
            Action::Defer => (Ok(answer(inbound::deferred(verdict, contact))), None),
            Action::Deliver | Action::Tag | Action::Quarantine => {
                let results =
                    format!(" {}", verdict.authentication_results(&settings.authserv_id, Form::Folded));
                let seal = match self.sealing {
                    Some(sealing) => Some(
                        sealing.finish(verdict, &settings.authserv_id, results.as_bytes(), self.now).await,
                    ),
                    None => None,
                };
                let delivery = Delivery { snapshot, verdict, decision, can_quarantine: self.can_quarantine };
                let sealed = seal.as_ref().and_then(|seal| seal.as_deref().ok());
                (delivery.edits(&results, sealed, metrics).map(Into::into), seal)
            }
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return fault_conclusion(&error, metrics),
        };
        count(&judged, decision, seal.as_ref(), metrics);
        let level = match &seal {
            Some(Err(NotSealed::Key(_))) => LogLevel::Error,
            _ => LogLevel::Info,
        };
        let part = JudgedPart { judged, decision, seal: seal.map(|seal| seal.map(|_| ())) };
        Conclusion { verdict: answer, level, outcome: Outcome::Judged(Box::new(part)) }
    }
}

/// A message that goes on.
struct Delivery<'m> {
    snapshot: &'m Snapshot,
    verdict: &'m Verdict,
    decision: Decision,
    can_quarantine: bool,
}

impl Delivery<'_> {
    /// What is changed: forged fields removed, our results on top, a seal above them.
    fn edits(&self, results: &str, seal: Option<&str>, metrics: &Metrics) -> Result<Edits, EditError> {
        let settings = &self.snapshot.settings;
        let mut edits = Edits::new();
        let forged = remove_forged(&self.verdict.section, &settings.authserv_id, &mut edits);
        metrics.forged_fields.fetch_add(forged as u64, Ordering::Relaxed);
        match self.decision.action {
            Action::Tag => edits.insert_field(0, DISPOSITION_FIELD, b" tag")?,
            Action::Quarantine if self.holds() => edits.quarantine(&self.reason())?,
            Action::Quarantine => edits.insert_field(0, DISPOSITION_FIELD, b" quarantine")?,
            Action::Deliver | Action::Defer | Action::Reject => {}
        }
        // RFC 8601 §4: "it MUST be added above any other" that the ADMD has.
        edits.insert_field(0, "Authentication-Results", results.as_bytes())?;
        insert_on_top(seal.unwrap_or_default(), &mut edits)?;
        Ok(edits)
    }

    /// An MTA that cannot hold messages still must not let one pass unmarked.
    fn holds(&self) -> bool {
        self.can_quarantine && self.snapshot.receive.quarantine_by == QuarantineBy::Hold
    }

    fn reason(&self) -> String {
        let author = self.verdict.dmarc.author_domain.as_ref();
        match (self.decision.ground, author) {
            (Ground::Policy(policy), Some(author)) => format!("{author}: dmarc=fail, p={policy}"),
            _ => "no From address whose domain can be authenticated".to_owned(),
        }
    }
}

/// Inserts fields, as they stand, so that they are topmost and keep their order.
pub(super) fn insert_on_top(fields: &str, edits: &mut Edits) -> Result<(), EditError> {
    let section = HeaderSection::parse(fields.as_bytes().to_vec());
    for field in section.fields().rev() {
        let name = std::str::from_utf8(field.name()).map_err(|_| EditError::FieldName)?;
        edits.insert_field(0, name, field.body())?;
    }
    Ok(())
}

pub(super) fn answer(answer: Answer) -> postseal_milter::Verdict {
    postseal_milter::Verdict::new(answer)
}

/// A fault of the program's: this one message is deferred.
pub(super) fn fault_conclusion(fault: &dyn Display, metrics: &Metrics) -> Conclusion {
    metrics.actions.count("error");
    Conclusion {
        verdict: answer(Answer::Tempfail),
        level: LogLevel::Error,
        outcome: Outcome::Fault(fault.to_string()),
    }
}

fn count(judged: &Judged, decision: Decision, seal: Option<&Result<String, NotSealed>>, metrics: &Metrics) {
    metrics.judged(&judged.verdict);
    metrics.actions.count(decision.action.as_str());
    if let Ground::Excepted(exception) = decision.ground {
        metrics.exceptions.count(exception.as_str());
    }
    for limit in limits_met(judged) {
        metrics.limits.count(limit);
    }
    if matches!(seal, Some(Ok(_))) {
        metrics.seals.fetch_add(1, Ordering::Relaxed);
    }
}
