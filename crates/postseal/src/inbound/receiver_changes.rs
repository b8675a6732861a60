use std::collections::{BTreeMap, BTreeSet, HashMap};

use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;
use postseal_store::{NewPair, PairOrigin, ReceiverPolicy};

use crate::config::{
    AllowedPair, Infrastructure, OnDnsTrouble, OnQuarantine, OnReject, QuarantineBy, ReceiveSettings,
};
use crate::keys::{HostedSnapshot, Known};
use crate::signing::Recipients;

/// What the receiver has changed of `[receive]` in the file, as the mail path has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReceiverChanges {
    settings: BTreeMap<ReceiverKey, &'static str>,
    pairs: Vec<AllowedPair>,
    sealers: HashMap<OrganisationName, BTreeSet<DomainName>>,
}

/// A setting that can be changed while the node runs. Each is a key of `[receive]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ReceiverKey {
    Observe,
    HonourPolicy,
    OnReject,
    OnQuarantine,
    QuarantineBy,
    OnDnsTrouble,
    OnUnreadableFrom,
}

const YES_NO: &[&str] = &["true", "false"];
const REJECT: &[&str] = &["reject", "quarantine", "tag"];

impl ReceiverKey {
    pub(crate) const ALL: [ReceiverKey; 7] = [
        ReceiverKey::Observe,
        ReceiverKey::HonourPolicy,
        ReceiverKey::OnReject,
        ReceiverKey::OnQuarantine,
        ReceiverKey::QuarantineBy,
        ReceiverKey::OnDnsTrouble,
        ReceiverKey::OnUnreadableFrom,
    ];

    /// As the file names it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ReceiverKey::Observe => "observe",
            ReceiverKey::HonourPolicy => "honour_policy",
            ReceiverKey::OnReject => "on_reject",
            ReceiverKey::OnQuarantine => "on_quarantine",
            ReceiverKey::QuarantineBy => "quarantine_by",
            ReceiverKey::OnDnsTrouble => "on_dns_trouble",
            ReceiverKey::OnUnreadableFrom => "on_unreadable_from",
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<ReceiverKey> {
        ReceiverKey::ALL.into_iter().find(|key| key.as_str() == name)
    }

    /// What it can be.
    pub(crate) fn words(self) -> &'static [&'static str] {
        match self {
            ReceiverKey::Observe | ReceiverKey::HonourPolicy => YES_NO,
            ReceiverKey::OnReject | ReceiverKey::OnUnreadableFrom => REJECT,
            ReceiverKey::OnQuarantine => &["quarantine", "tag"],
            ReceiverKey::QuarantineBy => &["hold", "header"],
            ReceiverKey::OnDnsTrouble => &["defer", "accept"],
        }
    }

    /// The word of the list above, where it is one.
    pub(crate) fn word(self, text: &str) -> Option<&'static str> {
        self.words().iter().copied().find(|word| *word == text)
    }

    /// What it is in these settings.
    pub(crate) fn read(self, settings: &ReceiveSettings) -> &'static str {
        let flag = |on| if on { "true" } else { "false" };
        let reject = |on| match on {
            OnReject::Reject => "reject",
            OnReject::Quarantine => "quarantine",
            OnReject::Tag => "tag",
        };
        match self {
            ReceiverKey::Observe => flag(settings.observe),
            ReceiverKey::HonourPolicy => flag(settings.honour_policy),
            ReceiverKey::OnReject => reject(settings.on_reject),
            ReceiverKey::OnUnreadableFrom => reject(settings.on_unreadable_from),
            ReceiverKey::OnQuarantine => match settings.on_quarantine {
                OnQuarantine::Quarantine => "quarantine",
                OnQuarantine::Tag => "tag",
            },
            ReceiverKey::QuarantineBy => match settings.quarantine_by {
                QuarantineBy::Hold => "hold",
                QuarantineBy::Header => "header",
            },
            ReceiverKey::OnDnsTrouble => match settings.on_dns_trouble {
                OnDnsTrouble::Defer => "defer",
                OnDnsTrouble::Accept => "accept",
            },
        }
    }

    /// `word` is one of its words.
    fn write(self, word: &str, settings: &mut ReceiveSettings) {
        let reject = match word {
            "reject" => OnReject::Reject,
            "quarantine" => OnReject::Quarantine,
            _ => OnReject::Tag,
        };
        match self {
            ReceiverKey::Observe => settings.observe = word == "true",
            ReceiverKey::HonourPolicy => settings.honour_policy = word == "true",
            ReceiverKey::OnReject => settings.on_reject = reject,
            ReceiverKey::OnUnreadableFrom => settings.on_unreadable_from = reject,
            ReceiverKey::OnQuarantine => {
                settings.on_quarantine =
                    if word == "tag" { OnQuarantine::Tag } else { OnQuarantine::Quarantine };
            }
            ReceiverKey::QuarantineBy => {
                settings.quarantine_by =
                    if word == "header" { QuarantineBy::Header } else { QuarantineBy::Hold };
            }
            ReceiverKey::OnDnsTrouble => {
                settings.on_dns_trouble =
                    if word == "accept" { OnDnsTrouble::Accept } else { OnDnsTrouble::Defer };
            }
        }
    }
}

impl ReceiverChanges {
    /// As the store has them, and what of it this version does not know: that is as the file has it.
    pub(crate) fn of(policy: &ReceiverPolicy) -> (ReceiverChanges, Vec<String>) {
        let (mut changes, mut unknown) = (ReceiverChanges::default(), Vec::new());
        for (name, value) in &policy.settings {
            let known = ReceiverKey::of_name(name).and_then(|key| Some((key, key.word(value)?)));
            match known {
                Some((key, word)) => drop(changes.settings.insert(key, word)),
                None => unknown.push(format!("{name}={value}")),
            }
        }
        for stored in &policy.pairs {
            match allowed_pair(&stored.pair) {
                Some(pair) => changes.pairs.push(pair),
                None => unknown.push(format!("allowed pair {}", stored.id)),
            }
        }
        for (organisation, sealer) in &policy.sealers {
            changes.sealers.entry(organisation.clone()).or_default().insert(sealer.clone());
        }
        (changes, unknown)
    }

    /// The settings of the file with these changes.
    pub(crate) fn applied_to(&self, file: &ReceiveSettings) -> ReceiveSettings {
        let mut settings = file.clone();
        for (key, word) in &self.settings {
            key.write(word, &mut settings);
        }
        settings.allowed.extend(self.pairs.iter().cloned());
        settings
    }

    /// Whether it matters who the recipients of a message are.
    pub(crate) fn wants_recipients(&self) -> bool {
        !self.sealers.is_empty()
    }

    /// The sealers that the organisations of all recipients trust: no organisation's trust reaches another's mail.
    /// None where a recipient is not known, or is nobody's here.
    pub(crate) fn sealers_for(
        &self,
        recipients: &Recipients,
        hosted: Option<&HostedSnapshot>,
    ) -> Vec<DomainName> {
        let (Some(domains), Some(hosted)) = (recipients.all_domains(), hosted) else { return Vec::new() };
        let mut common: Option<BTreeSet<DomainName>> = None;
        for domain in domains {
            let Known::Yes(organisation) = hosted.holder_of(domain) else { return Vec::new() };
            let Some(trusted) = self.sealers.get(&organisation) else { return Vec::new() };
            common = Some(match common {
                None => trusted.clone(),
                Some(common) => common.intersection(trusted).cloned().collect(),
            });
        }
        common.into_iter().flatten().collect()
    }
}

/// A pair of the store as the mail path has it; `None` where its network is none.
pub(crate) fn allowed_pair(pair: &NewPair) -> Option<AllowedPair> {
    Some(AllowedPair {
        author_domain: pair.author_domain.clone(),
        subdomains: pair.subdomains,
        infrastructure: match &pair.from {
            PairOrigin::Client(network) => Infrastructure::Network(network.parse().ok()?),
            PairOrigin::Authenticated(domain) => Infrastructure::Authenticated(domain.clone()),
        },
        until: pair.until,
    })
}

#[cfg(test)]
mod tests {
    use postseal_store::StoredPair;

    use super::*;
    use crate::keys::tests;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).expect("a name")
    }

    #[test]
    fn each_word_of_each_setting_is_put_in_force() {
        for key in ReceiverKey::ALL {
            assert_eq!(ReceiverKey::of_name(key.as_str()), Some(key));
            for word in key.words() {
                let settings = BTreeMap::from([(key.as_str().to_owned(), (*word).to_owned())]);
                let (changes, unknown) =
                    ReceiverChanges::of(&ReceiverPolicy { settings, ..ReceiverPolicy::default() });
                assert_eq!(unknown, [""; 0]);
                let applied = changes.applied_to(&ReceiveSettings::default());
                assert_eq!(key.read(&applied), *word);
                for other in ReceiverKey::ALL.into_iter().filter(|other| *other != key) {
                    assert_eq!(
                        other.read(&applied),
                        other.read(&ReceiveSettings::default()),
                        "{key:?} changed {other:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_not_known_is_as_the_file_has_it_and_is_told() {
        let settings = BTreeMap::from([
            ("on_reject".to_owned(), "explode".to_owned()),
            ("of_tomorrow".to_owned(), "x".to_owned()),
        ]);
        let pair = |id, from| StoredPair {
            id,
            pair: NewPair {
                author_domain: name("partner.example"),
                subdomains: false,
                from,
                until: None,
                note: String::new(),
            },
            made_at: 0,
        };
        let pairs = vec![
            pair(1, PairOrigin::Client("192.0.2.0/24".to_owned())),
            pair(2, PairOrigin::Client("nowhere".to_owned())),
        ];
        let policy = ReceiverPolicy { settings, pairs, ..ReceiverPolicy::default() };
        let (changes, unknown) = ReceiverChanges::of(&policy);
        assert_eq!(unknown, ["of_tomorrow=x", "on_reject=explode", "allowed pair 2"]);
        let applied = changes.applied_to(&ReceiveSettings::default());
        assert_eq!((applied.on_reject, applied.allowed.len()), (OnReject::Reject, 1));
    }
    /// No organisation's trust reaches another's mail.
    #[test]
    fn a_sealer_counts_where_the_organisations_of_all_recipients_trust_it() {
        let organisation = |text: &str| OrganisationName::parse(text).expect("a name");
        let trusted = [
            ("contoso", "list.example"),
            ("contoso", "ours.example"),
            ("fabrikam", "list.example"),
            ("fabrikam", "theirs.example"),
        ];
        let sealers = trusted.map(|(who, whom)| (organisation(who), name(whom))).into();
        let (changes, _) = ReceiverChanges::of(&ReceiverPolicy { sealers, ..ReceiverPolicy::default() });
        let hosted = tests::with(&[
            tests::entry("contoso.example", "contoso"),
            tests::entry("fabrikam.example", "fabrikam"),
            tests::entry("northwind.example", "northwind"),
        ]);
        let check = |recipients: &[&str], expected: &[&str]| {
            let mut to = Recipients::default();
            recipients.iter().for_each(|path| to.add(path.as_bytes()));
            let expected: Vec<DomainName> = expected.iter().map(|text| name(text)).collect();
            assert_eq!(changes.sealers_for(&to, Some(&hosted)), expected, "{recipients:?}");
            assert_eq!(changes.sealers_for(&to, None), [], "{recipients:?} without a snapshot");
        };
        check(&["<a@contoso.example>", "<b@contoso.example>"], &["list.example", "ours.example"]);
        check(&["<a@contoso.example>", "<b@fabrikam.example>"], &["list.example"]);
        check(&["<a@contoso.example>", "<b@northwind.example>"], &[]);
        check(&["<a@contoso.example>", "<b@elsewhere.example>"], &[]);
        check(&["<a@contoso.example>", "<postmaster>"], &[]);
        check(&["<a@contoso.example>", "<\u{fffd}"], &[]);
        check(&[], &[]);
    }
}
