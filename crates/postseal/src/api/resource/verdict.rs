use postseal_core::dmarc::Policy;
use postseal_core::dns::DomainName;
use postseal_store::{EffectSource, PolicyEffect, StoredVerdict, VerdictDay};
use serde::{Deserialize, Serialize};

use super::moment;

/// A judged message. No subject, no body, no address but that of the client, and of the reverse-path its domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VerdictResource {
    /// Later ones have higher numbers.
    pub(crate) id: i64,
    pub(crate) at: String,
    pub(crate) queue_id: String,
    /// The address that it was judged for.
    pub(crate) client: Option<String>,
    /// The domain of the reverse-path.
    pub(crate) mail_from: Option<String>,
    pub(crate) author_domain: Option<String>,
    pub(crate) spf: SpfOfVerdict,
    pub(crate) dkim: Vec<DkimOfVerdict>,
    pub(crate) arc: String,
    pub(crate) dmarc: String,
    /// Null where a version of the program kept it that did not write it down.
    pub(crate) alignment: Option<AlignmentOfVerdict>,
    pub(crate) policy: Option<String>,
    pub(crate) policy_domain: Option<String>,
    /// What an aggregate report tells of what was done; null where none tells of it.
    pub(crate) disposition: Option<String>,
    pub(crate) reasons: Vec<ReasonOfVerdict>,
    /// What was done: `deliver`, `tag`, `quarantine`, `defer`, `reject`.
    pub(crate) action: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SpfOfVerdict {
    pub(crate) domain: Option<String>,
    pub(crate) result: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DkimOfVerdict {
    pub(crate) domain: String,
    pub(crate) selector: String,
    pub(crate) result: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AlignmentOfVerdict {
    pub(crate) spf: bool,
    pub(crate) dkim: bool,
}

/// Why something else was done than the policy asks for (RFC 9990).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReasonOfVerdict {
    pub(crate) kind: String,
    pub(crate) comment: String,
}

/// The verdicts of a day, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VerdictDayResource {
    /// The moment when it begins, in UTC.
    pub(crate) day: String,
    pub(crate) dmarc_pass: u64,
    pub(crate) dmarc_fail: u64,
    pub(crate) dmarc_none: u64,
    pub(crate) dmarc_temperror: u64,
    pub(crate) dmarc_permerror: u64,
    pub(crate) deliver: u64,
    pub(crate) tag: u64,
    pub(crate) quarantine: u64,
    pub(crate) defer: u64,
    pub(crate) reject: u64,
}

/// What each policy would have done to the verdicts of a domain that are held, before the receiver's own settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyEffectResource {
    pub(crate) domain: String,
    /// The first day that is held, in UTC; null where no verdict is.
    pub(crate) since: Option<String>,
    pub(crate) messages: u64,
    /// Aligned SPF or DKIM passes: no policy touches them.
    pub(crate) authentic: u64,
    /// Neither does.
    pub(crate) not_authentic: u64,
    /// Of how many it is not known: the DNS left it open.
    pub(crate) unknown: u64,
    pub(crate) none: OutcomeOfPolicy,
    pub(crate) quarantine: OutcomeOfPolicy,
    pub(crate) reject: OutcomeOfPolicy,
    /// First where most would be touched.
    pub(crate) sources: Vec<EffectSourceResource>,
    pub(crate) more_sources: bool,
}

/// What would have become of the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OutcomeOfPolicy {
    pub(crate) delivered: u64,
    pub(crate) set_aside: u64,
    pub(crate) refused: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EffectSourceResource {
    /// Null: of those whose client is not known.
    pub(crate) client: Option<String>,
    pub(crate) authentic: u64,
    pub(crate) not_authentic: u64,
    pub(crate) unknown: u64,
    pub(crate) spf_aligned: u64,
    pub(crate) dkim_aligned: u64,
    pub(crate) newest: String,
}

impl VerdictResource {
    pub(crate) fn of(verdict: StoredVerdict) -> VerdictResource {
        let text = |name: &DomainName| name.to_string();
        VerdictResource {
            id: verdict.id,
            at: moment(verdict.at),
            queue_id: verdict.queue_id,
            client: verdict.client.map(|client| client.to_string()),
            mail_from: verdict.mail_from.as_ref().map(text),
            author_domain: verdict.author_domain.as_ref().map(text),
            spf: SpfOfVerdict {
                domain: verdict.auth_results.spf.domain.as_ref().map(text),
                result: verdict.auth_results.spf.result.as_str().to_owned(),
            },
            dkim: (verdict.auth_results.dkim.iter())
                .map(|signature| DkimOfVerdict {
                    domain: signature.domain.to_string(),
                    selector: signature.selector.as_str().to_owned(),
                    result: signature.result.as_str().to_owned(),
                })
                .collect(),
            arc: verdict.arc.as_str().to_owned(),
            dmarc: verdict.dmarc.as_str().to_owned(),
            alignment: (verdict.aligned)
                .map(|aligned| AlignmentOfVerdict { spf: aligned.spf, dkim: aligned.dkim }),
            policy: verdict.policy.map(|policy| Policy::as_str(policy).to_owned()),
            policy_domain: verdict.policy_domain.as_ref().map(text),
            disposition: verdict.disposition.map(|disposition| disposition.as_str().to_owned()),
            reasons: (verdict.reasons.into_iter())
                .map(|reason| ReasonOfVerdict {
                    kind: reason.kind.as_str().to_owned(),
                    comment: reason.comment,
                })
                .collect(),
            action: verdict.action,
        }
    }
}

impl VerdictDayResource {
    pub(crate) fn of(day: &VerdictDay) -> VerdictDayResource {
        VerdictDayResource {
            day: moment(day.day * DAY),
            dmarc_pass: day.passed,
            dmarc_fail: day.failed,
            dmarc_none: day.without_policy,
            dmarc_temperror: day.undecided,
            dmarc_permerror: day.unreadable,
            deliver: day.delivered,
            tag: day.tagged,
            quarantine: day.quarantined,
            defer: day.deferred,
            reject: day.rejected,
        }
    }
}

impl PolicyEffectResource {
    pub(crate) fn of(domain: &DomainName, effect: &PolicyEffect) -> PolicyEffectResource {
        let PolicyEffect { authentic, not_authentic, unknown, .. } = *effect;
        let messages = authentic + not_authentic + unknown;
        let outcome = |set_aside, refused| OutcomeOfPolicy {
            delivered: messages - set_aside - refused,
            set_aside,
            refused,
        };
        PolicyEffectResource {
            domain: domain.to_string(),
            since: effect.since_day.map(|day| moment(day * DAY)),
            messages,
            authentic,
            not_authentic,
            unknown,
            none: outcome(0, 0),
            quarantine: outcome(not_authentic, 0),
            reject: outcome(0, not_authentic),
            sources: effect.sources.iter().map(EffectSourceResource::of).collect(),
            more_sources: effect.more_sources,
        }
    }
}

impl EffectSourceResource {
    fn of(source: &EffectSource) -> EffectSourceResource {
        EffectSourceResource {
            client: source.client.map(|client| client.to_string()),
            authentic: source.authentic,
            not_authentic: source.not_authentic,
            unknown: source.unknown,
            spf_aligned: source.spf_aligned,
            dkim_aligned: source.dkim_aligned,
            newest: moment(source.newest),
        }
    }
}

/// Seconds.
const DAY: u64 = 86_400;
