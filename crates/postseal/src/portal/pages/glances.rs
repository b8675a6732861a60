use std::time::{Duration, Instant};

use postseal_core::advice::{Cause, CheckReport, CheckRequest, Finding, Severity, SpfState};
use postseal_core::dmarc::Policy;
use postseal_core::dns::{DomainName, RecordType};
use quick_cache::sync::Cache;

use crate::api::resource::DomainSigning;
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::page::Mark;
use crate::words::{Lang, finding_words, say};

/// What was last seen of domains' SPF and DMARC, for a minute.
pub(in crate::portal) struct Glances(Cache<DomainName, (Instant, Glance)>);

/// SPF and DMARC of a domain in a word each.
#[derive(Clone, Debug)]
pub(super) struct Glance {
    spf: Part,
    dmarc: Part,
    policy: Option<Policy>,
}

#[derive(Clone, Debug)]
struct Part {
    found: Found,
    mark: Mark,
    worst: Option<Finding>,
}

/// What a look at the DNS came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    There,
    Absent,
    /// The DNS did not answer.
    NotKnown,
}

/// A cell of the overview.
pub(super) struct Cell {
    pub(super) mark: Mark,
    pub(super) text: String,
}

/// How a domain stands by how it signs: the seal is for what signs with a key that the world sees.
pub(super) fn signing_mark(signing: &DomainSigning) -> Mark {
    match signing.flyout.as_str() {
        "NoKeys" => Mark::Off,
        _ if signing.enabled && signing.status == "Valid" => Mark::Sealed,
        _ => Mark::Attention,
    }
}

impl Default for Glances {
    fn default() -> Glances {
        Glances(Cache::new(MAX_GLANCES))
    }
}

impl Glances {
    /// What is known, or is looked at now.
    pub(super) async fn look(&self, asked: &Asked, domain: &DomainName) -> Result<Glance, Failure> {
        if let Some((_, glance)) = self.0.get(domain).filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(glance);
        }
        let request = CheckRequest::new(domain.clone());
        let report = asked.service()?.check(request, None).await.map_err(|error| asked.faulty(error))?;
        let glance = Glance::of(&report);
        self.0.insert(domain.clone(), (Instant::now(), glance.clone()));
        Ok(glance)
    }
}

impl Glance {
    fn of(report: &CheckReport) -> Glance {
        let spf = match report.spf.state {
            SpfState::Found => Found::There,
            SpfState::Failed(_) => Found::NotKnown,
            _ => Found::Absent,
        };
        let at = report.domain.with_prefix("_dmarc").ok();
        let is_failure = |finding: &Finding| {
            finding.name == at
                && matches!(finding.cause, Cause::DnsError { record_type: RecordType::Txt, .. })
        };
        let dmarc = match report.dmarc.policy {
            Some(_) => Found::There,
            None if report.findings.iter().any(is_failure) => Found::NotKnown,
            None => Found::Absent,
        };
        Glance {
            spf: Part::of(report, "spf.", spf),
            dmarc: Part::of(report, "dmarc.", dmarc),
            policy: report.dmarc.policy,
        }
    }

    pub(super) fn spf(&self, lang: Lang) -> Cell {
        self.spf.cell(lang.pick("Registered", "登録済み"), lang)
    }

    /// Whether the DNS has answered, so that nothing to do means it.
    pub(super) fn is_known(&self) -> bool {
        self.spf.found != Found::NotKnown && self.dmarc.found != Found::NotKnown
    }

    /// Whether SPF must be seen to before anything else.
    pub(super) fn spf_is_bad(&self) -> bool {
        self.spf.mark == Mark::Bad
    }

    pub(super) fn dmarc_is_bad(&self) -> bool {
        self.dmarc.mark == Mark::Bad
    }

    pub(super) fn dmarc(&self, lang: Lang) -> Cell {
        let policy = self.policy.map_or("none", |policy| policy.as_str());
        self.dmarc.cell(&say!(lang, "Policy: {policy}", "ポリシー: {policy}"), lang)
    }
}

impl Part {
    fn of(report: &CheckReport, group: &str, found: Found) -> Part {
        let worst = report.findings.iter().filter(|finding| finding.id().as_str().starts_with(group));
        let worst = worst.min_by_key(|finding| finding.severity()).cloned();
        let mark = match worst.as_ref().map(Finding::severity) {
            Some(Severity::Error) => Mark::Bad,
            Some(Severity::Warning) => Mark::Attention,
            Some(Severity::Info) | None => match found {
                Found::There => Mark::Good,
                Found::Absent => Mark::Bad,
                Found::NotKnown => Mark::Attention,
            },
        };
        Part { found, mark, worst }
    }

    fn cell(&self, good: &str, lang: Lang) -> Cell {
        let text = match (&self.worst, self.mark, self.found) {
            (Some(finding), Mark::Bad | Mark::Attention, Found::There | Found::Absent)
                if finding.severity() != Severity::Info =>
            {
                finding_words(&finding.cause, lang).message
            }
            (.., Found::There) => good.to_owned(),
            (.., Found::Absent) => lang.pick("Not registered", "未登録").to_owned(),
            (.., Found::NotKnown) => lang.pick("The DNS did not answer", "DNS の応答がありません").to_owned(),
        };
        Cell { mark: self.mark, text }
    }
}

const MAX_GLANCES: usize = 10_000;

const FRESH: Duration = Duration::from_secs(60);
