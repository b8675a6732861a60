use std::time::{Duration, Instant};

use postseal_core::advice::{CheckReport, CheckRequest, Finding, Severity, SpfState};
use postseal_core::dmarc::Policy;
use postseal_core::dns::DomainName;
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
    mark: Mark,
    worst: Option<Finding>,
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
        let absent = !matches!(report.spf.state, SpfState::Found);
        Glance {
            spf: Part::of(report, "spf.", absent),
            dmarc: Part::of(report, "dmarc.", report.dmarc.policy.is_none()),
            policy: report.dmarc.policy,
        }
    }

    pub(super) fn spf(&self, lang: Lang) -> Cell {
        let text = match self.spf.mark {
            Mark::Good => lang.pick("Registered", "登録済み"),
            _ => lang.pick("Not registered", "未登録"),
        };
        self.spf.cell(text, lang)
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
    fn of(report: &CheckReport, group: &str, absent: bool) -> Part {
        let worst = report.findings.iter().filter(|finding| finding.id().as_str().starts_with(group));
        let worst = worst.min_by_key(|finding| finding.severity()).cloned();
        let mark = match worst.as_ref().map(Finding::severity) {
            Some(Severity::Error) => Mark::Bad,
            Some(Severity::Warning) => Mark::Attention,
            _ if absent => Mark::Bad,
            Some(Severity::Info) | None => Mark::Good,
        };
        Part { mark, worst }
    }

    fn cell(&self, good: &str, lang: Lang) -> Cell {
        let text = match (&self.worst, self.mark) {
            (_, Mark::Good) | (None, _) => good.to_owned(),
            (Some(finding), _) => finding_words(&finding.cause, lang).message,
        };
        Cell { mark: self.mark, text }
    }
}

const MAX_GLANCES: usize = 10_000;

const FRESH: Duration = Duration::from_secs(60);
