use super::base64string::decode_key;
use super::tag_list::{TagList, TagListError, trim};
use super::{KeyType, PublicKey, PublicKeyError};
use crate::dns::TxtRecord;

/// Octets that a key record may have: 8 kB.
pub const MAX_KEY_RECORD: usize = 8_192;

/// Records read of one answer. RFC 6376 §3.6.2.2 wants one only.
const MAX_RECORDS: usize = 8;

/// A key record (RFC 6376 §3.6.1), read.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    /// `k=`.
    pub key_type: KeyType,
    /// `p=`, or why it holds no usable key.
    pub key: Result<PublicKey, PublicKeyError>,
    /// `h=`: the hash algorithms that may be used.
    pub hashes: KeyHashes,
    /// `s=` is absent or lists `*` or `email`.
    pub is_for_email: bool,
    /// `t=y`: the domain is testing DKIM.
    pub testing: bool,
    /// `t=s`: the domain of `i=` must be that of `d=`.
    pub strict: bool,
}

/// The hash algorithms that a key record allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHashes {
    /// `h=` is absent or lists `sha1`.
    pub sha1: bool,
    /// `h=` is absent or lists `sha256`.
    pub sha256: bool,
}

/// Why a TXT record is no key record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRecordError {
    /// More octets than [`MAX_KEY_RECORD`].
    #[error("the key record has {octets} octets, more than {MAX_KEY_RECORD}")]
    TooLong {
        /// Octets that it has.
        octets: usize,
    },
    /// The text is no tag list.
    #[error("the key record is no tag list: {0}")]
    TagList(#[from] TagListError),
    /// `v=` is there, and is not `DKIM1` or not first.
    #[error("the key record's version is not DKIM1, or not first")]
    Version,
    /// `k=` names a key type that nobody here knows.
    #[error("the key record's key type is not known")]
    UnknownKeyType,
    /// There is no `p=`.
    #[error("the key record has no p= tag")]
    MissingKey,
}

/// Places of the known tags.
mod tag {
    pub(super) const VERSION: usize = 0;
    pub(super) const HASHES: usize = 1;
    pub(super) const KEY_TYPE: usize = 2;
    pub(super) const KEY: usize = 3;
    pub(super) const SERVICES: usize = 4;
    pub(super) const FLAGS: usize = 5;
    pub(super) const COUNT: usize = 6;

    pub(super) fn slot(name: &[u8]) -> Option<usize> {
        Some(match name {
            b"v" => VERSION,
            b"h" => HASHES,
            b"k" => KEY_TYPE,
            b"p" => KEY,
            b"s" => SERVICES,
            b"t" => FLAGS,
            _ => return None,
        })
    }
}

impl KeyRecord {
    /// Reads the text of a TXT record, its strings joined.
    ///
    /// # Errors
    /// [`KeyRecordError`] says what is wrong. A key that cannot be used is no
    /// error of the record: see [`KeyRecord::key`].
    pub fn parse(octets: &[u8]) -> Result<KeyRecord, KeyRecordError> {
        if octets.len() > MAX_KEY_RECORD {
            return Err(KeyRecordError::TooLong { octets: octets.len() });
        }
        let (tags, error) = TagList::<{ tag::COUNT }>::read(octets, tag::slot);
        if let Some(error) = error {
            return Err(error.into());
        }
        // RFC 6376 §3.6.1: "If specified, this tag MUST be set to "DKIM1" (without the
        // quotes). This tag MUST be the first tag in the record."
        if let Some(version) = tags.value(tag::VERSION)
            && (version != b"DKIM1" || !tags.begins_with(tag::VERSION))
        {
            return Err(KeyRecordError::Version);
        }
        let key_type = key_type_of(tags.value(tag::KEY_TYPE))?;
        let key = key_of(key_type, tags.value(tag::KEY).ok_or(KeyRecordError::MissingKey)?);
        let hashes = tags.value(tag::HASHES);
        let services = tags.value(tag::SERVICES);
        let flags = tags.value(tag::FLAGS);
        Ok(KeyRecord {
            key_type,
            key,
            hashes: KeyHashes { sha1: allows(hashes, &[b"sha1"]), sha256: allows(hashes, &[b"sha256"]) },
            is_for_email: allows(services, &[b"*", b"email"]),
            testing: flags.is_some() && allows(flags, &[b"y"]),
            strict: flags.is_some() && allows(flags, &[b"s"]),
        })
    }

    /// Reads the records of one answer.
    pub(crate) fn read_all(records: &[TxtRecord]) -> Box<[Result<KeyRecord, KeyRecordError>]> {
        records.iter().take(MAX_RECORDS).map(|r| KeyRecord::parse(&r.octets)).collect()
    }
}

fn key_type_of(value: Option<&[u8]>) -> Result<KeyType, KeyRecordError> {
    // RFC 6376 §3.6.1: "Key type (plain-text; OPTIONAL, default is "rsa")."
    let Some(value) = value else { return Ok(KeyType::Rsa) };
    [KeyType::Rsa, KeyType::Ed25519]
        .into_iter()
        .find(|k| value.eq_ignore_ascii_case(k.as_str().as_bytes()))
        .ok_or(KeyRecordError::UnknownKeyType)
}

fn key_of(key_type: KeyType, value: &[u8]) -> Result<PublicKey, PublicKeyError> {
    // RFC 6376 §3.6.1: "An empty value means that this public key has been revoked."
    if value.is_empty() {
        return Err(PublicKeyError::Revoked);
    }
    let mut octets = [0; MAX_KEY_RECORD];
    let len = decode_key(value, &mut octets).map_err(|_| PublicKeyError::Base64)?;
    PublicKey::from_octets(key_type, &octets[..len])
}

/// True where the tag is absent or its colon-separated list has one of these words.
fn allows(value: Option<&[u8]>, words: &[&[u8]]) -> bool {
    let Some(value) = value else { return true };
    value.split(|b| *b == b':').map(trim).any(|item| words.iter().any(|w| item.eq_ignore_ascii_case(w)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    const RSA_512: &str = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALgSoqXVSEmfcIsOzw7oRuCCOwsmtX/SJnTWxYyj2leF\
                           xfJqm2pAa0Q0VbTZ4XWVHt+9WEzFwqJKhkNLsVfF1EECAwEAAQ==";

    #[test]
    fn reads_records() {
        let record = |text: &str| KeyRecord::parse(text.as_bytes()).expect("a record");
        let ed25519 = record(&format!("v=DKIM1; k=ed25519; t=y:s; h=sha256:x; s=email; p={ED25519}"));
        assert_eq!(ed25519.key.as_ref().map(PublicKey::bits), Ok(256));
        assert!(ed25519.testing && ed25519.strict && ed25519.is_for_email);
        assert_eq!(ed25519.hashes, KeyHashes { sha1: false, sha256: true });

        let check = |text: &str, expected: PublicKeyError| {
            assert_eq!(record(text).key.map(|_| ()), Err(expected), "{text:?}");
        };
        check("p=", PublicKeyError::Revoked);
        check("k=ed25519; p=Zm9v", PublicKeyError::Ed25519Length { octets: 3 });
        check("p=Zm9v", PublicKeyError::Malformed);
        check("p=*", PublicKeyError::Base64);
        check(&format!("p={RSA_512}"), PublicKeyError::TooShort { bits: 512 });
        assert!(!record("s=other; p=").is_for_email);
        assert!(!record("h=sha1; p=").hashes.sha256);
    }

    #[test]
    fn refuses_what_is_no_key_record() {
        let check = |text: &str, expected: KeyRecordError| {
            assert_eq!(KeyRecord::parse(text.as_bytes()).map(|_| ()), Err(expected), "{text:?}");
        };
        check("", KeyRecordError::TagList(TagListError::NoEquals { at: 0 }));
        check("v=DKIM2; p=", KeyRecordError::Version);
        check("p=; v=DKIM1", KeyRecordError::Version);
        check("v=spf1 -all", KeyRecordError::Version);
        check("k=dsa; p=", KeyRecordError::UnknownKeyType);
        check("k=rsa", KeyRecordError::MissingKey);
        check("k=rsa; t; p=", KeyRecordError::TagList(TagListError::NoEquals { at: 6 }));
        check(&"a".repeat(8193), KeyRecordError::TooLong { octets: 8193 });
    }
}
