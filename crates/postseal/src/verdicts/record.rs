use std::borrow::Cow;

use postseal_core::dmarc::{Disposition, DmarcResult};
use postseal_core::dns::DomainName;
use postseal_core::verdict::{AuthResults, OverrideKind, OverrideReason, PolicyEvaluated, Verdict};
use postseal_store::VerdictRecord;

use crate::inbound::{Action, Decision, Exception, Ground, Judged, chain_comment};

/// A message about which everything is known.
pub(crate) struct Concluded<'m> {
    pub(crate) judged: &'m Judged,
    pub(crate) decision: Decision,
    /// The domain of its reverse-path.
    pub(crate) mail_from: Option<&'m DomainName>,
    /// In a form that can be logged.
    pub(crate) queue_id: String,
    /// Seconds since 1970.
    pub(crate) at: u64,
}

/// What is kept of a message.
pub(crate) fn record(message: Concluded<'_>) -> VerdictRecord {
    let Concluded { judged, decision, mail_from, queue_id, at } = message;
    let verdict = &judged.verdict;
    let evaluated = applied(verdict, decision)
        .and_then(|(applied, because)| PolicyEvaluated::of(verdict, applied, because));
    VerdictRecord {
        at,
        queue_id,
        client: judged.client,
        mail_from: mail_from.cloned(),
        author_domain: verdict.dmarc.author_domain.clone(),
        auth_results: AuthResults::of(verdict),
        arc: verdict.arc.result,
        dmarc: verdict.dmarc.result,
        aligned: Some(verdict.dmarc.alignment),
        policy: verdict.dmarc.policy,
        action: Cow::Borrowed(decision.action.as_str()),
        evaluated,
    }
}

/// What was done, in the words of a report, and why it is not what the Domain Owner asks for.
/// `None` for a message that was deferred: it comes again, and is counted then.
fn applied(verdict: &Verdict, decision: Decision) -> Option<(Disposition, Option<OverrideReason>)> {
    let done = match decision.action {
        Action::Defer => return None,
        _ if verdict.dmarc.result == DmarcResult::Pass => return Some((Disposition::Pass, None)),
        // A message that goes on with a field that speaks against it is delivered.
        Action::Deliver | Action::Tag => Disposition::None,
        Action::Quarantine => Disposition::Quarantine,
        Action::Reject => Disposition::Reject,
    };
    let differs = verdict.dmarc.result == DmarcResult::Fail && done != verdict.dmarc.disposition;
    let because = differs.then(|| OverrideReason::new(OverrideKind::LocalPolicy, &why(verdict, decision)));
    Some((done, because))
}

fn why(verdict: &Verdict, decision: Decision) -> Cow<'static, str> {
    Cow::Borrowed(match decision.ground {
        // RFC 8617 §7.2.2.
        Ground::Excepted(Exception::TrustedChain) => return Cow::Owned(chain_comment(verdict)),
        Ground::Excepted(Exception::AllowedPair) => "this sender is allowed for the Author Domain",
        Ground::Nothing => "policies are not acted on",
        _ if decision.action != decision.unobserved => "policies are only observed",
        _ => match decision.action {
            Action::Tag => "tagged",
            Action::Quarantine => "set aside",
            Action::Deliver | Action::Defer | Action::Reject => "",
        },
    })
}

#[cfg(test)]
mod tests;
