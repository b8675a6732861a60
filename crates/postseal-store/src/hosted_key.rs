use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::RsaKeyPair;
use postseal_core::dkim::{SigningKey, SigningKeyError};
use rustls_pki_types::PrivatePkcs8KeyDer;
use zeroize::Zeroizing;

/// A private key to be hosted: its PKCS#8 document, wiped when dropped, and the
/// key record that belongs to it. Its `Debug` output shows the record only.
pub struct HostedKey {
    pkcs8: Zeroizing<Vec<u8>>,
    record: String,
    bits: u32,
}

/// Why no key was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostedKeyError {
    /// Not 2048, 3072 or 4096 bits.
    #[error("a key may have 2048, 3072 or 4096 bits, not {0}")]
    Bits(u32),
    /// The cryptographic library made none.
    #[error("the key could not be made")]
    NotMade,
    /// The document holds no key to sign with.
    #[error(transparent)]
    Unusable(#[from] SigningKeyError),
}

impl HostedKey {
    /// Makes an RSA key. It blocks: a tenth of a second for 2048 bits, a second and
    /// more for 4096.
    ///
    /// # Errors
    /// [`HostedKeyError`].
    pub fn generate(bits: u32) -> Result<HostedKey, HostedKeyError> {
        let size = match bits {
            2_048 => KeySize::Rsa2048,
            3_072 => KeySize::Rsa3072,
            4_096 => KeySize::Rsa4096,
            _ => return Err(HostedKeyError::Bits(bits)),
        };
        let pair = RsaKeyPair::generate(size).map_err(|_| HostedKeyError::NotMade)?;
        let document = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| HostedKeyError::NotMade)?;
        HostedKey::from_pkcs8(Zeroizing::new(document.as_ref().to_vec()))
    }

    /// Takes a PKCS#8 document.
    ///
    /// # Errors
    /// [`HostedKeyError::Unusable`].
    pub fn from_pkcs8(pkcs8: Zeroizing<Vec<u8>>) -> Result<HostedKey, HostedKeyError> {
        let key = SigningKey::from_pkcs8(&PrivatePkcs8KeyDer::from(pkcs8.as_slice()))?;
        Ok(HostedKey { record: key.record(), bits: key.bits(), pkcs8 })
    }

    /// The text of the key record.
    pub fn record(&self) -> &str {
        &self.record
    }

    /// Bits of the modulus; 256 for Ed25519.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    pub(crate) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }
}

impl fmt::Debug for HostedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostedKey({})", self.record)
    }
}
