use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use postseal_core::dns::{Answer, AnswerSource, DomainName, RecordData, RecordType, Zone};

use super::{MasterFile, write_data};

/// The records of any number of master files, as one source of answers. What is
/// in none of them does not exist.
#[derive(Clone, Debug, Default)]
pub struct Zones {
    zone: Zone,
    owners: BTreeSet<DomainName>,
    seen: HashSet<(DomainName, RecordType, String)>,
}

impl Zones {
    /// No files yet.
    pub fn new() -> Zones {
        Zones::default()
    }

    /// Adds the records of one more file.
    pub fn add(&mut self, file: &MasterFile) {
        for record in &file.records {
            self.add_record(&record.name, record.ttl, &record.data);
        }
    }

    fn add_record(&mut self, name: &DomainName, ttl: u32, data: &RecordData) {
        // RFC 2181 §5: a set never holds the same record twice.
        let key = (name.clone(), data.record_type(), write_data(data));
        if self.seen.insert(key) {
            self.owners.insert(name.clone());
            self.zone.add(name, ttl, data.clone());
        }
    }

    /// True where some file speaks about this name: it or a name above it has records.
    pub fn covers(&self, name: &DomainName) -> bool {
        let mut next = Some(name.clone());
        while let Some(name) = next {
            if self.owners.contains(&name) {
                return true;
            }
            next = name.parent();
        }
        false
    }

    /// True where a file speaks about names below this one only, underscored labels
    /// in front left aside: a policy look-up passes there on its way up.
    pub fn lies_above(&self, name: &DomainName) -> bool {
        let underscored = name.labels().take_while(|label| label.starts_with('_')).count();
        let domain = name.suffix(name.label_count() - underscored);
        self.zone.contains(&domain) && !self.covers(&domain)
    }

    /// The records.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }
}

impl AnswerSource for Zones {
    fn ready(&self, name: &DomainName, record_type: RecordType) -> Option<Arc<Answer>> {
        self.zone.ready(name, record_type)
    }
}
