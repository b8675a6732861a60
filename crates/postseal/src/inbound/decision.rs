use postseal_core::dmarc::{self, Disposition, DmarcResult, Policy};

use crate::config::{OnDnsTrouble, OnQuarantine, OnReject, ReceiveSettings};

/// What becomes of a judged message, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    /// What is done.
    pub(crate) action: Action,
    /// What speaks against the message.
    pub(crate) ground: Ground,
    /// What would have been done: another thing only where the node only observes.
    pub(crate) unobserved: Action,
}

/// What is done with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// It goes on.
    Deliver,
    /// It goes on with a field that says what speaks against it.
    Tag,
    /// It is set aside.
    Quarantine,
    /// 451: the sender tries again later.
    Defer,
    /// 550: it is refused.
    Reject,
}

/// What speaks against a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// Nothing, or nothing that the receiver acts on.
    Nothing,
    /// It fails DMARC, and the Domain Owner asks for this.
    Policy(Policy),
    /// It fails DMARC, but the receiver knows better.
    Excepted(Exception),
    /// It has no one readable Author Domain.
    UnreadableFrom,
    /// The DNS leaves it open whether this policy must be applied.
    DnsTrouble(Policy),
}

/// Why a message that fails DMARC is accepted (RFC 9990: the policy override `local_policy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exception {
    /// A chain of trusted sealers says that it passed where it entered the chain.
    TrustedChain,
    /// Its sender is allowed for this Author Domain.
    AllowedPair,
}

/// What DMARC says about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) result: DmarcResult,
    pub(crate) disposition: Disposition,
    /// What would be applied to a message that fails, where it is known.
    pub(crate) policy: Option<Policy>,
}

impl Case {
    pub(crate) fn of(evaluation: &dmarc::Evaluation) -> Case {
        let lowered = |policy: Policy| if evaluation.testing { policy.lowered() } else { policy };
        Case {
            result: evaluation.result,
            disposition: evaluation.disposition,
            policy: evaluation.policy.map(lowered),
        }
    }
}

/// Decides by the receiver's settings. `exception` is asked only where it changes something.
pub(crate) fn decide(
    case: &Case,
    settings: &ReceiveSettings,
    exception: impl FnOnce() -> Option<Exception>,
) -> Decision {
    let ground = ground(case, settings, exception);
    let unobserved = match ground {
        Ground::Nothing | Ground::Excepted(_) | Ground::Policy(Policy::None) => Action::Deliver,
        Ground::Policy(Policy::Quarantine) => settings.on_quarantine.into(),
        Ground::Policy(Policy::Reject) => settings.on_reject.into(),
        Ground::UnreadableFrom => settings.on_unreadable_from.into(),
        Ground::DnsTrouble(_) => settings.on_dns_trouble.into(),
    };
    let action = if settings.observe { Action::Deliver } else { unobserved };
    Decision { action, ground, unobserved }
}

fn ground(case: &Case, settings: &ReceiveSettings, exception: impl FnOnce() -> Option<Exception>) -> Ground {
    let against = match (case.result, case.disposition) {
        (DmarcResult::Permerror, _) => return Ground::UnreadableFrom,
        (DmarcResult::Fail, Disposition::Reject) => Ground::Policy(Policy::Reject),
        (DmarcResult::Fail, Disposition::Quarantine) => Ground::Policy(Policy::Quarantine),
        (DmarcResult::Temperror, _) => match case.policy {
            Some(policy @ (Policy::Quarantine | Policy::Reject)) => Ground::DnsTrouble(policy),
            Some(Policy::None) | None => return Ground::Nothing,
        },
        (DmarcResult::Fail | DmarcResult::Pass | DmarcResult::None, _) => return Ground::Nothing,
    };
    if !settings.honour_policy {
        return Ground::Nothing;
    }
    exception().map_or(against, Ground::Excepted)
}

impl From<OnReject> for Action {
    fn from(on: OnReject) -> Action {
        match on {
            OnReject::Reject => Action::Reject,
            OnReject::Quarantine => Action::Quarantine,
            OnReject::Tag => Action::Tag,
        }
    }
}

impl From<OnQuarantine> for Action {
    fn from(on: OnQuarantine) -> Action {
        match on {
            OnQuarantine::Quarantine => Action::Quarantine,
            OnQuarantine::Tag => Action::Tag,
        }
    }
}

impl From<OnDnsTrouble> for Action {
    fn from(on: OnDnsTrouble) -> Action {
        match on {
            OnDnsTrouble::Defer => Action::Defer,
            OnDnsTrouble::Accept => Action::Deliver,
        }
    }
}

impl Action {
    /// For the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Action::Deliver => "deliver",
            Action::Tag => "tag",
            Action::Quarantine => "quarantine",
            Action::Defer => "defer",
            Action::Reject => "reject",
        }
    }
}

impl Exception {
    /// For the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Exception::TrustedChain => "trusted-chain",
            Exception::AllowedPair => "allowed-pair",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASS: Case =
        Case { result: DmarcResult::Pass, disposition: Disposition::Pass, policy: Some(Policy::Reject) };
    const NO_POLICY: Case = Case { result: DmarcResult::None, disposition: Disposition::None, policy: None };
    const UNREADABLE: Case =
        Case { result: DmarcResult::Permerror, disposition: Disposition::None, policy: None };

    fn fail(policy: Policy) -> Case {
        Case { result: DmarcResult::Fail, disposition: policy.into(), policy: Some(policy) }
    }

    fn trouble(policy: Option<Policy>) -> Case {
        Case { result: DmarcResult::Temperror, disposition: Disposition::None, policy }
    }

    fn check(case: &Case, settings: &ReceiveSettings, exception: Option<Exception>, expected: Action) {
        let decision = decide(case, settings, || exception);
        assert_eq!(decision.action, expected, "{case:?} {settings:?} {exception:?}");
        let observing = ReceiveSettings { observe: true, ..settings.clone() };
        let observed = decide(case, &observing, || exception);
        assert_eq!((observed.action, observed.unobserved), (Action::Deliver, expected));
        assert_eq!(observed.ground, decision.ground);
    }

    #[test]
    fn by_default_the_policy_is_honoured() {
        for (case, expected) in [
            (PASS, Action::Deliver),
            (NO_POLICY, Action::Deliver),
            (fail(Policy::None), Action::Deliver),
            (fail(Policy::Quarantine), Action::Quarantine),
            (fail(Policy::Reject), Action::Reject),
            (trouble(None), Action::Deliver),
            (trouble(Some(Policy::None)), Action::Deliver),
            (trouble(Some(Policy::Quarantine)), Action::Defer),
            (trouble(Some(Policy::Reject)), Action::Defer),
            (UNREADABLE, Action::Reject),
        ] {
            check(&case, &ReceiveSettings::default(), None, expected);
        }
    }

    #[test]
    fn the_receiver_decides_finally() {
        let quarantine = ReceiveSettings {
            on_reject: OnReject::Quarantine,
            on_quarantine: OnQuarantine::Tag,
            on_dns_trouble: OnDnsTrouble::Accept,
            on_unreadable_from: OnReject::Tag,
            ..ReceiveSettings::default()
        };
        check(&fail(Policy::Reject), &quarantine, None, Action::Quarantine);
        check(&fail(Policy::Quarantine), &quarantine, None, Action::Tag);
        check(&trouble(Some(Policy::Reject)), &quarantine, None, Action::Deliver);
        check(&UNREADABLE, &quarantine, None, Action::Tag);
        let tag = ReceiveSettings {
            on_reject: OnReject::Tag,
            on_unreadable_from: OnReject::Quarantine,
            ..ReceiveSettings::default()
        };
        check(&fail(Policy::Reject), &tag, None, Action::Tag);
        check(&UNREADABLE, &tag, None, Action::Quarantine);
    }

    #[test]
    fn a_policy_that_is_not_honoured_has_no_consequence() {
        let not_honoured = ReceiveSettings { honour_policy: false, ..ReceiveSettings::default() };
        for case in [fail(Policy::Quarantine), fail(Policy::Reject), trouble(Some(Policy::Reject))] {
            check(&case, &not_honoured, None, Action::Deliver);
        }
        check(&UNREADABLE, &not_honoured, None, Action::Reject);
    }

    #[test]
    fn exceptions_outdo_the_policy_and_nothing_else() {
        for exception in [Exception::TrustedChain, Exception::AllowedPair] {
            for case in [fail(Policy::Quarantine), fail(Policy::Reject), trouble(Some(Policy::Reject))] {
                check(&case, &ReceiveSettings::default(), Some(exception), Action::Deliver);
                assert_eq!(
                    decide(&case, &ReceiveSettings::default(), || Some(exception)).ground,
                    Ground::Excepted(exception)
                );
            }
            check(&UNREADABLE, &ReceiveSettings::default(), Some(exception), Action::Reject);
        }
        for case in [PASS, NO_POLICY, fail(Policy::None), trouble(None), UNREADABLE] {
            decide(&case, &ReceiveSettings::default(), || panic!("asked about {case:?}"));
        }
    }

    #[test]
    fn a_policy_in_test_is_lowered() {
        // As the core lowers it: t=y of p=reject.
        let testing = Case {
            result: DmarcResult::Fail,
            disposition: Disposition::Quarantine,
            policy: Some(Policy::Quarantine),
        };
        check(&testing, &ReceiveSettings::default(), None, Action::Quarantine);
    }
}
