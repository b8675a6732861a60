use super::check_host::{Matched, Session, Stop};
use super::limits::Limits;
use super::{DomainSpec, MacroLetter, MacroString, Selection};
use crate::dns::{DomainName, Missing, QueryClass, RecordType};

/// Octets that an explanation may have; a longer one is cut.
///
/// RFC 7208 §6.2: "Implementations MAY limit the length of the resulting
/// explanation string". Two replies of SMTP's 512 octets (RFC 5321 §4.5.3.1.5).
pub const MAX_EXPLANATION: usize = 1024;

impl Session<'_, '_, '_> {
    /// What the domain says about a "fail" (RFC 7208 §6.2).
    pub(super) fn explain(&mut self, matched: &Matched<'_>) -> Result<Option<String>, Missing> {
        let Selection::One { record, .. } = matched.answer.spf() else { return Ok(None) };
        let Some(spec) = record.explanation() else { return Ok(None) };
        // RFC 7208 §4.6.4: "the "exp" modifier only causes a lookup at a later
        // time", and is not subject to the limits.
        self.limits = Limits::lifted();
        match self.explanation_text(spec, &matched.domain) {
            Ok(text) => Ok(text),
            Err(Stop::Missing) => Err(Missing),
            // RFC 7208 §6.2: "If there are any DNS processing errors …, then
            // proceed as if no "exp" modifier was given."
            Err(Stop::Error(_)) => Ok(None),
        }
    }

    fn explanation_text(&mut self, spec: &DomainSpec, domain: &DomainName) -> Result<Option<String>, Stop> {
        let Some(target) = self.target(Some(spec), domain)? else { return Ok(None) };
        let answer = self.answers.get(QueryClass::Spf, &target, RecordType::Txt)?;
        // RFC 7208 §6.2: "or if no records are returned, or if more than one
        // record is returned, or if there are syntax errors".
        let [txt] = answer.txt() else { return Ok(None) };
        let Ok(string) = MacroString::parse_explanation(&txt.octets) else { return Ok(None) };
        let validated = match string.uses(MacroLetter::ValidatedName) {
            true => self.validated_name(domain)?,
            false => None,
        };
        let text = self.values.text(&string, domain, validated.as_ref(), MAX_EXPLANATION);
        // RFC 7208 §6.2: "the explanation string MUST be limited to [US-ASCII]".
        // What HELO or the reverse-path bring along may be anything.
        Ok(Some(text).filter(|text| text.bytes().all(|b| b == b' ' || b.is_ascii_graphic())))
    }
}
