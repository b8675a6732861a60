use postseal_core::advice::{
    CheckReport, DkimKey, DnssecState, Finding, Fix, MtaSts, MtaStsPolicyState, SpfNode, SpfTerm, lossy,
};
use serde::Serialize;

use super::Checked;
use crate::cli::problem::Problem;
use crate::predictions::ReceiverText;
use crate::words::Lang;
use crate::words::finding_words;

/// One domain's object.
pub(super) fn write(checked: &Checked, lang: Lang) -> Result<String, Problem> {
    serde_json::to_string_pretty(&ReportJson::new(checked, lang)).map_err(|e| Problem::new(e.to_string()))
}

#[derive(Serialize)]
struct ReportJson {
    domain: String,
    findings: Vec<FindingJson>,
    receivers: Vec<ReceiverText>,
    spf: SpfJson,
    dkim: Vec<DkimJson>,
    dmarc: DmarcJson,
    mta_sts: MtaStsJson,
    /// Null where the resolver does not say.
    dnssec: Option<&'static str>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct FindingJson {
    id: &'static str,
    severity: &'static str,
    name: Option<String>,
    record: Option<String>,
    span: Option<[usize; 2]>,
    message: String,
    effect: String,
    fix: Option<FixJson>,
    source: &'static str,
}

#[derive(Serialize)]
struct FixJson {
    r#type: &'static str,
    name: String,
    value: String,
    ttl: u32,
}

#[derive(Serialize)]
struct SpfJson {
    record: Option<String>,
    lookups: u32,
    void_lookups: u32,
    /// Null where there is no record.
    tree: Option<NodeJson>,
}

#[derive(Serialize)]
struct NodeJson {
    domain: String,
    record: Option<String>,
    terms: Vec<TermJson>,
}

#[derive(Serialize)]
struct TermJson {
    term: String,
    /// Terms that cost a look-up, from the beginning to the end of this one.
    lookups: u32,
    void: bool,
    tree: Option<NodeJson>,
}

#[derive(Serialize)]
struct DkimJson {
    selector: String,
    cname: Option<String>,
    algorithm: Option<&'static str>,
    bits: Option<u32>,
    state: &'static str,
}

#[derive(Serialize)]
struct DmarcJson {
    record: Option<String>,
    policy_domain: Option<String>,
    policy: Option<&'static str>,
    found_by: Option<&'static str>,
}

#[derive(Serialize)]
struct MtaStsJson {
    record: Option<String>,
    /// Null where no record announces a policy.
    policy: Option<&'static str>,
    mode: Option<&'static str>,
    max_age: Option<u32>,
    mx: Vec<String>,
}

impl ReportJson {
    fn new(checked: &Checked, lang: Lang) -> ReportJson {
        let CheckReport { domain, findings, spf, dkim, dmarc, exchanges: _, mta_sts, dnssec } =
            &checked.report;
        ReportJson {
            domain: domain.to_string(),
            findings: findings.iter().map(|finding| FindingJson::new(finding, lang)).collect(),
            receivers: checked.receivers.clone(),
            spf: SpfJson {
                record: spf.text().map(|text| lossy(&text.octets)),
                lookups: spf.lookups(),
                void_lookups: spf.void_lookups(),
                tree: spf.text().map(|_| NodeJson::new(spf)),
            },
            dkim: dkim.iter().map(DkimJson::new).collect(),
            dmarc: DmarcJson {
                record: dmarc.record.clone(),
                policy_domain: dmarc.policy_domain.as_ref().map(ToString::to_string),
                policy: dmarc.policy.map(|policy| policy.as_str()),
                found_by: dmarc.found_by,
            },
            mta_sts: MtaStsJson::new(mta_sts),
            dnssec: dnssec.map(DnssecState::as_str),
            notes: checked.notes.clone(),
        }
    }
}

impl FindingJson {
    fn new(finding: &Finding, lang: Lang) -> FindingJson {
        let words = finding_words(&finding.cause, lang);
        FindingJson {
            id: finding.id().as_str(),
            severity: finding.severity().as_str(),
            name: finding.name.as_ref().map(ToString::to_string),
            record: finding.record.as_deref().map(lossy),
            span: finding.span.as_ref().map(|span| [span.start, span.end]),
            message: words.message,
            effect: words.effect,
            fix: finding.fix.as_ref().map(FixJson::new),
            source: finding.id().source(),
        }
    }
}

impl FixJson {
    fn new(fix: &Fix) -> FixJson {
        FixJson {
            r#type: fix.record_type.as_str(),
            name: fix.name.to_string(),
            value: fix.value.clone(),
            ttl: fix.ttl,
        }
    }
}

impl NodeJson {
    fn new(node: &SpfNode) -> NodeJson {
        NodeJson {
            domain: node.domain.to_string(),
            record: node.text().map(|text| lossy(&text.octets)),
            terms: node.terms.iter().map(TermJson::new).collect(),
        }
    }
}

impl TermJson {
    fn new(term: &SpfTerm) -> TermJson {
        TermJson {
            term: term.text.clone(),
            lookups: term.lookups,
            void: term.is_void(),
            tree: term.node.as_ref().map(NodeJson::new),
        }
    }
}

impl MtaStsJson {
    fn new(mta_sts: &MtaSts) -> MtaStsJson {
        let policy = match &mta_sts.policy {
            MtaStsPolicyState::Read(policy) => Some(policy),
            _ => None,
        };
        let state = match &mta_sts.policy {
            MtaStsPolicyState::NotAsked => "not-asked",
            MtaStsPolicyState::NotReached(_) => "not-reached",
            MtaStsPolicyState::Unavailable(_) => "unavailable",
            MtaStsPolicyState::Unusable => "unusable",
            MtaStsPolicyState::Read(_) => "read",
        };
        MtaStsJson {
            record: mta_sts.record.clone(),
            policy: mta_sts.record.as_ref().map(|_| state),
            mode: policy.map(|policy| policy.mode.as_str()),
            max_age: policy.map(|policy| policy.max_age),
            mx: policy.map(|policy| policy.mx.iter().map(ToString::to_string).collect()).unwrap_or_default(),
        }
    }
}

impl DkimJson {
    fn new(key: &DkimKey) -> DkimJson {
        DkimJson {
            selector: key.selector.to_string(),
            cname: key.cname.as_ref().map(ToString::to_string),
            algorithm: key.algorithm.map(|algorithm| algorithm.as_str()),
            bits: key.bits,
            state: key.state.as_str(),
        }
    }
}
