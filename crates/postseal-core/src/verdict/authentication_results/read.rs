use std::ops::Range;

use super::{AuthenticationResults, Keyword, MethodResult, Property};

/// Octets of a field's body that are read.
pub const MAX_AUTHENTICATION_RESULTS: usize = 64 * 1024;

/// Results of one field that are read.
pub const MAX_RESULTS: usize = 100;

/// Properties of one result that are read.
pub const MAX_PROPERTIES: usize = 100;

/// A field's body, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadAuthenticationResults {
    /// What it says, as far as it can be read.
    pub field: AuthenticationResults,
    /// What RFC 8601 does not allow in it, in order. Empty: all of it was read.
    pub findings: Vec<FieldFinding>,
}

/// Something that RFC 8601 does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFinding {
    /// What it is.
    pub defect: FieldDefect,
    /// The octets of the body that it is about.
    pub span: Range<usize>,
}

/// What can be wrong in an Authentication-Results field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldDefect {
    /// More octets than are read.
    #[error("the field is longer than {MAX_AUTHENTICATION_RESULTS} octets")]
    TooLong,
    /// More results than are read.
    #[error("the field has more than {MAX_RESULTS} results")]
    TooManyResults,
    /// More properties than are read.
    #[error("a result has more than {MAX_PROPERTIES} properties")]
    TooManyProperties,
    /// Octets that are not UTF-8.
    #[error("octets that are not UTF-8")]
    NotUtf8,
    /// A comment or a quoted string that does not end.
    #[error("a comment or a quoted string does not end")]
    Unclosed,
    /// No authserv-id in front of the results.
    #[error("there is no authserv-id")]
    NoAuthservId,
    /// Neither results nor `none`.
    #[error("there is no result")]
    NoResult,
    /// A part that is not `method=result`.
    #[error("not a result")]
    NotAResult,
    /// A part that is not `ptype.property=value`.
    #[error("not a property")]
    NotAProperty,
    /// A property without a type.
    #[error("a property without its type")]
    NoPropertyType,
}

impl AuthenticationResults {
    /// Reads the body of a field, folded or not; never fails. What cannot be read
    /// is left out, up to the next semicolon at most, and named.
    ///
    /// ```
    /// use postseal_core::verdict::AuthenticationResults;
    ///
    /// let read = AuthenticationResults::read(b" mx.example 1; dkim=pass (good) header.d=example.com");
    /// assert_eq!(read.findings, []);
    /// assert_eq!(read.field.authserv_id.as_deref(), Some("mx.example"));
    /// assert_eq!(read.field.results[0].properties[0].value, "example.com");
    /// ```
    pub fn read(body: &[u8]) -> ReadAuthenticationResults {
        let cut = &body[..body.len().min(MAX_AUTHENTICATION_RESULTS)];
        let mut reader = Reader { octets: cut, at: 0, findings: Vec::new() };
        if body.len() > cut.len() {
            reader.note(FieldDefect::TooLong, cut.len()..body.len());
        }
        let field = reader.field();
        ReadAuthenticationResults { field, findings: reader.findings }
    }
}

struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
    findings: Vec<FieldFinding>,
}

impl Reader<'_> {
    // authres-payload = [CFWS] authserv-id [ CFWS authres-version ] ( no-result / 1*resinfo ) [CFWS]
    fn field(&mut self) -> AuthenticationResults {
        let mut field = AuthenticationResults::default();
        self.skip_cfws();
        let start = self.at;
        // No authserv-id has an equals sign in it, unless quoted.
        let first = self.value_without(b"=");
        self.skip_cfws();
        match (first, self.peek()) {
            // A result at once, as Exchange Online writes it.
            (Some(_), Some(b'=' | b'/')) => {
                self.note(FieldDefect::NoAuthservId, start..self.at);
                self.at = start;
            }
            (Some(word), None) if word.eq_ignore_ascii_case("none") => {
                self.note(FieldDefect::NoAuthservId, start..self.at);
                return field;
            }
            (Some(id), _) => {
                field.authserv_id = Some(id);
                field.version = self.number();
                self.expect_end_of_part(FieldDefect::NotAResult);
            }
            (None, _) => self.note(FieldDefect::NoAuthservId, start..self.at),
        }
        self.results(&mut field);
        field
    }

    fn results(&mut self, field: &mut AuthenticationResults) {
        let mut said_none = false;
        while self.at < self.octets.len() {
            if self.peek() == Some(b';') {
                self.at += 1;
            }
            self.skip_cfws();
            if matches!(self.peek(), None | Some(b';')) {
                continue;
            }
            if field.results.len() == MAX_RESULTS {
                return self.note(FieldDefect::TooManyResults, self.at..self.octets.len());
            }
            let start = self.at;
            match self.result() {
                Some(result) => field.results.push(result),
                None if self.says_none(start) && field.results.is_empty() => said_none = true,
                None => self.skip_part(FieldDefect::NotAResult, start),
            }
        }
        if field.results.is_empty() && !said_none {
            self.note(FieldDefect::NoResult, 0..self.octets.len());
        }
    }

    /// True where the part that begins at `start` is `none` alone.
    fn says_none(&mut self, start: usize) -> bool {
        self.at = start;
        let word = self.keyword();
        self.skip_cfws();
        let ends = matches!(self.peek(), None | Some(b';'));
        ends && word.is_some_and(|w| w == *"none")
    }

    // methodspec = [CFWS] method [CFWS] "=" [CFWS] result
    fn result(&mut self) -> Option<MethodResult> {
        let method = self.keyword()?;
        self.skip_cfws();
        let mut version = None;
        if self.peek() == Some(b'/') {
            self.at += 1;
            self.skip_cfws();
            version = Some(self.number()?);
        }
        self.equals()?;
        let result = self.keyword()?;
        let comment = self.comment_behind();
        let mut result =
            MethodResult { method, version, result, comment, reason: None, properties: Vec::new() };
        self.details(&mut result);
        Some(result)
    }

    fn details(&mut self, result: &mut MethodResult) {
        loop {
            self.skip_cfws();
            if matches!(self.peek(), None | Some(b';')) {
                return;
            }
            let start = self.at;
            if result.properties.len() == MAX_PROPERTIES {
                return self.skip_part(FieldDefect::TooManyProperties, start);
            }
            match self.detail() {
                Some(Property { ptype: None, name, value })
                    if name == *"reason" && result.reason.is_none() =>
                {
                    result.reason = Some(value);
                }
                Some(property) => {
                    if property.ptype.is_none() {
                        self.note(FieldDefect::NoPropertyType, start..self.at);
                    }
                    result.properties.push(property);
                }
                None => return self.skip_part(FieldDefect::NotAProperty, start),
            }
        }
    }

    // propspec = ptype [CFWS] "." [CFWS] property [CFWS] "=" pvalue
    fn detail(&mut self) -> Option<Property> {
        let first = self.keyword()?;
        self.skip_cfws();
        let (ptype, name) = if self.peek() == Some(b'.') {
            self.at += 1;
            self.skip_cfws();
            (Some(first), self.keyword()?)
        } else {
            (None, first)
        };
        self.equals()?;
        Some(Property { ptype, name, value: self.pvalue()? })
    }

    fn equals(&mut self) -> Option<()> {
        self.skip_cfws();
        if self.peek() != Some(b'=') {
            return None;
        }
        self.at += 1;
        self.skip_cfws();
        Some(())
    }

    /// A value or an address, with or without quotation; anything but blanks,
    /// comments and semicolons, since writers are careless here.
    fn pvalue(&mut self) -> Option<String> {
        let start = self.at;
        let mut value = self.value()?;
        // A local-part in quotation marks is a part of its address.
        if self.octets.get(start) == Some(&b'"') && self.peek() == Some(b'@') {
            let quoted = start..self.at;
            let domain = self.value()?;
            value = format!("{}{domain}", self.text(quoted));
        }
        Some(value)
    }

    /// A quoted string, or a run of other octets.
    fn value(&mut self) -> Option<String> {
        self.value_without(b"")
    }

    fn value_without(&mut self, ends: &[u8]) -> Option<String> {
        if self.peek() == Some(b'"') {
            return self.quoted_string();
        }
        let rest = &self.octets[self.at..];
        let ends_value = |b: &u8| is_blank(*b) || matches!(b, b';' | b'(' | b'"') || ends.contains(b);
        let len = rest.iter().position(ends_value).unwrap_or(rest.len());
        let start = self.at;
        self.at += len;
        (len > 0).then(|| self.text(start..self.at))
    }

    fn quoted_string(&mut self) -> Option<String> {
        let start = self.at;
        let mut octets = Vec::new();
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') if self.at + 1 < self.octets.len() => {
                    octets.push(self.octets[self.at + 1]);
                    self.at += 2;
                }
                Some(b'\r' | b'\n') => self.at += 1,
                Some(octet) => {
                    octets.push(octet);
                    self.at += 1;
                }
                None => {
                    self.note(FieldDefect::Unclosed, start..self.at);
                    break;
                }
            }
        }
        match String::from_utf8(octets) {
            Ok(text) => Some(text),
            Err(error) => {
                self.note(FieldDefect::NotUtf8, start..self.at);
                Some(String::from_utf8_lossy(error.as_bytes()).into_owned())
            }
        }
    }

    fn keyword(&mut self) -> Option<Keyword> {
        let rest = &self.octets[self.at..];
        let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).count();
        let keyword = Keyword::parse(std::str::from_utf8(&rest[..len]).ok()?).ok()?;
        self.at += len;
        Some(keyword)
    }

    fn number(&mut self) -> Option<u32> {
        let rest = &self.octets[self.at..];
        let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let number = std::str::from_utf8(&rest[..len]).ok()?.parse().ok()?;
        self.at += len;
        Some(number)
    }

    /// The text of the comment that comes next, if one does.
    fn comment_behind(&mut self) -> Option<String> {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
        (self.peek() == Some(b'(')).then(|| self.comment())
    }

    fn skip_cfws(&mut self) {
        loop {
            match self.peek() {
                Some(octet) if is_blank(octet) => self.at += 1,
                Some(b'(') => drop(self.comment()),
                _ => return,
            }
        }
    }

    /// A comment's text, comments in it included; nesting costs no stack.
    fn comment(&mut self) -> String {
        let start = self.at;
        let mut octets = Vec::new();
        let mut depth = 0_usize;
        loop {
            let Some(octet) = self.peek() else {
                self.note(FieldDefect::Unclosed, start..self.at);
                break;
            };
            self.at += 1;
            match octet {
                b'(' => {
                    if depth > 0 {
                        octets.push(octet);
                    }
                    depth += 1;
                }
                b')' if depth == 1 => break,
                b')' => {
                    depth -= 1;
                    octets.push(octet);
                }
                b'\\' => {
                    octets.extend(self.peek());
                    self.at = (self.at + 1).min(self.octets.len());
                }
                b'\r' | b'\n' => {}
                octet => octets.push(octet),
            }
        }
        String::from_utf8_lossy(&octets).into_owned()
    }

    fn expect_end_of_part(&mut self, defect: FieldDefect) {
        self.skip_cfws();
        if !matches!(self.peek(), None | Some(b';')) {
            self.skip_part(defect, self.at);
        }
    }

    /// Leaves out what is left up to the next semicolon.
    fn skip_part(&mut self, defect: FieldDefect, start: usize) {
        self.at = start;
        while let Some(octet) = self.peek() {
            match octet {
                b';' => break,
                b'(' => drop(self.comment()),
                b'"' => drop(self.quoted_string()),
                _ => self.at += 1,
            }
        }
        self.note(defect, start..self.at);
    }

    fn text(&mut self, range: Range<usize>) -> String {
        match std::str::from_utf8(&self.octets[range.clone()]) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                self.note(FieldDefect::NotUtf8, range.clone());
                String::from_utf8_lossy(&self.octets[range]).into_owned()
            }
        }
    }

    fn note(&mut self, defect: FieldDefect, span: Range<usize>) {
        if self.findings.len() < MAX_RESULTS {
            self.findings.push(FieldFinding { defect, span });
        }
    }

    fn peek(&self) -> Option<u8> {
        self.octets.get(self.at).copied()
    }
}

fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}
