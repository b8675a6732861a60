//! DomainKeys Identified Mail signatures (RFC 6376, 8301, 8463, 8616).

mod algorithm;
mod auid;
mod base64string;
mod body_hash;
pub(crate) mod canonicalization;
mod der;
pub(crate) mod folded_field;
mod key_record;
mod public_key;
mod result;
mod selector;
pub(crate) mod sign;
pub(crate) mod signature;
pub(crate) mod signed_fields;
mod signed_names;
mod signing_key;
pub(crate) mod tag_list;
pub(crate) mod verify;

pub use algorithm::{Algorithm, KeyType};
pub use auid::Auid;
pub use body_hash::{BodyDigests, BodyHash, BodyHashes};
pub use canonicalization::Canonicalization;
pub use key_record::{KeyHashes, KeyRecord, KeyRecordError, MAX_KEY_RECORD};
pub use public_key::{MAX_RSA_BITS, MIN_VERIFYING_BITS, PublicKey, PublicKeyError};
pub use result::{Cause, DkimResult, SignatureResult, UnknownResult};
pub use selector::Selector;
pub use sign::{HeaderSigner, SignError, Signer, SigningSettings};
pub use signature::{MAX_SIGNED_NAMES, SignatureError};
pub use signed_names::{DEFAULT_SIGNED_NAMES, NameList, SignedNames};
pub use signing_key::{MIN_SIGNING_BITS, SigningKey, SigningKeyError};
pub use tag_list::{MAX_TAG_LIST, TagListError};
pub use verify::{MAX_SIGNATURES, Verifier, VerifyOptions};
