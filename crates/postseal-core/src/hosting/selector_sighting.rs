use std::net::IpAddr;

use super::HostingZone;
use crate::dkim::{KeyRecord, Selector};
use crate::dns::{DomainName, Failure, TxtRecord};

/// What must be found at `<selector>._domainkey.<domain>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A CNAME to the hosted key.
    Cname {
        /// Where it must point.
        target: DomainName,
        /// The zone of the hosted keys, to recognise a mix-up of ours.
        zone: HostingZone,
    },
    /// The key record itself (TXT mode).
    Txt {
        /// Its text.
        record: String,
    },
}

/// What one authoritative server says at a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A CNAME, not followed.
    Cname(DomainName),
    /// TXT records and no CNAME.
    Txt(Vec<TxtRecord>),
    /// Addresses and neither CNAME nor TXT.
    Addresses(Vec<IpAddr>),
    /// The name exists, with nothing of these.
    NoData(Negative),
    /// The name does not exist.
    NxDomain(Negative),
    /// No usable answer.
    Silent(Failure),
}

/// How long a negative answer may be kept (RFC 2308 §5), from its SOA record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Negative {
    /// The SOA record's own time to live, seconds.
    pub soa_ttl: u32,
    /// Its MINIMUM field, seconds.
    pub soa_minimum: u32,
}

/// What one authoritative server shows of a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// What must be there is there.
    Right,
    /// A CNAME to somewhere else.
    WrongTarget {
        /// Where it points.
        target: DomainName,
        /// Whose name that is, where it is known.
        whose: Option<Whose>,
    },
    /// A TXT record where a CNAME must be.
    TxtInstead,
    /// A CNAME in TXT mode, or a TXT that is not this key's record.
    WrongTxt,
    /// The record lies at `<selector>._domainkey.<domain>.<domain>`: the DNS host added the domain itself.
    DoubledSuffix {
        /// Where it lies.
        at: DomainName,
    },
    /// The DNS host answers for the CNAME with addresses, as a proxy does.
    Proxied,
    /// Nothing is there.
    Absent {
        /// True where the name itself does not exist (NXDOMAIN).
        nxdomain: bool,
        /// Until when others may hold this answer, UNIX seconds.
        others_may_hold_until: u64,
    },
    /// The server gave no usable answer, which is never "absent".
    NoAnswer(Failure),
}

/// Whose key a CNAME points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Our hosting zone: the other selector, another domain or an organisation of before.
    HostingZone,
    /// A service that is known by its names.
    Service(&'static str),
}

/// Whether the hosted key record is the same at each name server of the hosting zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostedReading {
    /// It is this key's record.
    Same,
    /// It is another one, or none.
    Different,
    /// No usable answer.
    NoAnswer,
}

/// What became of a signature of ours, verified with what a resolver outside our cache returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutsideSignature {
    /// It verifies.
    Verified,
    /// It does not: another key, or none, is what the world gets.
    Failed,
    /// The resolver gave no answer.
    NoAnswer,
}

/// What all servers together show of a selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conclusion {
    /// The world sees the key: it may be signed with.
    Seen,
    /// Every server that answers says no, or points elsewhere.
    Missing,
    /// Some servers are right, some are not: a change on its way, or a secondary that is stuck.
    Partly,
    /// The owner's record is right; the hosting zone's servers do not all have the key.
    HostedDiffers,
    /// All records are right; a signature does not verify with what a resolver returns.
    SignatureFails,
    /// Nobody who would have to answer did.
    NoAnswer,
}

/// What one server's answers mean. `doubled` is what it says at the name with
/// the domain twice, asked where the right name has nothing.
pub fn classify(
    expected: &Expected,
    said: &Said,
    doubled: Option<(&DomainName, &Said)>,
    now: u64,
) -> Finding {
    let finding = match (expected, said) {
        (_, Said::Silent(failure)) => return Finding::NoAnswer(*failure),
        (Expected::Cname { target, .. }, Said::Cname(found)) if found == target => Finding::Right,
        (Expected::Cname { zone, .. }, Said::Cname(found)) => {
            Finding::WrongTarget { target: found.clone(), whose: Whose::of(found, Some(zone)) }
        }
        (Expected::Cname { .. }, Said::Txt(_)) => Finding::TxtInstead,
        (Expected::Txt { record }, Said::Txt(found)) if is_key_of(record, found) => Finding::Right,
        (Expected::Txt { .. }, Said::Txt(_)) => Finding::WrongTxt,
        (Expected::Txt { .. }, Said::Cname(found)) => {
            Finding::WrongTarget { target: found.clone(), whose: Whose::of(found, None) }
        }
        (_, Said::Addresses(_)) => Finding::Proxied,
        (_, Said::NoData(negative)) => negative.absent(false, now),
        (_, Said::NxDomain(negative)) => negative.absent(true, now),
    };
    match (&finding, doubled) {
        (Finding::Absent { .. }, Some((at, Said::Cname(_) | Said::Txt(_) | Said::Addresses(_)))) => {
            Finding::DoubledSuffix { at: at.clone() }
        }
        _ => finding,
    }
}

/// Exactly one record is a key record, and it is this key's: spaces and tags may
/// differ, key type and public key may not.
fn is_key_of(record: &str, found: &[TxtRecord]) -> bool {
    let public = |octets: &[u8]| {
        let text: Vec<u8> = octets.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
        let value =
            |tag: &[u8]| text.split(|b| *b == b';').find_map(|t| t.strip_prefix(tag)).map(<[u8]>::to_vec);
        (value(b"k=").unwrap_or_else(|| b"rsa".to_vec()), value(b"p="))
    };
    let [only] = found else { return false };
    KeyRecord::parse(&only.octets).is_ok() && public(&only.octets) == public(record.as_bytes())
}

impl Negative {
    /// RFC 2308 §5: the lesser of the SOA's own TTL and its MINIMUM field.
    fn absent(self, nxdomain: bool, now: u64) -> Finding {
        let seconds = self.soa_ttl.min(self.soa_minimum);
        Finding::Absent { nxdomain, others_may_hold_until: now + u64::from(seconds) }
    }
}

impl Finding {
    /// The word that the store and JSON use.
    pub fn token(&self) -> &'static str {
        match self {
            Finding::Right => "right",
            Finding::WrongTarget { .. } => "wrong_target",
            Finding::TxtInstead => "txt_instead",
            Finding::WrongTxt => "wrong_txt",
            Finding::DoubledSuffix { .. } => "doubled_suffix",
            Finding::Proxied => "proxied",
            Finding::Absent { nxdomain: true, .. } => "nxdomain",
            Finding::Absent { nxdomain: false, .. } => "no_data",
            Finding::NoAnswer(_) => "no_answer",
        }
    }

    /// True where somebody else's record is there, which must not be overwritten.
    pub fn is_somebody_elses(&self) -> bool {
        match self {
            Finding::WrongTarget { whose, .. } => *whose != Some(Whose::HostingZone),
            Finding::TxtInstead | Finding::WrongTxt => true,
            Finding::Right
            | Finding::DoubledSuffix { .. }
            | Finding::Proxied
            | Finding::Absent { .. }
            | Finding::NoAnswer(_) => false,
        }
    }
}

impl Whose {
    /// Whose name this is: ours, a service's that is known, or nobody's we know.
    pub fn of(target: &DomainName, zone: Option<&HostingZone>) -> Option<Whose> {
        if zone.is_some_and(|zone| target.is_at_or_below(zone.name())) {
            return Some(Whose::HostingZone);
        }
        let name = target.as_str();
        let below = |suffix: &str| name.strip_suffix(suffix).is_some_and(|front| front.ends_with('.'));
        SERVICES.iter().find(|(suffix, _)| below(suffix)).map(|(_, service)| Whose::Service(service))
    }
}

/// Where services host their customers' keys.
const SERVICES: [(&str, &str); 14] = [
    ("onmicrosoft.com", "Microsoft 365"),
    ("dkim.mail.microsoft", "Microsoft 365"),
    ("dkim.amazonses.com", "Amazon SES"),
    ("sendgrid.net", "SendGrid"),
    ("mailgun.org", "Mailgun"),
    ("mcsv.net", "Mailchimp"),
    ("mandrillapp.com", "Mailchimp Transactional"),
    ("domains.proton.ch", "Proton Mail"),
    ("fmhosted.com", "Fastmail"),
    ("hubspotemail.net", "HubSpot"),
    ("custdkim.salesforce.com", "Salesforce"),
    ("mktdns.com", "Marketo"),
    ("brevo.com", "Brevo"),
    ("zendesk.com", "Zendesk"),
];

/// What all of it means: the owner's servers, the hosting zone's (none in TXT
/// mode) and a signature verified from outside.
pub fn conclude(findings: &[Finding], hosted: &[HostedReading], outside: OutsideSignature) -> Conclusion {
    let answers = findings.iter().filter(|finding| !matches!(finding, Finding::NoAnswer(_)));
    let (right, wrong): (Vec<&Finding>, Vec<&Finding>) =
        answers.partition(|finding| **finding == Finding::Right);
    match (right.len(), wrong.len()) {
        (0, 0) => return Conclusion::NoAnswer,
        (0, _) => return Conclusion::Missing,
        (_, 0) => {}
        (_, _) => return Conclusion::Partly,
    }
    if hosted.contains(&HostedReading::Different) {
        return Conclusion::HostedDiffers;
    }
    let hosted_silent =
        !hosted.is_empty() && hosted.iter().all(|reading| *reading == HostedReading::NoAnswer);
    match outside {
        OutsideSignature::Failed => Conclusion::SignatureFails,
        OutsideSignature::NoAnswer => Conclusion::NoAnswer,
        OutsideSignature::Verified if hosted_silent => Conclusion::NoAnswer,
        OutsideSignature::Verified => Conclusion::Seen,
    }
}

impl Conclusion {
    /// Every conclusion.
    pub const ALL: [Conclusion; 6] = [
        Conclusion::Seen,
        Conclusion::Missing,
        Conclusion::Partly,
        Conclusion::HostedDiffers,
        Conclusion::SignatureFails,
        Conclusion::NoAnswer,
    ];

    /// The word that the store and JSON use.
    pub fn token(self) -> &'static str {
        match self {
            Conclusion::Seen => "seen",
            Conclusion::Missing => "missing",
            Conclusion::Partly => "partly",
            Conclusion::HostedDiffers => "hosted_differs",
            Conclusion::SignatureFails => "signature_fails",
            Conclusion::NoAnswer => "no_answer",
        }
    }

    /// Reads [`Conclusion::token`].
    pub fn from_token(token: &str) -> Option<Conclusion> {
        Conclusion::ALL.into_iter().find(|conclusion| conclusion.token() == token)
    }
}

/// Selector names to propose where the wanted ones hold somebody else's record
/// at any server: `ps1` and `ps2`. `None` where the wanted ones are free.
pub fn propose_selectors(findings: &[Finding]) -> Option<[Selector; 2]> {
    if !findings.iter().any(Finding::is_somebody_elses) {
        return None;
    }
    let [one, two] = ["ps1", "ps2"].map(Selector::parse);
    Some([one.ok()?, two.ok()?])
}

#[cfg(test)]
mod tests;
