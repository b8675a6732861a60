use std::sync::Arc;

use postseal_core::advice::Fix;
use postseal_core::dns::{
    Answer, AnswerSource, DomainName, Mx, Outcome, Question, RecordType, Records, TxtRecord, Zone,
};

/// A zone after its owner has put a proposed record in the place of what was wrong.
pub(crate) struct FixPublished<'z> {
    pub(crate) zone: &'z Zone,
    pub(crate) fix: &'z Fix,
}

impl AnswerSource for FixPublished<'_> {
    fn ready(&self, name: &DomainName, record_type: RecordType) -> Option<Arc<Answer>> {
        let Fix { record_type: fixed, name: at, .. } = self.fix;
        if name != at {
            return self.zone.ready(name, record_type);
        }
        let question = Question::new(name.clone(), record_type);
        let outcome = match (fixed, record_type) {
            (RecordType::Txt, RecordType::Txt) => Outcome::Records(Records::Txt(self.texts())),
            // A name with a TXT record is no alias, and the other way round.
            (RecordType::Txt, RecordType::Cname) => Outcome::NoData,
            (RecordType::Cname, RecordType::Cname) => Outcome::Records(Records::Cname(self.target())),
            (RecordType::Mx, RecordType::Mx) => Outcome::Records(Records::Mx(self.exchanges())),
            (RecordType::Cname, _) => return self.zone.ready(&self.target(), record_type),
            _ => return self.zone.ready(name, record_type),
        };
        Some(Arc::new(Answer::new(question, outcome, self.fix.ttl)))
    }
}

impl FixPublished<'_> {
    /// The proposed record, and beside it what is none of its kind.
    fn texts(&self) -> Vec<TxtRecord> {
        let strings: Vec<&[u8]> = self.fix.value.as_bytes().chunks(255).collect();
        let mut texts = vec![TxtRecord::from_strings(&strings)];
        if let Outcome::Records(Records::Txt(before)) =
            &self.zone.answer(&self.fix.name, RecordType::Txt).outcome
        {
            let kept = before.iter().filter(|text| kind(&text.octets) != kind(self.fix.value.as_bytes()));
            texts.extend(kept.cloned());
        }
        texts
    }

    /// The proposed MX record in the place of the one with its preference.
    fn exchanges(&self) -> Vec<Mx> {
        let (preference, exchange) = self.fix.value.split_once(' ').expect("two fields");
        let preference = preference.parse().expect("a number");
        let mut exchanges = vec![Mx { preference, exchange: DomainName::parse(exchange).ok() }];
        if let Outcome::Records(Records::Mx(before)) =
            &self.zone.answer(&self.fix.name, RecordType::Mx).outcome
        {
            exchanges.extend(before.iter().filter(|mx| mx.preference != preference).cloned());
        }
        exchanges
    }

    fn target(&self) -> DomainName {
        DomainName::from_expansion(&self.fix.value).expect("a name")
    }
}

/// What a record is, or was meant to be.
fn kind(octets: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(octets).to_ascii_lowercase().replace(' ', "");
    ["spf1", "dmarc1", "dkim1", "tlsrpt", "stsv1", "bimi1", "p="].into_iter().find(|kind| text.contains(kind))
}
