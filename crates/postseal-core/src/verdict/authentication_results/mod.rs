//! The Authentication-Results field (RFC 8601): written, read, and recognised
//! where somebody else has written it in our name.

mod authserv_id;
mod claim;
mod field;
mod read;
mod write;

pub use authserv_id::{AuthservId, AuthservIdError};
pub use claim::{claims, fields_to_strip};
pub use field::{AuthenticationResults, Keyword, KeywordError, MethodResult, Property};
pub use read::{
    FieldDefect, FieldFinding, MAX_AUTHENTICATION_RESULTS, MAX_PROPERTIES, MAX_RESULTS,
    ReadAuthenticationResults,
};
pub use write::Form;
