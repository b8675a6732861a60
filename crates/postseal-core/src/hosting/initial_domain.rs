use super::{HostingZone, OrganisationName};
use crate::dkim::Selector;
use crate::dns::{DomainName, Mx, RecordData, TxtRecord};

/// Seconds that a hosted record may be kept.
pub const KEY_TTL: u32 = 3_600;

/// A record of the hosting zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedRecord {
    /// Its name.
    pub name: DomainName,
    /// Seconds that it may be kept.
    pub ttl: u32,
    /// What it says.
    pub data: RecordData,
}

/// Whether initial domains take mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailRoute {
    /// They take none: a null MX (RFC 7505).
    Null,
    /// Their mail goes to this host.
    Host(DomainName),
}

/// The hosting zone's own policy. `psd=y` ends the tree walk of each tenant at the
/// zone, so that no tenant's domain is the Organizational Domain of another's (RFC 9989 §4.10).
pub fn zone_policy_record(zone: &HostingZone) -> Option<HostedRecord> {
    policy(zone.name(), "v=DMARC1; p=reject; psd=y")
}

/// All records of an organisation's initial domain: SPF, MX or null MX, the keys
/// and the policy. `senders` is what stands between `v=spf1` and `-all`, as
/// `include:spf.keys.example`; a domain that sends nothing has none. `keys` are
/// the selectors with the texts of their key records.
pub fn initial_domain_records(
    zone: &HostingZone,
    organisation: &OrganisationName,
    mail: &MailRoute,
    senders: &[String],
    keys: &[(Selector, String)],
) -> Vec<HostedRecord> {
    let name = zone.initial_domain(organisation);
    let mut spf = "v=spf1 ".to_owned();
    for sender in senders {
        spf.push_str(sender);
        spf.push(' ');
    }
    spf.push_str("-all");
    let here = |data| HostedRecord { name: name.clone(), ttl: KEY_TTL, data };
    let mut records = vec![here(text(&spf)), here(RecordData::Mx(mx(mail)))];
    for (selector, record) in keys {
        let key_name = selector.key_name(&name).ok();
        records.extend(key_name.map(|name| HostedRecord { name, ttl: KEY_TTL, data: text(record) }));
    }
    // psd=n: the walk stops here and takes this name, not the zone's, as Organizational Domain;
    // strict alignment: nothing below it passes for it.
    records.extend(policy(&name, "v=DMARC1; p=reject; psd=n; adkim=s; aspf=s"));
    records
}

fn policy(domain: &DomainName, record: &str) -> Option<HostedRecord> {
    let name = domain.with_prefix("_dmarc").ok()?;
    Some(HostedRecord { name, ttl: KEY_TTL, data: text(record) })
}

fn text(text: &str) -> RecordData {
    let strings: Vec<&[u8]> = text.as_bytes().chunks(LONGEST_STRING).collect();
    RecordData::Txt(TxtRecord::from_strings(&strings))
}

/// Octets of one character-string (RFC 1035 §3.3).
const LONGEST_STRING: usize = 255;

fn mx(mail: &MailRoute) -> Mx {
    match mail {
        MailRoute::Null => Mx { preference: 0, exchange: None },
        MailRoute::Host(host) => Mx { preference: 10, exchange: Some(host.clone()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dmarc::{self, Authentication, DmarcResult, Identifier};
    use crate::dns::{Answers, RecordType, Zone};

    const ALIKE: [&str; 3] = ["fabrikam", "contoso", "con"];

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).expect("a name")
    }

    fn hosting_zone() -> (HostingZone, Zone) {
        let hosting = HostingZone::new(name("keys.example")).expect("short");
        let mut zone = Zone::new();
        let key =
            (Selector::parse("selector1").expect("valid"), format!("v=DKIM1; k=rsa; p={}", "A".repeat(392)));
        let mut add = |record: HostedRecord| zone.add(&record.name, record.ttl, record.data);
        zone_policy_record(&hosting).into_iter().for_each(&mut add);
        for tenant in ALIKE {
            let organisation = OrganisationName::parse(tenant).expect("valid");
            let senders = ["include:spf.keys.example".to_owned()];
            let keys = std::slice::from_ref(&key);
            initial_domain_records(&hosting, &organisation, &MailRoute::Null, &senders, keys)
                .into_iter()
                .for_each(&mut add);
        }
        (hosting, zone)
    }

    #[test]
    fn an_initial_domain_has_all_its_records() {
        let (_, zone) = hosting_zone();
        let check = |asked: &str, expected: &[&str]| {
            let answer = zone.answer(&name(asked), RecordType::Txt);
            let texts: Vec<String> =
                answer.txt().iter().map(|t| String::from_utf8_lossy(&t.octets).into_owned()).collect();
            assert_eq!(texts, expected, "{asked}");
        };
        check("_dmarc.keys.example", &["v=DMARC1; p=reject; psd=y"]);
        check("_dmarc.contoso.keys.example", &["v=DMARC1; p=reject; psd=n; adkim=s; aspf=s"]);
        check("contoso.keys.example", &["v=spf1 include:spf.keys.example -all"]);
        let key = zone.answer(&name("selector1._domainkey.contoso.keys.example"), RecordType::Txt);
        assert_eq!(key.txt()[0].strings().map(<[u8]>::len).collect::<Vec<_>>(), [255, 155]);
        let mx = zone.answer(&name("contoso.keys.example"), RecordType::Mx);
        let expected = crate::dns::Records::Mx(vec![Mx { preference: 0, exchange: None }]);
        assert_eq!(mx.outcome, crate::dns::Outcome::Records(expected));
    }

    /// Nobody's signature and nobody's SPF passes for another tenant, the zone or a name below.
    #[test]
    fn tenants_are_strangers_to_each_other() {
        let (hosting, zone) = hosting_zone();
        let check = |author: &str, identifier: &str, expected: DmarcResult| {
            let (author, identifier) = (name(author), name(identifier));
            let passed = Identifier { domain: &identifier, authentication: Authentication::Passed };
            for (spf, dkim) in [(Some(passed), vec![]), (None, vec![passed])] {
                let mut answers = Answers::new(&zone);
                let options = dmarc::Options::default();
                let evaluation = dmarc::evaluate(&author, spf, dkim.into_iter(), &options, &mut answers)
                    .expect("a zone answers everything");
                assert_eq!(evaluation.result, expected, "{identifier} for {author}");
            }
        };
        for author in ALIKE {
            let author = format!("{author}.{}", hosting.name());
            check(&author, &author, DmarcResult::Pass);
            check(&author, &format!("mail.{author}"), DmarcResult::Fail);
            check(&format!("mail.{author}"), &author, DmarcResult::Fail);
            check(&author, "keys.example", DmarcResult::Fail);
            check("keys.example", &author, DmarcResult::Fail);
            check("unknown.keys.example", &author, DmarcResult::Fail);
            for other in ALIKE.iter().map(|o| format!("{o}.{}", hosting.name())).filter(|o| *o != author) {
                check(&author, &other, DmarcResult::Fail);
                check(&author, &format!("mail.{other}"), DmarcResult::Fail);
            }
        }
    }
}
