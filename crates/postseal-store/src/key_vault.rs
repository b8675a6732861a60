use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::KeyEncryptionKey;

/// Encrypts and decrypts the private keys at rest (AES-256-GCM), and chains the
/// audit log. Its keys are derived from the key-encryption key (HKDF, RFC 5869).
pub struct KeyVault {
    sealing: RandomizedNonceKey,
    audit: hmac::Key,
    /// Tells whether a database was made with this key; reveals nothing of it.
    check: [u8; 16],
}

/// What a sealed key belongs to. Bound into the encryption: a row that is copied
/// to another domain, selector or organisation does not open.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    /// Whose it is.
    pub organisation: &'a str,
    /// Which domain it signs for.
    pub domain: &'a str,
    /// Under which selector.
    pub selector: &'a str,
    /// Its number in the store.
    pub key_id: i64,
}

/// A private key as it rests: nonce, ciphertext and tag. It opens only with its binding.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedKey(Vec<u8>);

impl SealedKey {
    /// These octets, which say nothing without the key-encryption key.
    pub fn new(octets: Vec<u8>) -> SealedKey {
        SealedKey(octets)
    }

    /// To be written down elsewhere.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedKey")
    }
}

/// A key could not be sealed or opened: another key-encryption key, or a row that was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a private key does not open with this key-encryption key")]
pub struct VaultError;

impl KeyVault {
    /// A vault with this key.
    ///
    /// # Errors
    /// Only where the cryptographic library fails.
    pub fn new(key: &KeyEncryptionKey) -> Result<KeyVault, VaultError> {
        let sealing = derive::<32>(key, b"private keys")?;
        let audit = derive::<32>(key, b"audit log")?;
        Ok(KeyVault {
            sealing: RandomizedNonceKey::new(&AES_256_GCM, sealing.as_slice()).map_err(|_| VaultError)?,
            audit: hmac::Key::new(hmac::HMAC_SHA256, audit.as_slice()),
            check: *derive::<16>(key, b"check")?,
        })
    }

    pub(crate) fn check(&self) -> &[u8; 16] {
        &self.check
    }

    /// Nonce, ciphertext and tag.
    pub(crate) fn seal(&self, binding: Binding<'_>, key: &[u8]) -> Result<Vec<u8>, VaultError> {
        // Room for the tag: the vector must not grow and leave a copy in clear behind.
        let mut text = Zeroizing::new(Vec::with_capacity(key.len() + AES_256_GCM.tag_len()));
        text.extend_from_slice(key);
        let aad = Aad::from(binding.octets());
        let nonce = self.sealing.seal_in_place_append_tag(aad, &mut *text).map_err(|_| VaultError)?;
        Ok([nonce.as_ref().as_slice(), &text].concat())
    }

    /// Opens a key that was sealed in a store of this key-encryption key: its PKCS#8 document.
    ///
    /// # Errors
    /// [`VaultError`], also where the key belongs elsewhere.
    pub fn open_key(
        &self,
        binding: Binding<'_>,
        sealed: &SealedKey,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.open(binding, &sealed.0)
    }

    pub(crate) fn open(&self, binding: Binding<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (nonce, text) = sealed.split_at_checked(NONCE).ok_or(VaultError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError)?;
        let mut text = Zeroizing::new(text.to_vec());
        let aad = Aad::from(binding.octets());
        let length = self.sealing.open_in_place(nonce, aad, &mut text).map_err(|_| VaultError)?.len();
        text.truncate(length);
        Ok(text)
    }

    /// The link of an audit row: over the link of the row before and the fields,
    /// each with its length in front, so that no two rows read alike.
    pub(crate) fn link(&self, previous: &[u8], fields: &[&[u8]]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.audit);
        for field in std::iter::once(&previous).chain(fields) {
            context.update(&(field.len() as u64).to_be_bytes());
            context.update(field);
        }
        context.sign().as_ref().to_vec()
    }
}

impl fmt::Debug for KeyVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyVault")
    }
}

impl Binding<'_> {
    fn octets(&self) -> Vec<u8> {
        let mut octets = b"postseal private key 1".to_vec();
        for part in [self.organisation.as_bytes(), self.domain.as_bytes(), self.selector.as_bytes()] {
            octets.extend((part.len() as u64).to_be_bytes());
            octets.extend(part);
        }
        octets.extend(self.key_id.to_be_bytes());
        octets
    }
}

const NONCE: usize = 12;

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive<const N: usize>(key: &KeyEncryptionKey, purpose: &[u8]) -> Result<Zeroizing<[u8; N]>, VaultError> {
    let mut octets = Zeroizing::new([0; N]);
    let extracted = Salt::new(HKDF_SHA256, b"postseal store").extract(key.octets());
    let info = [purpose];
    let expanded = extracted.expand(&info, Length(N)).map_err(|_| VaultError)?;
    expanded.fill(octets.as_mut_slice()).map_err(|_| VaultError)?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Binding<'_> =
        Binding { organisation: "contoso", domain: "a.example", selector: "selector1", key_id: 7 };

    fn vault(octet: u8) -> KeyVault {
        KeyVault::new(&KeyEncryptionKey::from_octets([octet; 32])).expect("made")
    }

    #[test]
    fn a_sealed_key_opens_only_where_it_belongs() {
        let sealed = vault(1).seal(HERE, b"the private key").expect("sealed");
        let check = |vault: &KeyVault, binding: Binding<'_>, sealed: &[u8], expected: bool| {
            let opened = vault.open(binding, sealed);
            assert_eq!(
                opened.as_ref().is_ok_and(|k| k.as_slice() == b"the private key"),
                expected,
                "{binding:?}"
            );
        };
        let mine = vault(1);
        check(&mine, HERE, &sealed, true);
        check(&vault(2), HERE, &sealed, false);
        check(&mine, Binding { organisation: "fabrikam", ..HERE }, &sealed, false);
        check(&mine, Binding { domain: "b.example", ..HERE }, &sealed, false);
        check(&mine, Binding { selector: "selector2", ..HERE }, &sealed, false);
        check(&mine, Binding { key_id: 8, ..HERE }, &sealed, false);
        // The same letters, split elsewhere.
        check(&mine, Binding { organisation: "contosoa", domain: ".example", ..HERE }, &sealed, false);
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            check(&mine, HERE, &flipped, false);
        }
        check(&mine, HERE, &sealed[..5], false);
        assert_ne!(mine.seal(HERE, b"x").expect("sealed"), mine.seal(HERE, b"x").expect("sealed"));
        assert_eq!(format!("{mine:?}"), "KeyVault");
    }
}
