//! What the hosting zone answers, from the snapshot in force.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use postseal_core::dkim::Selector;
use postseal_core::dns::{DomainName, RecordData};
use postseal_core::hosting::{
    HostedRecord, KEY_TTL, OrganisationName, initial_domain_records, zone_policy_record,
};
use postseal_dns::serve::{
    Apex, Found, LookupName, Node, NodeError, Source, StartOfAuthority, WireName, Zone, Zones,
};
use postseal_store::revoked_record;

use super::hosted_keys::HostedKeys;
use super::snapshot::{Entry, Former, HostedSnapshot, Known};
use crate::config::HostingSettings;

/// The hosting zone at one moment.
#[derive(Debug)]
pub(crate) struct HostedZone {
    snapshot: Arc<HostedSnapshot>,
    fixed: Arc<Fixed>,
    apex: Apex,
    apex_node: Node,
}

/// What the settings say, encoded once.
#[derive(Debug)]
struct Fixed {
    settings: HostingSettings,
    /// Labels of the zone's name.
    depth: usize,
    /// Names of the zone itself; those without records only have some below them.
    nodes: HashMap<WireName, Node>,
    /// At the initial domain of each organisation: the owner of a record is a pointer to the question.
    initial: Node,
    /// At `_dmarc` below it.
    policy: Node,
}

/// Where the name server has the zone from.
#[derive(Debug)]
pub(crate) struct HostedZoneSource {
    keys: Arc<HostedKeys>,
    fixed: Arc<Fixed>,
    /// Made anew when another snapshot is in force; read once for a batch of queries.
    last: RwLock<Arc<HostedZone>>,
}

impl HostedZoneSource {
    /// # Errors
    /// [`NodeError`] where the settings make records that fit into no answer.
    pub(crate) fn new(
        keys: Arc<HostedKeys>,
        settings: &HostingSettings,
    ) -> Result<HostedZoneSource, NodeError> {
        let fixed = Arc::new(Fixed::new(settings)?);
        let last = RwLock::new(Arc::new(HostedZone::new(keys.current(), Arc::clone(&fixed))?));
        Ok(HostedZoneSource { keys, fixed, last })
    }
}

impl Source for HostedZoneSource {
    type Zones = HostedZone;

    fn current(&self) -> Arc<HostedZone> {
        let snapshot = self.keys.current();
        let last = Arc::clone(&self.last.read().unwrap_or_else(PoisonError::into_inner));
        if Arc::ptr_eq(&last.snapshot, &snapshot) {
            return last;
        }
        // What is made of the settings was made once already, and so fits.
        let Ok(zone) = HostedZone::new(snapshot, Arc::clone(&self.fixed)) else { return last };
        let zone = Arc::new(zone);
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&zone);
        zone
    }
}

impl HostedZone {
    fn new(snapshot: Arc<HostedSnapshot>, fixed: Arc<Fixed>) -> Result<HostedZone, NodeError> {
        let HostingSettings { zone, name_servers, mailbox, .. } = &fixed.settings;
        let primary = name_servers.first().unwrap_or(zone.name()).clone();
        let soa = StartOfAuthority::new(primary, mailbox.clone(), snapshot.serial());
        let mut apex_node = Node::new();
        apex_node.add_start_of_authority(&soa)?;
        for server in name_servers {
            apex_node.add(KEY_TTL, &RecordData::Ns(server.clone()))?;
        }
        let apex = Apex::new(zone.name(), &soa);
        Ok(HostedZone { snapshot, apex, apex_node, fixed })
    }

    /// One label below the zone: an organisation.
    fn organisation(&self, label: &[u8]) -> Found<'_> {
        let Some(name) = organisation(label) else { return Found::Nothing };
        let presence = self.snapshot.presence_of(&name);
        match presence.initial {
            true => Found::Node(Cow::Borrowed(&self.fixed.initial)),
            false if presence.names > 0 => Found::EmptyNonTerminal,
            false => Found::Nothing,
        }
    }

    /// Two labels below the zone.
    fn below_organisation(&self, first: &[u8], label: &[u8]) -> Found<'_> {
        let Some(name) = organisation(label) else { return Found::Nothing };
        let presence = self.snapshot.presence_of(&name);
        match first {
            b"_domainkey" if presence.names > 0 => Found::EmptyNonTerminal,
            b"_dmarc" if presence.initial => Found::Node(Cow::Borrowed(&self.fixed.policy)),
            _ => Found::Nothing,
        }
    }

    /// A hosted key, or one of an initial domain.
    fn key(&self, first: &[u8], label: &[u8]) -> Found<'_> {
        let (Some(organisation), Ok(first)) = (organisation(label), std::str::from_utf8(first)) else {
            return Found::Nothing;
        };
        let hosted = self.snapshot.of_hosted_name(first);
        let record =
            hosted.and_then(|entry| hosted_record(&entry, first, &organisation, self.snapshot.as_of()));
        let record = record.or_else(|| self.initial_record(first, &organisation));
        let node = record.and_then(|record| {
            let mut node = Node::new();
            node.add_text(KEY_TTL, record.as_bytes()).ok()?;
            Some(node)
        });
        node.map_or(Found::Nothing, |node| Found::Node(Cow::Owned(node)))
    }

    /// The record of an initial domain's own selector.
    fn initial_record(&self, selector: &str, organisation: &OrganisationName) -> Option<String> {
        if !self.snapshot.presence_of(organisation).initial {
            return None;
        }
        let name = self.fixed.settings.zone.initial_domain(organisation);
        let Known::Yes(entry) = self.snapshot.find(&name) else { return None };
        let holder = entry.holder.filter(|holder| holder.organisation == *organisation)?;
        let key = holder.signing?.keys.into_iter().find(|key| key.selector.as_str() == selector)?;
        Some(if key.revoked { revoked_record(&key.record) } else { key.record })
    }
}

/// What a hosted name answers at this time: a key, a revoked one, or nothing any more.
fn hosted_record(
    entry: &Entry,
    hosted_selector: &str,
    organisation: &OrganisationName,
    as_of: u64,
) -> Option<String> {
    let holder = entry.holder.as_ref().filter(|holder| holder.organisation == *organisation);
    let keys =
        holder.and_then(|holder| holder.signing.as_ref()).into_iter().flat_map(|signing| &signing.keys);
    if let Some(key) = keys.into_iter().find(|key| key.hosted_selector == hosted_selector) {
        return Some(if key.revoked { revoked_record(&key.record) } else { key.record.clone() });
    }
    let is_it =
        |name: &&Former| name.hosted_selector == hosted_selector && name.organisation == *organisation;
    let former = entry.former.iter().find(is_it)?;
    match as_of {
        _ if as_of < former.published_until => Some(former.record.clone()),
        _ if as_of < former.revoked_until => Some(revoked_record(&former.record)),
        _ => None,
    }
}

fn organisation(label: &[u8]) -> Option<OrganisationName> {
    OrganisationName::parse(std::str::from_utf8(label).ok()?).ok()
}

impl Zone for HostedZone {
    fn apex(&self) -> &Apex {
        &self.apex
    }

    fn find(&self, name: LookupName<'_>) -> Found<'_> {
        if name == self.apex.name() {
            return Found::Node(Cow::Borrowed(&self.apex_node));
        }
        if let Some(node) = self.fixed.nodes.get(name.octets()) {
            let is_empty = *node == Node::new();
            return if is_empty { Found::EmptyNonTerminal } else { Found::Node(Cow::Borrowed(node)) };
        }
        let labels: Vec<&[u8]> = name.labels().collect();
        match &labels[..labels.len().saturating_sub(self.fixed.depth)] {
            [organisation] => self.organisation(organisation),
            [first, organisation] => self.below_organisation(first, organisation),
            [first, b"_domainkey", organisation] => self.key(first, organisation),
            _ => Found::Nothing,
        }
    }
}

impl Zones for HostedZone {
    type Zone = HostedZone;

    /// While some of the domains are not known, what is not found may be there all the same: then
    /// nothing is said of it (REFUSED), and another server of the zone is asked.
    fn zone_of(&self, name: LookupName<'_>) -> Option<&HostedZone> {
        let is_ours = name.is_at_or_below(self.apex.name());
        let can_say = self.snapshot.is_complete() || self.find(name) != Found::Nothing;
        (is_ours && can_say).then_some(self)
    }
}

impl Fixed {
    fn new(settings: &HostingSettings) -> Result<Fixed, NodeError> {
        let zone = &settings.zone;
        let mut fixed = Fixed {
            settings: settings.clone(),
            depth: zone.name().labels().count(),
            nodes: HashMap::new(),
            initial: Node::new(),
            policy: Node::new(),
        };
        if let Some(HostedRecord { name, ttl, data }) = zone_policy_record(zone) {
            fixed.add(&name, ttl, &data)?;
        }
        // Any organisation: the records of all read alike.
        if let Ok(organisation) = OrganisationName::parse("organisation") {
            let no_keys: &[(Selector, String)] = &[];
            let name = zone.initial_domain(&organisation);
            for record in
                initial_domain_records(zone, &organisation, &settings.mail, &settings.senders, no_keys)
            {
                let node = if record.name == name { &mut fixed.initial } else { &mut fixed.policy };
                node.add(record.ttl, &record.data)?;
            }
        }
        if let Ok(spf) = zone.name().with_prefix("spf") {
            let senders: String = settings.senders.iter().map(|sender| format!("{sender} ")).collect();
            fixed.node(&spf).add_text(KEY_TTL, format!("v=spf1 {senders}-all").as_bytes())?;
        }
        for (name, addresses) in &settings.addresses {
            for address in addresses {
                let data = match address {
                    IpAddr::V4(address) => RecordData::A(*address),
                    IpAddr::V6(address) => RecordData::Aaaa(*address),
                };
                fixed.add(name, KEY_TTL, &data)?;
            }
        }
        Ok(fixed)
    }

    fn add(&mut self, name: &DomainName, ttl: u32, data: &RecordData) -> Result<(), NodeError> {
        self.node(name).add(ttl, data)
    }

    /// The node of a name; the names above it are there from then on.
    fn node(&mut self, name: &DomainName) -> &mut Node {
        let mut above = name.parent();
        while let Some(name) = above.filter(|name| *name != *self.settings.zone.name()) {
            self.nodes.entry(WireName::from(&name)).or_default();
            above = name.parent();
        }
        self.nodes.entry(WireName::from(name)).or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use postseal_core::hosting::{HostingZone, MailRoute};
    use postseal_dns::serve::{Asker, CookieSecrets, Responder, Sent, Transport};

    use super::super::snapshot::tests::{entry, former, name, unknown, with};
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn settings() -> HostingSettings {
        HostingSettings {
            zone: HostingZone::new(name("keys.example")).expect("short"),
            listen: Vec::new(),
            name_servers: vec![name("ns1.keys.example"), name("ns.example.net")],
            addresses: vec![(name("ns1.keys.example"), vec!["192.0.2.1".parse().expect("an address")])],
            mailbox: name("hostmaster.keys.example"),
            senders: vec!["ip4:192.0.2.25".to_owned()],
            mail: MailRoute::Null,
        }
    }

    fn zone(snapshot: HostedSnapshot) -> HostedZone {
        let fixed = Fixed::new(&settings()).expect("fits");
        HostedZone::new(Arc::new(snapshot), Arc::new(fixed)).expect("fits")
    }

    /// RCODE, answers, and the octets of the whole answer as text.
    fn ask(zone: &HostedZone, question: &str, record_type: u16) -> (u8, u16, String) {
        let mut query = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        query.extend_from_slice(WireName::from(&name(question)).as_lookup().octets());
        query.extend_from_slice(&[0, u8::try_from(record_type).expect("small"), 0, 1]);
        let responder = Responder::without_rate_limit(CookieSecrets::new([7; 16]));
        let asker = Asker { client: [192, 0, 2, 9].into(), transport: Transport::Tcp };
        let mut answer = Vec::new();
        let sent = responder.answer(zone, &query, asker, Duration::from_secs(NOW), &mut answer);
        assert_eq!(sent, Sent::Answer, "{question}");
        let count = u16::from_be_bytes([answer[6], answer[7]]);
        (answer[3] & 15, count, String::from_utf8_lossy(&answer).into_owned())
    }

    const TXT: u16 = 16;
    const A: u16 = 1;
    const MX: u16 = 15;
    const NOERROR: u8 = 0;
    const NXDOMAIN: u8 = 3;
    const REFUSED: u8 = 5;

    #[test]
    fn answers_for_every_name_of_the_zone() {
        let mut gone = entry("gone.example", "contoso");
        gone.holder = None;
        gone.former = vec![former("contoso", "old-gone", NOW + 5), former("contoso", "older-gone", NOW - 5)];
        let snapshot = with(&[
            entry("contoso.example", "contoso"),
            entry("contoso.keys.example", "contoso"),
            entry("fabrikam.example", "fabrikam"),
            gone,
        ]);
        let zone = zone(snapshot);
        let check = |question: &str, record_type: u16, expected: (u8, u16), text: &str| {
            let (rcode, count, answer) = ask(&zone, question, record_type);
            assert_eq!((rcode, count), expected, "{question} {record_type} {answer}");
            assert!(answer.contains(text), "{question}: {answer}");
        };
        check("keys.example", 6, (NOERROR, 1), "hostmaster");
        check("keys.example", 2, (NOERROR, 2), "ns1");
        check("keys.example", TXT, (NOERROR, 0), "");
        check("_dmarc.keys.example", TXT, (NOERROR, 1), "v=DMARC1; p=reject; psd=y");
        check("spf.keys.example", TXT, (NOERROR, 1), "v=spf1 ip4:192.0.2.25 -all");
        check("ns1.keys.example", A, (NOERROR, 1), "");
        check("ns1.keys.example", TXT, (NOERROR, 0), "");
        check("nothing.keys.example", TXT, (NXDOMAIN, 0), "");

        check("contoso.keys.example", TXT, (NOERROR, 1), "v=spf1 ip4:192.0.2.25 -all");
        check("contoso.keys.example", MX, (NOERROR, 1), "");
        check("_dmarc.contoso.keys.example", TXT, (NOERROR, 1), "psd=n");
        check("_domainkey.contoso.keys.example", TXT, (NOERROR, 0), "");
        check("selector1._domainkey.contoso.keys.example", TXT, (NOERROR, 1), "v=DKIM1; k=rsa; p=20");
        check("selector3._domainkey.contoso.keys.example", TXT, (NXDOMAIN, 0), "");
        check("x.contoso.keys.example", TXT, (NXDOMAIN, 0), "");

        let hosted = "selector1-contoso-example._domainkey.contoso.keys.example";
        check(hosted, TXT, (NOERROR, 1), "v=DKIM1; k=rsa; p=15");
        check(hosted, A, (NOERROR, 0), "");
        check(&format!("x.{hosted}"), TXT, (NXDOMAIN, 0), "");
        check("selector2-contoso-example._domainkey.contoso.keys.example", TXT, (NOERROR, 1), "k=rsa; p=");
        // Another organisation's name is not this one's, whatever the key.
        check("selector1-contoso-example._domainkey.fabrikam.keys.example", TXT, (NXDOMAIN, 0), "");
        check("selector1-fabrikam-example._domainkey.fabrikam.keys.example", TXT, (NOERROR, 1), "p=16");
        // No initial domain, and names below.
        check("fabrikam.keys.example", TXT, (NOERROR, 0), "");
        check("_dmarc.fabrikam.keys.example", TXT, (NXDOMAIN, 0), "");

        check("old-gone._domainkey.contoso.keys.example", TXT, (NOERROR, 1), "p=AAAA");
        let (_, count, answer) = ask(&zone, "older-gone._domainkey.contoso.keys.example", TXT);
        assert!(count == 1 && answer.contains("k=rsa; p=") && !answer.contains("AAAA"), "{answer}");
        check("other.example", TXT, (REFUSED, 0), "");
    }

    #[test]
    fn what_is_not_known_is_not_denied() {
        let zone = zone(unknown());
        let check =
            |question: &str, expected: u8| assert_eq!(ask(&zone, question, TXT).0, expected, "{question}");
        check("selector1-contoso-example._domainkey.contoso.keys.example", REFUSED);
        check("contoso.keys.example", REFUSED);
        check("spf.keys.example", NOERROR);
    }
}
