use std::sync::Arc;
use std::time::Duration;

use postseal_core::advice::{
    self, CheckReport, CheckRequest, MAX_CHECK_QUERIES, MessageExamination, examine_message,
};
use postseal_core::dns::{
    Answer, Answers, DomainName, Missing, Outcome, Question, RecordType, Records, TxtRecord,
};
use postseal_core::message::HeaderSection;
use postseal_dns::ask::{AnswerCache, Resolver, SourceLook, drive};

use super::{Service, ServiceError};
use crate::at_source::{PolicyFetcher, SourceCheck};

/// A text that is not published yet, to be looked at as if it were.
#[derive(Clone, Debug)]
pub(crate) struct PlannedRecord {
    pub(crate) name: DomainName,
    pub(crate) text: String,
}

impl Service {
    /// Looks at everything in the DNS that decides whether a domain's mail is believed, with fresh
    /// answers; what is planned counts in place of the text records at its name.
    pub(crate) async fn check(
        &self,
        request: CheckRequest,
        planned: Option<PlannedRecord>,
    ) -> Result<CheckReport, ServiceError> {
        self.look_up(MAX_CHECK_QUERIES, planned, move |answers| advice::check(&request, answers)).await
    }

    /// As [`Service::check`], and what the domain's own name servers say, each by itself, DNSSEC, and the MTA-STS
    /// Policy, from public addresses alone. It takes some seconds where one of them is silent.
    pub(crate) async fn check_at_source(&self, request: CheckRequest) -> Result<CheckReport, ServiceError> {
        let mut report = self.check(request, None).await?;
        if let Some(resolver) = self.resolver.servers().next() {
            let look = SourceLook::at(self.looker.authoritative.clone(), resolver);
            let fetcher = PolicyFetcher::new(Arc::clone(&self.resolver));
            SourceCheck::new(look, fetcher).add(&mut report, SOURCE_TIME).await;
        }
        Ok(report)
    }

    /// Finds out what broke the signatures of a message; its keys are looked up.
    pub(crate) async fn examine_message(
        &self,
        section: HeaderSection,
        body: Vec<u8>,
    ) -> Result<MessageExamination, ServiceError> {
        let now = self.now();
        self.look_up(MAX_MESSAGE_QUERIES, None, move |answers| examine_message(&section, &body, now, answers))
            .await
    }

    async fn look_up<T>(
        &self,
        queries: u16,
        planned: Option<PlannedRecord>,
        step: impl FnMut(&mut Answers<'_>) -> Result<T, Missing>,
    ) -> Result<T, ServiceError> {
        let cache =
            Arc::new(AnswerCache::new(Resolver::new(&self.resolver.servers().collect::<Vec<_>>()), CACHE));
        let ready = cache.now();
        let mut answers = Answers::new(&ready).with_limit(queries);
        if let Some(PlannedRecord { name, text }) = planned {
            let strings: Vec<&[u8]> = text.as_bytes().chunks(255).collect();
            let records = Records::Txt(vec![TxtRecord::from_strings(&strings)]);
            let question = Question::new(name, RecordType::Txt);
            answers.give(Arc::new(Answer::new(question, Outcome::Records(records), PLANNED_TTL)));
        }
        let result = drive(&mut answers, &cache, TIME, step).await;
        result.map_err(|_| ServiceError::Fault("a check that asks nothing and does not end"))
    }
}

/// DNS questions for the keys of one message.
const MAX_MESSAGE_QUERIES: u16 = 100;

/// Octets of answers that one check keeps.
const CACHE: u64 = 4 << 20;

/// For one check; a name server that is silent costs four seconds.
const TIME: Duration = Duration::from_secs(20);

/// For what the domain's own name servers say, and for the MTA-STS Policy.
const SOURCE_TIME: Duration = Duration::from_secs(6);

/// Seconds: what is advised.
const PLANNED_TTL: u32 = 3_600;
