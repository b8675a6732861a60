use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;

use super::write::{FieldWriter, Form};

/// An Authentication-Results field, as anybody may have written it.
///
/// `Display` writes it unfolded; what is read back from that is the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthenticationResults {
    /// Who wrote it; `None` where the field begins with a result at once, as those
    /// of Exchange Online do.
    pub authserv_id: Option<String>,
    /// The version behind it, where there is one.
    pub version: Option<u32>,
    /// The results; empty for `none`.
    pub results: Vec<MethodResult>,
}

/// One result: `method=result` and what supports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodResult {
    /// Such as `spf`, `dkim`, `dmarc`.
    pub method: Keyword,
    /// The method's version, where there is one.
    pub version: Option<u32>,
    /// Such as `pass`.
    pub result: Keyword,
    /// The comment right behind the result.
    pub comment: Option<String>,
    /// `reason=`
    pub reason: Option<String>,
    /// What was looked at.
    pub properties: Vec<Property>,
}

/// `ptype.property=value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Such as `smtp`, `header`, `policy`; `None` where there is none, as in
    /// `action=none` of Exchange Online.
    pub ptype: Option<Keyword>,
    /// Such as `mailfrom`, `d`, `from`.
    pub name: Keyword,
    /// The value, without quotation.
    pub value: String,
}

/// A keyword (RFC 8601 §2.2): ASCII letters, digits, hyphen, and underscore, which
/// the RFC does not have but some fields do. Compared without case.
#[derive(Clone)]
pub struct Keyword(CompactString);

/// A text that is no keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a keyword")]
pub struct KeywordError;

impl Keyword {
    /// Octets that a keyword may have.
    pub const MAX_LEN: usize = 64;

    /// Reads a keyword.
    ///
    /// # Errors
    /// [`KeywordError`] where it is empty, longer than 64 octets, or has another character.
    pub fn parse(text: &str) -> Result<Keyword, KeywordError> {
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let fits = (1..=Keyword::MAX_LEN).contains(&text.len());
        if fits && text.bytes().all(good) { Ok(Keyword(text.into())) } else { Err(KeywordError) }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Keyword {
    fn eq(&self, other: &Keyword) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Keyword {}

impl PartialEq<str> for Keyword {
    fn eq(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl FromStr for Keyword {
    type Err = KeywordError;

    fn from_str(text: &str) -> Result<Keyword, KeywordError> {
        Keyword::parse(text)
    }
}

impl AuthenticationResults {
    /// Writes the body of the field.
    pub fn write(&self, form: Form) -> String {
        let mut writer = match &self.authserv_id {
            Some(id) => FieldWriter::for_name(id, self.version, form),
            None => FieldWriter::anonymous(form),
        };
        for result in &self.results {
            result.write(&mut writer);
        }
        writer.finish()
    }
}

impl MethodResult {
    fn write(&self, writer: &mut FieldWriter) {
        writer.result(self.method.as_str(), self.version, self.result.as_str());
        if let Some(comment) = &self.comment {
            writer.comment(comment);
        }
        if let Some(reason) = &self.reason {
            writer.reason(reason);
        }
        for Property { ptype, name, value } in &self.properties {
            writer.property(ptype.as_ref().map(Keyword::as_str), name.as_str(), value);
        }
    }
}

impl fmt::Display for AuthenticationResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write(Form::Unfolded))
    }
}
