use postseal_core::arc::Chain;
use postseal_core::dkim::SignatureResult;
use postseal_core::dmarc;
use postseal_core::dns::DomainName;
use postseal_core::spf;
use postseal_core::verdict::{Form, fields_to_strip};
use serde::Serialize;

use super::trace::Trace;
use super::verify::Judged;
use crate::words::Lang;
use crate::words::{arc_cause, dkim_cause, dmarc_cause, spf_cause};

/// A verdict as JSON. The names are a contract; more may be added.
#[derive(Serialize)]
pub(super) struct VerdictJson<'v> {
    spf: Spf<'v>,
    dkim: Vec<Dkim<'v>>,
    arc: Arc<'v>,
    dmarc: Dmarc<'v>,
    authentication_results: String,
    strip: Vec<usize>,
    notes: &'v [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<&'v Trace>,
}

#[derive(Serialize)]
struct Spf<'v> {
    mail_from: SpfIdentity<'v>,
    helo: SpfIdentity<'v>,
}

#[derive(Serialize)]
struct SpfIdentity<'v> {
    result: &'static str,
    domain: Option<&'v str>,
    cause: Option<String>,
    mechanism: Option<&'v str>,
    explanation: Option<&'v str>,
    lookups: u8,
    void_lookups: u8,
}

#[derive(Serialize)]
struct Dkim<'v> {
    result: &'static str,
    domain: Option<&'v str>,
    selector: Option<&'v str>,
    algorithm: Option<&'static str>,
    reason: Option<String>,
    key_bits: Option<u32>,
    testing: bool,
}

#[derive(Serialize)]
struct Arc<'v> {
    result: &'static str,
    sealers: Vec<&'v str>,
    reason: Option<String>,
    /// The chain passed and the caller trusts every sealer.
    trusted: bool,
}

#[derive(Serialize)]
struct Dmarc<'v> {
    result: &'static str,
    from_domain: Option<&'v str>,
    policy_domain: Option<&'v str>,
    policy: Option<&'static str>,
    disposition: &'static str,
    alignment: Alignment,
    reason: Option<String>,
    organizational_domain: Option<&'v str>,
    testing: bool,
}

#[derive(Serialize)]
struct Alignment {
    spf: bool,
    dkim: bool,
}

impl<'v> VerdictJson<'v> {
    pub(super) fn new(judged: &'v Judged, trace: Option<&'v Trace>, lang: Lang) -> VerdictJson<'v> {
        let Judged { verdict, authserv_id, trusted_sealers, notes } = judged;
        VerdictJson {
            spf: Spf {
                mail_from: SpfIdentity::new(&verdict.mail_from, lang),
                helo: SpfIdentity::new(&verdict.helo, lang),
            },
            dkim: verdict.dkim.iter().map(|signature| Dkim::new(signature, lang)).collect(),
            arc: Arc::new(&verdict.arc, trusted_sealers, lang),
            authentication_results: verdict.authentication_results(authserv_id, Form::Unfolded),
            strip: fields_to_strip(&verdict.section, authserv_id),
            dmarc: Dmarc::new(&verdict.dmarc, lang),
            notes,
            trace,
        }
    }
}

impl<'v> SpfIdentity<'v> {
    fn new(spf: &'v spf::Evaluation, lang: Lang) -> SpfIdentity<'v> {
        SpfIdentity {
            result: spf.result.as_str(),
            domain: spf.domain.as_ref().map(|d| d.as_str()),
            cause: spf.cause.as_ref().map(|cause| spf_cause(cause, lang)),
            mechanism: spf.mechanism(),
            explanation: spf.explanation.as_deref(),
            lookups: spf.lookups,
            void_lookups: spf.void_lookups,
        }
    }
}

impl<'v> Dkim<'v> {
    fn new(signature: &'v SignatureResult, lang: Lang) -> Dkim<'v> {
        Dkim {
            result: signature.result.as_str(),
            domain: signature.sdid.as_ref().map(|d| d.as_str()),
            selector: signature.selector.as_ref().map(|s| s.as_str()),
            algorithm: signature.algorithm.map(|a| a.as_str()),
            reason: signature.cause.as_ref().map(|cause| dkim_cause(cause, lang)),
            key_bits: signature.key_bits,
            testing: signature.testing,
        }
    }
}

impl<'v> Arc<'v> {
    fn new(chain: &'v Chain, trusted_sealers: &[DomainName], lang: Lang) -> Arc<'v> {
        Arc {
            result: chain.result.as_str(),
            sealers: chain.sealers.iter().map(|d| d.as_str()).collect(),
            reason: chain.cause.as_ref().map(|cause| arc_cause(cause, lang)),
            trusted: chain.is_trusted(trusted_sealers),
        }
    }
}

impl<'v> Dmarc<'v> {
    fn new(dmarc: &'v dmarc::Evaluation, lang: Lang) -> Dmarc<'v> {
        Dmarc {
            result: dmarc.result.as_str(),
            from_domain: dmarc.author_domain.as_ref().map(|d| d.as_str()),
            policy_domain: dmarc.policy_domain.as_ref().map(|d| d.as_str()),
            policy: dmarc.policy.map(|p| p.as_str()),
            disposition: dmarc.disposition.as_str(),
            alignment: Alignment { spf: dmarc.alignment.spf, dkim: dmarc.alignment.dkim },
            reason: dmarc.cause.as_ref().map(|cause| dmarc_cause(cause, lang)),
            organizational_domain: dmarc.organizational_domain.as_ref().map(|d| d.as_str()),
            testing: dmarc.testing,
        }
    }
}
