//! What is registered at the DNS host, and what the story would have registered.

use postseal_core::dns::RecordData;

use super::{Came, Living, LivingError};
use crate::api::resource::DkimSigningConfiguration;
use crate::sandbox::chapters::{Goal, Registered};
use crate::sandbox::dns_host::DnsHostError;
use crate::sandbox::registrar::{self, Entry, EntryError};
use crate::sandbox::{CONTOSO, HOSTING_ZONE};

impl Living {
    /// Registers a record as it was typed.
    pub(crate) fn add_record(&mut self, entry: &Entry) -> Came {
        let accepted = match registrar::read(entry, CONTOSO, &self.records()) {
            Ok(accepted) => accepted,
            Err(error) => return Came::NotRegistered(error),
        };
        match self.world.dns_host.add(&accepted.name, accepted.ttl, &accepted.data) {
            Ok(()) => {
                self.dns_happens();
                Came::Registered(accepted.advice)
            }
            Err(DnsHostError::Full) => Came::NotRegistered(EntryError::Full),
            Err(_) => Came::NotRegistered(EntryError::AliasBesideData(accepted.name.to_string())),
        }
    }

    pub(crate) fn remove_record(&mut self, number: u64) -> Result<Came, LivingError> {
        let removed = self.world.dns_host.remove(number)?;
        self.dns_happens();
        Ok(if removed { Came::Removed } else { Came::NothingToUndo })
    }

    pub(crate) fn undo_record(&mut self) -> Result<Came, LivingError> {
        let undone = self.world.dns_host.undo()?;
        self.dns_happens();
        Ok(if undone { Came::Undone } else { Came::NothingToUndo })
    }

    /// What would be typed for this goal; `None` where it is no record.
    pub(crate) fn entry_of(goal: Goal, dkim: &DkimSigningConfiguration) -> Option<Entry> {
        match goal {
            Goal::Spf => Some(spf_entry()),
            Goal::Cname(place) => Some(cname_entry(dkim, place)),
            Goal::Dmarc(policy) => Some(dmarc_entry(policy)),
            _ => None,
        }
    }

    /// Registers a record in place of what stands at its name.
    pub(super) fn replace_record(&mut self, entry: &Entry) -> Result<Came, LivingError> {
        let name = match entry.host.as_str() {
            "@" => CONTOSO.to_owned(),
            host => format!("{host}.{CONTOSO}"),
        };
        for record in self.records().into_iter().filter(|record| record.name.as_str() == name) {
            self.world.dns_host.remove(record.number)?;
        }
        Ok(self.add_record(entry))
    }

    /// What of the story's records is registered. The CNAMEs are what the mail server asks for.
    pub(super) fn registered(&self, dkim: Option<&DkimSigningConfiguration>) -> Registered {
        let records = self.records();
        let texts = |name: &str| -> Vec<String> {
            let at = records.iter().filter(|record| record.name.as_str() == name);
            at.filter_map(|record| match &record.data {
                RecordData::Txt(text) => Some(String::from_utf8_lossy(&text.octets).into_owned()),
                _ => None,
            })
            .collect()
        };
        let include = format!("include:spf.{HOSTING_ZONE}");
        let spf: Vec<String> = texts(CONTOSO).into_iter().filter(|text| text.starts_with("v=spf1")).collect();
        let cname = |number: usize| {
            let name = format!("selector{number}._domainkey.{CONTOSO}");
            records.iter().any(|record| {
                record.name.as_str() == name
                    && match &record.data {
                        RecordData::Cname(target) => dkim.map_or_else(
                            || target.as_str().starts_with(&format!("selector{number}-")),
                            |dkim| cname_of(dkim, number - 1) == target.as_str(),
                        ),
                        _ => false,
                    }
            })
        };
        let dmarc = match texts(&format!("_dmarc.{CONTOSO}")).as_slice() {
            [one] => one.split(';').find_map(|tag| tag.trim().strip_prefix("p=").map(str::to_owned)),
            _ => None,
        };
        Registered {
            spf: matches!(spf.as_slice(), [one] if one.split(' ').any(|term| term == include)),
            cnames: [cname(1), cname(2)],
            dmarc,
            records: records.len(),
        }
    }
}

fn entry(kind: &str, host: &str, value: String) -> Entry {
    Entry { kind: kind.to_owned(), host: host.to_owned(), value, ttl: "3600".to_owned() }
}

pub(super) fn spf_entry() -> Entry {
    entry("TXT", "@", format!("v=spf1 include:spf.{HOSTING_ZONE} -all"))
}

pub(super) fn cname_entry(dkim: &DkimSigningConfiguration, place: usize) -> Entry {
    entry("CNAME", &format!("selector{}._domainkey", place + 1), cname_of(dkim, place).to_owned())
}

/// Where a selector must lead, without a final dot.
pub(crate) fn cname_of(dkim: &DkimSigningConfiguration, place: usize) -> &str {
    let target = if place == 0 { &dkim.selector1_cname } else { &dkim.selector2_cname };
    target.as_deref().unwrap_or_default().trim_end_matches('.')
}

pub(super) fn dmarc_entry(policy: &str) -> Entry {
    entry("TXT", "_dmarc", format!("v=DMARC1; p={policy}"))
}
