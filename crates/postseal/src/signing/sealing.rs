use std::path::Path;
use std::sync::Arc;

use postseal_core::arc::{SealRefusal, Sealer};
use postseal_core::dkim::{BodyHashes, Canonicalization, Selector, SigningSettings};
use postseal_core::dns::DomainName;
use postseal_core::message::HeaderSection;
use postseal_core::verdict::{AuthservId, Verdict, claims};

use super::{KeyPlace, KeyUnusable, KeyWanted, Keys};
use crate::config::SealSettings;

/// The sealing of one judged message (RFC 8617 §5.1), begun when its header section is there.
#[derive(Debug)]
pub(crate) struct Sealing {
    domain: DomainName,
    selector: Selector,
    key: KeyWanted,
}

/// Why a message is not sealed. It goes on all the same: a seal only helps those that come
/// after us.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSealed {
    /// RFC 8617 forbids it, or the message cannot be signed.
    #[error("not sealed: {0}")]
    Refused(#[from] SealRefusal),
    /// The key cannot be used.
    #[error("not sealed: {0}")]
    Key(#[from] KeyUnusable),
}

impl Sealing {
    /// The form of the body that is hashed for a seal.
    pub(crate) const BODY_FORM: Canonicalization = Canonicalization::Relaxed;

    /// Begins to read the key.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub(crate) fn begin(settings: &SealSettings, keys: &Arc<Keys>) -> Sealing {
        let place = KeyPlace::File(Arc::<Path>::from(settings.key_file.as_path()));
        Sealing {
            domain: settings.domain.clone(),
            selector: settings.selector.clone(),
            key: keys.want(&place),
        }
    }

    /// Seals. `results` is the body of the Authentication-Results field that the message
    /// will bear. Returns the three fields as they stand, top down, each with its CRLF.
    ///
    /// # Errors
    /// [`NotSealed`] says why there is no seal.
    pub(crate) async fn finish(
        self,
        verdict: &Verdict,
        authserv_id: &AuthservId,
        results: &[u8],
        now: u64,
    ) -> Result<String, NotSealed> {
        let settings = SigningSettings {
            body_form: Sealing::BODY_FORM,
            signed_at: Some(now),
            ..SigningSettings::new(self.domain, self.selector)
        };
        let section = as_it_goes_on(&verdict.section, authserv_id, results);
        // The hash was asked for before the body came.
        let mut asked = BodyHashes::new();
        let sealer = Sealer::new(settings, authserv_id.as_str(), &section, &mut asked)?;
        let key = self.key.ready().await?;
        Ok(sealer.finish(&verdict.section, &verdict.arc, &verdict.body, &key)?)
    }
}

/// The header section with our results on top, and without those that only claim to be ours.
fn as_it_goes_on(section: &HeaderSection, authserv_id: &AuthservId, results: &[u8]) -> HeaderSection {
    let mut edited = HeaderSection::default();
    edited.push(b"Authentication-Results", results);
    for field in section.fields() {
        if !(field.is_named("Authentication-Results") && claims(field.body(), authserv_id)) {
            edited.push(field.name(), field.body());
        }
    }
    edited
}
