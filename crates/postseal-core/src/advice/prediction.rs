use std::str::FromStr;

use super::{Cause, CheckReport, DkimKey, KeyState, SpfState};
use crate::dmarc::Policy;
use crate::dns::RecordType;
use crate::spf::Qualifier;

/// Messages a day from which a receiver's rules for bulk apply.
pub const BULK_VOLUME: u64 = 5_000;

/// What a receiver does with mail of a domain, when something holds: data, reviewed and dated.
#[derive(Clone, Debug)]
pub struct PredictionRule {
    /// The receiver's stable name.
    pub receiver: String,
    /// All of these must hold; none for what is left.
    pub when: Vec<Condition>,
    /// Only for those who send in bulk.
    pub bulk: bool,
    /// What becomes of the mail.
    pub outcome: PredictedOutcome,
}

/// What becomes of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PredictedOutcome {
    /// Nothing that the receiver publishes speaks against it.
    Accept,
    /// Put off with a temporary reply.
    Defer,
    /// Refused.
    Reject,
    /// Put among the junk.
    Junk,
    /// Delivered with a warning that the reader sees.
    Warn,
    /// The receiver publishes nothing, or it hangs on something that is not known.
    Unknown,
}

/// Something that holds of a domain or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// SPF can pass for no server.
    NoSpf,
    /// No DKIM signature can pass.
    NoDkim,
    /// Neither SPF nor DKIM can pass.
    Neither,
    /// No DMARC policy applies.
    NoDmarc,
    /// The DMARC policy is quarantine.
    Quarantine,
    /// The DMARC policy is reject.
    Reject,
    /// A given address has no confirmed name.
    NoPtr,
    /// The domain does not exist.
    NoDomain,
}

/// What is predicted for one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The receiver's stable name.
    pub receiver: String,
    /// What becomes of the mail.
    pub outcome: PredictedOutcome,
    /// The place of the rule that says so; where the outcome hangs on something unknown, of the
    /// rule that would apply. `None` where no rule is about it.
    pub rule: Option<usize>,
    /// True where the outcome hangs on something that is not known: most often DKIM without a selector.
    pub undecided: bool,
    /// The place of the rule that would apply to bulk, where no volume is given.
    pub bulk: Option<usize>,
}

/// Says what each receiver does with mail of a domain that is sent by its own servers and signed with its
/// own keys. `volume` is in messages a day to one receiver; without it the rules for ordinary mail
/// apply, and the one for bulk is named beside them.
///
/// Receivers come in the order of `receivers`.
pub fn predict(
    report: &CheckReport,
    volume: Option<u64>,
    receivers: &[String],
    rules: &[PredictionRule],
) -> Vec<Prediction> {
    let facts = Facts::of(report);
    let is_bulk = volume.is_some_and(|volume| volume >= BULK_VOLUME);
    let one = |receiver: &String| {
        let own = || rules.iter().enumerate().filter(|(_, rule)| rule.receiver == *receiver);
        let (rule, undecided) = first_that_holds(own().filter(|(_, rule)| !rule.bulk || is_bulk), facts);
        let outcome = match rule {
            Some(place) if !undecided => rules[place].outcome,
            _ => PredictedOutcome::Unknown,
        };
        let bulk = own().filter(|(_, rule)| rule.bulk && volume.is_none());
        let bulk = bulk.filter(|(_, rule)| facts.all(&rule.when) != Truth::No).map(|(place, _)| place).next();
        Prediction { receiver: receiver.clone(), outcome, rule, undecided, bulk }
    };
    receivers.iter().map(one).collect()
}

/// The rule that decides; with `true` where one that may hold would decide otherwise.
fn first_that_holds<'r>(
    rules: impl Iterator<Item = (usize, &'r PredictionRule)>,
    facts: Facts,
) -> (Option<usize>, bool) {
    let mut maybe: Option<(usize, PredictedOutcome)> = None;
    for (place, rule) in rules {
        match (facts.all(&rule.when), maybe) {
            (Truth::Yes, Some((other, outcome))) if outcome != rule.outcome => return (Some(other), true),
            (Truth::Yes, _) => return (Some(place), false),
            (Truth::Unknown, None) => maybe = Some((place, rule.outcome)),
            (Truth::Unknown, Some(_)) | (Truth::No, _) => {}
        }
    }
    (maybe.map(|(place, _)| place), maybe.is_some())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    Yes,
    No,
    Unknown,
}

impl Truth {
    fn of(holds: bool) -> Truth {
        if holds { Truth::Yes } else { Truth::No }
    }

    fn not(self) -> Truth {
        match self {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            Truth::Unknown => Truth::Unknown,
        }
    }

    fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::No, _) | (_, Truth::No) => Truth::No,
            (Truth::Yes, Truth::Yes) => Truth::Yes,
            _ => Truth::Unknown,
        }
    }
}

/// What is known of a domain.
#[derive(Clone, Copy)]
struct Facts {
    spf: Truth,
    dkim: Truth,
    dmarc: Truth,
    policy: Option<Policy>,
    no_ptr: bool,
    no_domain: bool,
}

impl Facts {
    fn of(report: &CheckReport) -> Facts {
        let says = |is_it: fn(&Cause) -> bool| report.findings.iter().any(|finding| is_it(&finding.cause));
        let failed = report.findings.iter().any(|finding| {
            let is_dmarc = finding.name.as_ref().is_some_and(|name| name.as_str().starts_with("_dmarc."));
            is_dmarc && matches!(finding.cause, Cause::DnsError { record_type: RecordType::Txt, .. })
        });
        Facts {
            spf: spf(report),
            dkim: dkim(&report.dkim),
            dmarc: match report.dmarc.policy {
                Some(_) => Truth::Yes,
                None if failed => Truth::Unknown,
                None => Truth::No,
            },
            policy: report.dmarc.policy,
            no_ptr: says(|cause| matches!(cause, Cause::PtrMissing { .. } | Cause::PtrMismatch { .. })),
            no_domain: matches!(report.spf.state, SpfState::None { exists: false, .. }),
        }
    }

    fn all(self, conditions: &[Condition]) -> Truth {
        conditions.iter().fold(Truth::Yes, |truth, condition| truth.and(self.holds(*condition)))
    }

    fn holds(self, condition: Condition) -> Truth {
        match condition {
            Condition::NoSpf => self.spf.not(),
            Condition::NoDkim => self.dkim.not(),
            Condition::Neither => self.spf.not().and(self.dkim.not()),
            Condition::NoDmarc => self.dmarc.not(),
            Condition::Quarantine => self.has(Policy::Quarantine),
            Condition::Reject => self.has(Policy::Reject),
            Condition::NoPtr => Truth::of(self.no_ptr),
            Condition::NoDomain => Truth::of(self.no_domain),
        }
    }

    fn has(self, policy: Policy) -> Truth {
        match self.dmarc {
            Truth::Unknown => Truth::Unknown,
            _ => Truth::of(self.policy == Some(policy)),
        }
    }
}

/// Whether SPF can pass for the servers that the domain sends with.
fn spf(report: &CheckReport) -> Truth {
    if matches!(report.spf.state, SpfState::Failed(_)) {
        return Truth::Unknown;
    }
    let permerror = |cause: &Cause| {
        matches!(
            cause,
            Cause::SpfMultiple { .. }
                | Cause::SpfSyntax { .. }
                | Cause::SpfMacro { .. }
                | Cause::SpfSenderNotAuthorized { .. }
        )
    };
    let broken = report.findings.iter().any(|finding| permerror(&finding.cause));
    let passes = report.spf.terms.iter().any(|term| term.qualifier == Qualifier::Pass);
    Truth::of(report.spf.record().is_some_and(|record| record.error().is_none()) && passes && !broken)
}

fn dkim(keys: &[DkimKey]) -> Truth {
    let has = |is_it: fn(KeyState) -> bool| keys.iter().any(|key| is_it(key.state));
    match () {
        () if has(KeyState::is_usable) => Truth::Yes,
        // Nobody knows a domain's selectors but those who sign for it.
        () if keys.is_empty() || has(|state| state == KeyState::Unknown) => Truth::Unknown,
        () => Truth::No,
    }
}

impl PredictedOutcome {
    /// Every outcome.
    pub const ALL: [PredictedOutcome; 6] = [
        PredictedOutcome::Accept,
        PredictedOutcome::Defer,
        PredictedOutcome::Reject,
        PredictedOutcome::Junk,
        PredictedOutcome::Warn,
        PredictedOutcome::Unknown,
    ];

    /// The word used in output and in the rules.
    pub fn as_str(self) -> &'static str {
        match self {
            PredictedOutcome::Accept => "accept",
            PredictedOutcome::Defer => "defer",
            PredictedOutcome::Reject => "reject",
            PredictedOutcome::Junk => "junk",
            PredictedOutcome::Warn => "warn",
            PredictedOutcome::Unknown => "unknown",
        }
    }
}

impl FromStr for PredictedOutcome {
    type Err = NotInRules;

    fn from_str(text: &str) -> Result<PredictedOutcome, NotInRules> {
        PredictedOutcome::ALL.into_iter().find(|outcome| outcome.as_str() == text).ok_or(NotInRules)
    }
}

impl FromStr for Condition {
    type Err = NotInRules;

    fn from_str(text: &str) -> Result<Condition, NotInRules> {
        Ok(match text {
            "no-spf" => Condition::NoSpf,
            "no-dkim" => Condition::NoDkim,
            "neither" => Condition::Neither,
            "no-dmarc" => Condition::NoDmarc,
            "quarantine" => Condition::Quarantine,
            "reject" => Condition::Reject,
            "no-ptr" => Condition::NoPtr,
            "no-domain" => Condition::NoDomain,
            _ => return Err(NotInRules),
        })
    }
}

/// Neither an outcome nor a condition of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a word that the rules of predictions know")]
pub struct NotInRules;

#[cfg(test)]
mod tests {
    use super::super::{CheckRequest, MAX_CHECK_QUERIES, check};
    use super::*;
    use crate::dkim::Selector;
    use crate::dns::{Answers, DomainName, RecordData, TxtRecord, Zone};

    const KEY: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    fn report(records: &[(&str, &str)], selector: Option<&str>) -> CheckReport {
        let mut zone = Zone::new();
        let name = |text: &str| DomainName::parse(text).expect("a name");
        for (owner, text) in records {
            zone.add(&name(owner), 3600, RecordData::Txt(TxtRecord::from_strings(&[text])));
        }
        let mut request = CheckRequest::new(name("contoso.example"));
        request.selectors.extend(selector.map(|s| Selector::parse(s).expect("a selector")));
        check(&request, &mut Answers::new(&zone).with_limit(MAX_CHECK_QUERIES)).expect("a zone answers")
    }

    fn rule(when: &[Condition], bulk: bool, outcome: PredictedOutcome) -> PredictionRule {
        PredictionRule { receiver: "r".to_owned(), when: when.to_vec(), bulk, outcome }
    }

    #[test]
    fn the_first_rule_that_holds_decides() {
        use PredictedOutcome::{Accept, Reject, Unknown, Warn};
        let rules = [
            rule(&[Condition::Neither], false, Reject),
            rule(&[Condition::NoDkim], true, Reject),
            rule(&[Condition::NoDmarc], false, Warn),
            rule(&[], false, Accept),
        ];
        let receivers = ["r".to_owned(), "nobody".to_owned()];
        let spf = ("contoso.example", "v=spf1 ip4:198.18.0.1 -all");
        let dmarc = ("_dmarc.contoso.example", "v=DMARC1; p=none; rua=mailto:d@contoso.example");
        let key = ("s._domainkey.contoso.example", KEY);
        let check = |records: &[(&str, &str)],
                     selector,
                     volume,
                     expected: (PredictedOutcome, Option<usize>, bool)| {
            let found = predict(&report(records, selector), volume, &receivers, &rules);
            assert_eq!(
                (found[0].outcome, found[0].rule, found[0].undecided),
                expected,
                "{records:?} {volume:?}"
            );
            assert_eq!((found[1].outcome, found[1].rule), (Unknown, None));
        };
        check(&[spf, dmarc], None, None, (Accept, Some(3), false));
        check(&[spf], None, None, (Warn, Some(2), false));
        // Without a selector nobody knows about DKIM.
        check(&[dmarc], None, None, (Unknown, Some(0), true));
        check(&[dmarc], Some("s"), None, (Reject, Some(0), false));
        check(&[dmarc, key], Some("s"), None, (Accept, Some(3), false));
        check(&[spf, dmarc], None, Some(BULK_VOLUME), (Unknown, Some(1), true));
        check(&[spf, dmarc], Some("s"), Some(BULK_VOLUME), (Reject, Some(1), false));
        check(&[spf, dmarc], Some("s"), Some(BULK_VOLUME - 1), (Accept, Some(3), false));
        check(&[spf, dmarc, key], Some("s"), Some(BULK_VOLUME), (Accept, Some(3), false));
        let named = predict(&report(&[spf, dmarc], Some("s")), None, &receivers, &rules);
        assert_eq!((named[0].outcome, named[0].bulk), (Accept, Some(1)));
        let named = predict(&report(&[spf, dmarc, key], Some("s")), None, &receivers, &rules);
        assert_eq!(named[0].bulk, None);
    }
}
