use std::sync::atomic::Ordering;

use postseal_core::dns::DomainName;
use postseal_core::message::{AuthorDomainError, HeaderSection};
use postseal_milter::{Answer, EditError, Edits, ReplyCode};

use super::judged_message::{answer, fault_conclusion, insert_on_top};
use super::message::Conclusion;
use super::message_event::{Outcome, OwnPart};
use super::metrics::Metrics;
use super::snapshot::Snapshot;
use crate::config::LogLevel;
use crate::inbound::{Inside, remove_forged};
use crate::keys::HostedSnapshot;
use crate::signing::{Fields, Grant, NotSigned, Outgoing, Recipients, Right, Signed, SigningTrouble};

/// A message from inside: not judged, and signed where a grant says so.
pub(super) struct OwnMessage {
    because: Inside,
    grant: Grant,
    fields: Fields,
    now: u64,
    state: State,
    /// Forged fields go, whatever becomes of it.
    edits: Edits,
}

enum State {
    /// Its header section has not come yet.
    Arriving,
    Signing(Outgoing),
    NotSigned(NotSigned),
    Refused(DomainName),
    Ambiguous(AuthorDomainError),
    Trouble(SigningTrouble),
}

impl OwnMessage {
    pub(super) fn begin(because: Inside, grant: Grant, fields: Fields, now: u64) -> OwnMessage {
        OwnMessage { because, grant, fields, now, state: State::Arriving, edits: Edits::new() }
    }

    pub(super) fn header_section(
        &mut self,
        snapshot: &Snapshot,
        hosted: Option<&HostedSnapshot>,
        section: &HeaderSection,
        recipients: &Recipients,
        metrics: &Metrics,
    ) {
        // RFC 8601 §5: a listed client is a host of ours, whose results may be ours. A user's are not.
        if self.because != Inside::Listed {
            let forged = remove_forged(section, &snapshot.settings.authserv_id, &mut self.edits);
            metrics.forged_fields.fetch_add(forged as u64, Ordering::Relaxed);
        }
        self.state = match self.grant.right(&snapshot.settings.sign, hosted, section) {
            Right::Unsigned(why) => State::NotSigned(why),
            Right::Refuse(author) => State::Refused(author),
            Right::Ambiguous(error) => State::Ambiguous(error),
            Right::Wait(trouble) => State::Trouble(trouble),
            Right::Sign(domain) => {
                Outgoing::begin(domain, section, recipients, self.fields, &snapshot.keys, self.now)
                    .map_or_else(State::Trouble, State::Signing)
            }
        };
    }

    pub(super) fn wants_body(&self) -> bool {
        matches!(self.state, State::Signing(_))
    }

    pub(super) fn body(&mut self, octets: &[u8]) {
        if let State::Signing(outgoing) = &mut self.state {
            outgoing.body(octets);
        }
    }

    pub(super) async fn conclude(self, metrics: &Metrics) -> Conclusion {
        let OwnMessage { because, state, mut edits, .. } = self;
        let (answer, part) = match state {
            State::Signing(outgoing) => match outgoing.finish().await {
                Ok(signed) => match insert_signatures(&signed, &mut edits) {
                    Ok(()) => (edits.into(), OwnPart::Signed(signed)),
                    Err(error) => return fault_conclusion(&error, metrics),
                },
                Err(trouble) => (answer(refusal_of(&trouble)), OwnPart::Trouble(trouble)),
            },
            State::Trouble(trouble) => (answer(refusal_of(&trouble)), OwnPart::Trouble(trouble)),
            State::Refused(author) => {
                let text = format!("You may not send mail as {author}");
                (answer(reply(550, "5.7.1", &text)), OwnPart::Refused(author))
            }
            State::Ambiguous(error) => {
                let text = format!("The message cannot be signed: {error}");
                (answer(reply(550, "5.6.0", &text)), OwnPart::Ambiguous(error))
            }
            State::NotSigned(why) => (edits.into(), OwnPart::NotSigned(why)),
            State::Arriving => return fault_conclusion(&"no header section", metrics),
        };
        count(&part, metrics);
        let level = match &part {
            OwnPart::Trouble(_) => LogLevel::Error,
            _ => LogLevel::Info,
        };
        Conclusion { verdict: answer, level, outcome: Outcome::Own(because, Box::new(part)) }
    }
}

/// The first key's signature on top.
fn insert_signatures(signed: &Signed, edits: &mut Edits) -> Result<(), EditError> {
    signed.fields.iter().rev().try_for_each(|(_, field)| insert_on_top(field, edits))
}

/// Mail that must be signed is never sent unsigned.
fn refusal_of(trouble: &SigningTrouble) -> Answer {
    match trouble {
        // RFC 3463 §3.8, X.7.5: "unable to do so because necessary information such as key was
        // not available".
        SigningTrouble::Key { domain, .. }
        | SigningTrouble::NoKeyOnRoute { domain }
        | SigningTrouble::UnseenKey { domain }
        | SigningTrouble::NotKnown { domain } => {
            let text = format!("The message cannot be signed for {domain} at the moment; try again later");
            reply(451, "4.7.5", &text)
        }
        SigningTrouble::Message { .. } => reply(550, "5.6.0", &trouble.to_string()),
    }
}

fn reply(code: u16, enhanced: &str, text: &str) -> Answer {
    let otherwise = if code < 500 { Answer::Tempfail } else { Answer::Reject };
    ReplyCode::new(code, enhanced, text).map_or(otherwise, Answer::Refuse)
}

fn count(part: &OwnPart, metrics: &Metrics) {
    let (action, outcome) = match part {
        OwnPart::Signed(signed) => {
            for (is_so, word) in
                [(signed.fragile.long_line, "long_line"), (signed.fragile.eight_bit, "eight_bit")]
            {
                metrics.fragile.add(word, u64::from(is_so));
            }
            metrics.unseen_keys.fetch_add(u64::from(signed.alarm), Ordering::Relaxed);
            ("own", "signed")
        }
        OwnPart::NotSigned(NotSigned::ForeignAuthor(_)) => ("own", "foreign_author"),
        OwnPart::NotSigned(_) => ("own", "unsigned"),
        OwnPart::Refused(_) | OwnPart::Ambiguous(_) => ("reject", "refused"),
        OwnPart::Trouble(SigningTrouble::Message { .. }) => ("reject", "refused"),
        OwnPart::Trouble(_) => ("defer", "key_trouble"),
    };
    metrics.actions.count(action);
    metrics.signing.count(outcome);
}
