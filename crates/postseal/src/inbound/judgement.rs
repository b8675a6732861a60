use std::net::IpAddr;
use std::sync::Arc;

use postseal_core::dns::{Answer, Answers, Failure, Outcome};
use postseal_core::message::{
    Envelope, HeaderSection, HeloIdentity, HopUnknown, MailFrom, first_untrusted_hop,
};
use postseal_core::verdict::{Authentication, Options, Verdict};
use postseal_dns::ask::{AnswerCache, AskingBeside, Stalled};

use super::course::WhoseClient;
use crate::config::{Network, ResolverSettings};
use crate::signing::Sealing;

/// The judging of one message while it arrives: SPF is asked from MAIL FROM on, keys and policy
/// from the end of the header section on, and what is left at the end.
pub(crate) struct Judgement {
    authentication: Authentication<Arc<Options>>,
    asking: AskingBeside<AnswerCache>,
    options: Arc<Options>,
    envelope: Envelope,
    whose: WhoseClient,
    /// Why the client of a trusted relay is not known.
    hop_unknown: Option<HopUnknown>,
    now: u64,
}

/// A message that has been judged.
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    /// The client that it was judged for; `None` where that is not known.
    pub(crate) client: Option<IpAddr>,
    /// It came through a trusted relay.
    pub(crate) is_behind_relay: bool,
    pub(crate) hop_unknown: Option<HopUnknown>,
    /// Which limits of asking it met.
    pub(crate) limits: AskingLimits,
}

/// Limits of asking that a message can meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AskingLimits {
    /// 150 queries.
    pub(crate) queries: bool,
    /// 32 rounds.
    pub(crate) rounds: bool,
    /// The time for SPF, or for the message.
    pub(crate) time: bool,
    /// 8 CNAMEs in a row.
    pub(crate) aliases: bool,
}

/// What a message says of itself before its header section.
pub(crate) struct Beginning<'m> {
    pub(crate) whose: WhoseClient,
    pub(crate) helo: &'m str,
    pub(crate) mail_from: MailFrom,
    /// Seconds since 1970.
    pub(crate) now: u64,
}

impl Judgement {
    /// Begins with the envelope; SPF is asked at once where the client is known.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub(crate) fn begin(
        beginning: Beginning<'_>,
        options: &Arc<Options>,
        answers: &Arc<AnswerCache>,
        times: &ResolverSettings,
    ) -> Judgement {
        let Beginning { whose, helo, mail_from, now } = beginning;
        let client = match whose {
            WhoseClient::Connected(client) => client,
            // Not looked at before it is known.
            WhoseClient::Relays | WhoseClient::Unknown => IpAddr::from([0, 0, 0, 0]),
        };
        let envelope = Envelope { client, helo: HeloIdentity::new(helo), mail_from };
        let mut judgement = Judgement {
            authentication: Authentication::new(envelope.clone(), Arc::clone(options), now),
            asking: AskingBeside::new(Arc::clone(answers)),
            options: Arc::clone(options),
            envelope,
            whose,
            hop_unknown: None,
            now,
        };
        match whose {
            WhoseClient::Connected(_) => judgement.ask_for_client(times),
            WhoseClient::Unknown => judgement.authentication.client_is_unknown(),
            WhoseClient::Relays => {}
        }
        judgement
    }

    /// Takes the header section: keys and policy are asked from here on; SPF as well, where
    /// the client had to be found in it.
    pub(crate) fn header_section(
        &mut self,
        section: HeaderSection,
        trusted_relays: &[Network],
        times: &ResolverSettings,
    ) {
        if self.whose == WhoseClient::Relays {
            self.find_client(&section, trusted_relays, times);
        }
        self.authentication.header_section(section);
        let authentication = &self.authentication;
        self.asking.ask(times.message_time, |answers| authentication.ask_ahead(answers));
    }

    /// Has the body hashed for a seal too. After the header section and before the body.
    pub(crate) fn hash_for_seal(&mut self) {
        self.authentication.hash_body(Sealing::BODY_FORM);
    }

    /// Takes the next octets of the body.
    pub(crate) fn body(&mut self, chunk: &[u8]) {
        self.authentication.body(chunk);
    }

    /// Waits for what has been asked, asks what is left, and decides: at most for the time that
    /// a message has.
    ///
    /// # Errors
    /// [`Stalled`] is a fault of the program.
    pub(crate) async fn finish(self, times: &ResolverSettings) -> Result<Judged, Stalled> {
        let Judgement { mut authentication, asking, .. } = self;
        authentication.end_of_message();
        let ((), answers) =
            asking.finish(times.message_time, |answers| authentication.evaluate(answers)).await?;
        let client = match self.whose {
            WhoseClient::Unknown => None,
            WhoseClient::Relays if self.hop_unknown.is_some() => None,
            WhoseClient::Connected(_) | WhoseClient::Relays => Some(self.envelope.client),
        };
        Ok(Judged {
            verdict: authentication.into_verdict().ok_or(Stalled)?,
            client,
            is_behind_relay: self.whose == WhoseClient::Relays,
            hop_unknown: self.hop_unknown,
            limits: AskingLimits::of(&answers),
        })
    }

    /// The client that the first host outside our own is, for which SPF is asked only now.
    fn find_client(&mut self, section: &HeaderSection, relays: &[Network], times: &ResolverSettings) {
        match first_untrusted_hop(section, |client| relays.iter().any(|relay| relay.contains(client))) {
            Ok(hop) => {
                self.envelope.client = hop.client;
                self.envelope.helo = HeloIdentity::new(&hop.helo);
                self.authentication =
                    Authentication::new(self.envelope.clone(), Arc::clone(&self.options), self.now);
                self.ask_for_client(times);
            }
            Err(unknown) => {
                self.hop_unknown = Some(unknown);
                self.authentication.client_is_unknown();
            }
        }
    }

    fn ask_for_client(&mut self, times: &ResolverSettings) {
        // Only where something is missing must the evaluation outlive this call. What the task
        // learns is in the answers, where ours finds it.
        let authentication = &mut self.authentication;
        if self.asking.look(|answers| authentication.check_client(answers)) {
            return;
        }
        let mut beside = Authentication::new(self.envelope.clone(), Arc::clone(&self.options), self.now);
        self.asking.begin(times.spf_time, move |answers| beside.check_client(answers));
    }
}

impl AskingLimits {
    fn of(answers: &Answers<'_>) -> AskingLimits {
        let failed = |failure: Failure| {
            let is_it = |answer: &Answer| answer.outcome == Outcome::Failure(failure);
            answers.trace().iter().any(|answer| is_it(answer))
        };
        AskingLimits {
            queries: answers.limit_reached(),
            rounds: failed(Failure::RoundLimit),
            time: failed(Failure::TimeLimit),
            aliases: failed(Failure::TooManyAliases),
        }
    }
}
