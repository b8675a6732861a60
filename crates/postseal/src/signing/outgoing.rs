use std::collections::HashSet;
use std::sync::Arc;

use postseal_core::dkim::{
    BodyHashes, Canonicalization, HeaderSigner, Selector, SignError, SignedNames, SigningSettings,
};
use postseal_core::dns::DomainName;
use postseal_core::message::{HeaderSection, MailFrom};

use super::{BodyWatch, DomainKey, Fragile, KeyUnusable, KeyWanted, Keys, SigningDomain};

/// The signing of one message that must be signed: made from its header section, fed
/// its body, finished with the keys.
#[derive(Debug)]
pub(crate) struct Outgoing {
    domain: Arc<SigningDomain>,
    signatures: Vec<Signature>,
    body: BodyHashes,
    watch: BodyWatch,
}

#[derive(Debug)]
struct Signature {
    selector: Selector,
    signer: HeaderSigner,
    key: KeyWanted,
}

/// A message that has been signed.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) domain: DomainName,
    /// The fields, each with its CRLF, top down, and the selectors of their keys.
    pub(crate) fields: Vec<(Selector, String)>,
    pub(crate) fragile: Fragile,
    /// Somebody must look after the domain's keys.
    pub(crate) alarm: bool,
}

/// Why a message that must be signed is not.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SigningTrouble {
    /// Later it may be.
    #[error("the key of {domain} cannot be used: {cause}")]
    Key { domain: DomainName, cause: KeyUnusable },
    /// No key of the domain is for mail to these recipients.
    #[error("{domain} has no key for mail to these recipients")]
    NoKeyOnRoute { domain: DomainName },
    /// Nobody sees a key of the domain, and its setting says that mail waits then.
    #[error("nobody sees a key of {domain}, and its mail waits for one")]
    UnseenKey { domain: DomainName },
    /// The domain may be a hosted one: it is not known.
    #[error(
        "whether {domain} is hosted here is not known: the store is not open, and this node's copy of it not whole"
    )]
    NotKnown { domain: DomainName },
    /// The message can never be signed.
    #[error("the message cannot be signed as {domain}: {cause}")]
    Message { domain: DomainName, cause: SignError },
}

/// Whether header fields are octet for octet those of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fields {
    Exact,
    /// The MTA hides blanks: nothing but `relaxed` can be signed.
    BlanksHidden,
}

/// Recipients' domains, as far as keys are chosen by them.
#[derive(Debug, Default)]
pub(crate) struct Recipients {
    domains: HashSet<DomainName>,
    /// There are some whose domain is not here.
    has_others: bool,
}

impl Recipients {
    /// Takes the argument of RCPT TO.
    pub(crate) fn add(&mut self, path: &[u8]) {
        if self.domains.len() < MAX_RECIPIENT_DOMAINS
            && let Ok(path) = std::str::from_utf8(path)
            && let MailFrom::Address { domain: Some(domain), .. } = MailFrom::new(path)
        {
            self.domains.insert(domain);
        } else {
            self.has_others = true;
        }
    }

    /// The domains of all recipients; `None` where not all are known.
    pub(crate) fn all_domains(&self) -> Option<&HashSet<DomainName>> {
        Some(&self.domains).filter(|domains| !self.has_others && !domains.is_empty())
    }

    fn are_on_route_of(&self, key: &DomainKey) -> bool {
        let on_route = |domain: &DomainName| key.routes.iter().any(|route| domain.is_at_or_below(route));
        key.routes.is_empty() || self.domains.iter().any(on_route)
    }
}

impl Outgoing {
    /// Begins the signatures of `domain`, and to read its keys. `now` in seconds since 1970.
    ///
    /// # Errors
    /// [`SigningTrouble`] where the message cannot be signed.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub(crate) fn begin(
        domain: Arc<SigningDomain>,
        section: &HeaderSection,
        recipients: &Recipients,
        fields: Fields,
        keys: &Arc<Keys>,
        now: u64,
    ) -> Result<Outgoing, SigningTrouble> {
        let mut body = BodyHashes::new();
        let mut signatures = Vec::with_capacity(domain.keys.len());
        for key in domain.keys.iter().filter(|key| recipients.are_on_route_of(key)) {
            let settings = signing_settings(&domain, key, section, fields, now);
            let signer = HeaderSigner::new(settings, section, &mut body)
                .map_err(|cause| SigningTrouble::Message { domain: domain.domain.clone(), cause })?;
            let selector = key.selector.clone();
            signatures.push(Signature { selector, signer, key: keys.want(&key.place) });
        }
        if signatures.is_empty() {
            return Err(SigningTrouble::NoKeyOnRoute { domain: domain.domain.clone() });
        }
        let mut watch = BodyWatch::default();
        watch.update(section.octets());
        Ok(Outgoing { domain, signatures, body, watch: watch.of_body() })
    }

    /// Takes the next octets of the body.
    pub(crate) fn body(&mut self, chunk: &[u8]) {
        self.body.update(chunk);
        self.watch.update(chunk);
    }

    /// Signs with every key.
    ///
    /// # Errors
    /// [`SigningTrouble`]: where one key cannot be used, the message gets no signature at all.
    pub(crate) async fn finish(self) -> Result<Signed, SigningTrouble> {
        let domain = &self.domain.domain;
        let digests = self.body.finish();
        let mut fields = Vec::with_capacity(self.signatures.len());
        for Signature { selector, signer, key } in self.signatures {
            let key =
                key.ready().await.map_err(|cause| SigningTrouble::Key { domain: domain.clone(), cause })?;
            let field = signer
                .finish(&digests, &key)
                .map_err(|cause| SigningTrouble::Message { domain: domain.clone(), cause })?;
            fields.push((selector, field));
        }
        let alarm = self.domain.alarm;
        Ok(Signed { domain: domain.clone(), fields, fragile: self.watch.fragile(), alarm })
    }
}

fn signing_settings(
    domain: &SigningDomain,
    key: &DomainKey,
    section: &HeaderSection,
    fields: Fields,
    now: u64,
) -> SigningSettings {
    SigningSettings {
        header_form: match fields {
            Fields::Exact => domain.header_form,
            Fields::BlanksHidden => Canonicalization::Relaxed,
        },
        body_form: domain.body_form,
        signed_names: names_to_sign(&domain.names, section),
        signed_at: Some(now),
        expires_at: domain.expire_after.map(|after| now.saturating_add(after.as_secs())),
        ..SigningSettings::new(domain.domain.clone(), key.selector.clone())
    }
}

/// The names of the configuration without those of fields that the MTA will add where they are
/// missing, below everything and unseen by a filter: to sign their absence would break the
/// signature.
fn names_to_sign(names: &SignedNames, section: &HeaderSection) -> SignedNames {
    let SignedNames::Listed(list) = names else { return SignedNames::Usual };
    let is_added = |name: &str| {
        ADDED_BY_MTAS.iter().any(|added| name.eq_ignore_ascii_case(added))
            && section.named(name).next().is_none()
    };
    if !list.names().any(is_added) {
        return names.clone();
    }
    let kept: Vec<&str> = list.names().filter(|name| !is_added(name)).collect();
    // A part of a list that has been read.
    SignedNames::parse(&kept.join(":")).unwrap_or_default()
}

/// RFC 6409 §8: a submission server "MAY" add them; Sendmail and Postfix do.
const ADDED_BY_MTAS: [&str; 2] = ["Date", "Message-ID"];

/// Nobody has more destinations in one message; keys chosen by routes beyond are not used.
const MAX_RECIPIENT_DOMAINS: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::KeyPlace;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).expect("a valid test name")
    }

    #[test]
    fn does_not_sign_the_absence_of_what_mtas_add() {
        let check = |list: &str, header: &str, expected: &str| {
            let names = SignedNames::parse(list).expect("a list");
            let section = HeaderSection::parse(header.as_bytes().to_vec());
            let SignedNames::Listed(got) = names_to_sign(&names, &section) else { panic!("listed") };
            assert_eq!(got.as_str(), expected, "{header:?}");
        };
        let list = "From:From:Date:Date:Message-ID:Subject";
        check(list, "From: a\r\nDate: b\r\nMessage-Id: c\r\n", list);
        check(list, "From: a\r\nmessage-id: c\r\n", "From:From:Message-ID:Subject");
        check(list, "From: a\r\n", "From:From:Subject");
        check("From:To", "To: a\r\n", "From:To");
    }

    #[test]
    fn chooses_keys_by_route() {
        let mut recipients = Recipients::default();
        for path in
            [&b"<a@mail.partner.example>"[..], b"b@other.example", b"<postmaster>", b"<\xff@x.example>"]
        {
            recipients.add(path);
        }
        let check = |routes: &[&str], expected: bool| {
            let key = DomainKey {
                selector: Selector::parse("s").expect("a selector"),
                place: KeyPlace::File(std::path::Path::new("/x").into()),
                routes: routes.iter().map(|route| name(route)).collect(),
            };
            assert_eq!(recipients.are_on_route_of(&key), expected, "{routes:?}");
        };
        check(&[], true);
        check(&["partner.example"], true);
        check(&["nobody.example", "other.example"], true);
        check(&["sub.other.example"], false);
        check(&["artner.example"], false);
    }
}
