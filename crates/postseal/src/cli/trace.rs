use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use postseal_core::dns::{
    Answer, AnswerSource, DomainName, Failure, Outcome, Question, RecordData, RecordType, Records, Zone,
};
use postseal_dns::master_file::{read_data, write_data};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::problem::Problem;
use crate::words::{Lang, say};

/// Octets that a trace file may have: 150 answers of 64 kB each are fewer.
const MAX_TRACE_FILE: u64 = 64_000_000;

/// What a verdict was made from, besides the message: enough to make it again.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Trace {
    pub(super) now: u64,
    pub(super) ip: IpAddr,
    pub(super) helo: String,
    pub(super) mail_from: String,
    pub(super) authserv_id: String,
    pub(super) trusted_sealers: Vec<String>,
    pub(super) allow_unsigned_body: bool,
    /// In the order of their first use.
    pub(super) questions: Vec<TracedQuestion>,
}

/// One question and its answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TracedQuestion {
    pub(super) name: String,
    pub(super) r#type: String,
    /// `records`, `no data`, `NXDOMAIN`, or the name of a failure.
    pub(super) answer: String,
    /// Seconds.
    pub(super) ttl: u32,
    /// The data of each record as in a zone file.
    pub(super) data: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
}

const RECORDS: &str = "records";
const NO_DATA: &str = "no data";
const NX_DOMAIN: &str = "NXDOMAIN";

impl TracedQuestion {
    pub(super) fn new(answer: &Answer, note: Option<String>) -> TracedQuestion {
        let (word, data) = match &answer.outcome {
            Outcome::Records(records) => (RECORDS, data_of(records)),
            Outcome::NoData => (NO_DATA, Vec::new()),
            Outcome::NxDomain => (NX_DOMAIN, Vec::new()),
            Outcome::Failure(failure) => (failure.as_str(), Vec::new()),
        };
        TracedQuestion {
            name: answer.question.name.to_string(),
            r#type: answer.question.record_type.to_string(),
            answer: word.to_owned(),
            ttl: answer.ttl,
            data: data.iter().map(write_data).collect(),
            note,
        }
    }

    fn answer(&self) -> Result<Answer, String> {
        let name = DomainName::from_expansion(&self.name).map_err(|e| format!("{:?}: {e}", self.name))?;
        let record_type: RecordType = self.r#type.parse().map_err(|e| format!("{e}"))?;
        let question = Question::new(name.clone(), record_type);
        let failure = || Failure::ALL.into_iter().find(|f| f.as_str() == self.answer).map(Outcome::Failure);
        let outcome = match self.answer.as_str() {
            NO_DATA => Outcome::NoData,
            NX_DOMAIN => Outcome::NxDomain,
            RECORDS => {
                let mut zone = Zone::new();
                for text in &self.data {
                    let data = read_data(record_type, text).map_err(|e| format!("{question}: {e}"))?;
                    zone.add(&name, self.ttl, data);
                }
                zone.answer(&name, record_type).outcome
            }
            word => failure().ok_or_else(|| format!("{question}: {word:?} is no answer"))?,
        };
        Ok(Answer::new(question, outcome, self.ttl))
    }
}

fn data_of(records: &Records) -> Vec<RecordData> {
    match records {
        Records::A(all) => all.iter().map(|a| RecordData::A(*a)).collect(),
        Records::Aaaa(all) => all.iter().map(|a| RecordData::Aaaa(*a)).collect(),
        Records::Cname(name) => vec![RecordData::Cname(name.clone())],
        Records::Mx(all) => all.iter().map(|mx| RecordData::Mx(mx.clone())).collect(),
        Records::Ns(all) => all.iter().map(|n| RecordData::Ns(n.clone())).collect(),
        Records::Ptr(all) => all.iter().map(|n| RecordData::Ptr(n.clone())).collect(),
        Records::Soa { primary, serial, minimum } => {
            vec![RecordData::Soa { primary: primary.clone(), serial: *serial, minimum: *minimum }]
        }
        Records::Spf(all) => all.iter().map(|t| RecordData::Spf(t.clone())).collect(),
        Records::Tlsa(all) => all.iter().map(|t| RecordData::Tlsa(t.0, t.1, t.2, t.3.clone())).collect(),
        Records::Txt(all) => all.iter().map(|t| RecordData::Txt(t.clone())).collect(),
    }
}

impl Trace {
    /// Reads the output of `verify --json --trace`, or the trace in it alone.
    pub(super) fn read(path: &Path, lang: Lang) -> Result<Trace, Problem> {
        let shown = path.display();
        let too_large = fs::metadata(path).is_ok_and(|m| m.len() > MAX_TRACE_FILE);
        let read = if too_large { Err(std::io::ErrorKind::FileTooLarge.into()) } else { fs::read(path) };
        let octets = read.map_err(|error| {
            Problem::with_next(
                say!(
                    lang,
                    "the trace {shown} cannot be read: {error}",
                    "記録 {shown} を読み取れません: {error}"
                ),
                how_to_make_one(lang),
            )
        })?;
        let value: Result<Value, _> = serde_json::from_slice(&octets);
        let trace = value.and_then(|mut value| {
            let inner = value.get_mut("trace").map(Value::take);
            serde_json::from_value(inner.unwrap_or(value))
        });
        trace.map_err(|error| {
            Problem::with_next(
                say!(lang, "{shown} is no trace: {error}", "{shown} は記録ではありません: {error}"),
                how_to_make_one(lang),
            )
        })
    }

    /// Its answers.
    pub(super) fn answers(&self, lang: Lang) -> Result<RecordedAnswers, Problem> {
        let mut answers = BTreeMap::new();
        for question in &self.questions {
            let answer = question.answer().map_err(|why| {
                Problem::new(say!(lang, "the trace cannot be used: {why}", "記録を使えません: {why}"))
            })?;
            answers.insert(answer.question.clone(), Arc::new(answer));
        }
        Ok(RecordedAnswers(answers))
    }
}

fn how_to_make_one(lang: Lang) -> String {
    say!(
        lang,
        "Make one with: postseal verify message.eml … --json --trace > trace.json",
        "次のように作ります: postseal verify message.eml … --json --trace > trace.json"
    )
}

/// The answers of a trace. What is not among them is a failure.
pub(super) struct RecordedAnswers(BTreeMap<Question, Arc<Answer>>);

impl AnswerSource for RecordedAnswers {
    fn ready(&self, name: &DomainName, record_type: RecordType) -> Option<Arc<Answer>> {
        let question = Question::new(name.clone(), record_type);
        let recorded = self.0.get(&question).map(Arc::clone);
        Some(
            recorded.unwrap_or_else(|| {
                Arc::new(Answer::new(question, Outcome::Failure(Failure::NotRecorded), 0))
            }),
        )
    }
}
