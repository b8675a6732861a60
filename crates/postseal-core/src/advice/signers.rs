use super::registrable::same_owner;
use crate::dkim::Selector;
use crate::dkim::signature::{Signature, SignatureField};
use crate::dns::DomainName;
use crate::message::HeaderSection;

/// Signatures of one message that are looked at.
const MAX_SIGNERS: usize = 20;

/// The domains and selectors that signed a message and belong to the owner of `domain`, top down, each once.
/// No signature is verified.
pub fn signers(section: &HeaderSection, domain: &DomainName) -> Vec<(DomainName, Selector)> {
    let mut signers = Vec::new();
    for field in section.named("DKIM-Signature").take(MAX_SIGNERS) {
        let (origin, _) = Signature::read(field.body(), SignatureField::Dkim, &mut Vec::new());
        if let (Some(sdid), Some(selector)) = (origin.sdid, origin.selector)
            && same_owner(&sdid, domain)
            && !signers.contains(&(sdid.clone(), selector.clone()))
        {
            signers.push((sdid, selector));
        }
    }
    signers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_owners_signatures() {
        let section = HeaderSection::parse(
            b"DKIM-Signature: v=1; d=contoso.example; s=one; b=\r\nDKIM-Signature: d=esp.example; s=two\r\n\
              DKIM-Signature: d=mail.contoso.example; s=three\r\nDKIM-Signature: d=contoso.example; s=one\r\n"
                .to_vec(),
        );
        let domain = DomainName::parse("contoso.example").expect("a name");
        let found: Vec<String> = signers(&section, &domain)
            .iter()
            .map(|(sdid, selector)| format!("{} {sdid}", selector.as_str()))
            .collect();
        assert_eq!(found, ["one contoso.example", "three mail.contoso.example"]);
    }
}
