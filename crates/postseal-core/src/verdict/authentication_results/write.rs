use std::fmt::{self, Write as _};

use super::AuthservId;
use super::authserv_id::is_token_octet;
use crate::arc;
use crate::dkim::{DkimResult, SignatureResult};
use crate::dmarc::{self, DmarcResult};
use crate::spf::{self, Identity, SpfResult};
use crate::verdict::Verdict;

/// How a field is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In one line.
    Unfolded,
    /// A line for each result, folded with CRLF and a tab where it is longer than
    /// 78 octets (RFC 5322 §2.1.1).
    Folded,
}

impl Verdict {
    /// The body of our Authentication-Results field, without the name and without
    /// a final line end.
    ///
    /// Every value that a message, an envelope or the DNS had a part in is a domain
    /// name, a token, an address, or quoted.
    pub fn authentication_results(&self, authserv_id: &AuthservId, form: Form) -> String {
        let mut writer = FieldWriter::new(authserv_id, form);
        writer.spf(Identity::MailFrom, &self.mail_from);
        writer.spf(Identity::Helo, &self.helo);
        writer.signatures(&self.dkim);
        if self.dkim.is_empty() {
            writer.result("dkim", None, DkimResult::None.as_str());
        }
        writer.arc(&self.arc);
        writer.dmarc(&self.dmarc);
        writer.finish()
    }
}

/// Writes the body of an Authentication-Results field, in the order of its grammar.
pub(super) struct FieldWriter {
    text: String,
    form: Form,
    /// Where the line begins that is being written.
    line: usize,
    /// Something stands before the next result.
    follows: bool,
    has_results: bool,
}

impl FieldWriter {
    /// Most fields need no more room than this.
    const CAPACITY: usize = 768;

    /// Octets of a line (RFC 5322 §2.1.1), without CRLF.
    const LINE: usize = 78;

    /// Characters of one quoted value or comment; the rest is left out, so that no
    /// line is longer than 998 octets (RFC 5322 §2.1.1).
    const MAX_QUOTED: usize = 400;

    pub(super) fn new(authserv_id: &AuthservId, form: Form) -> FieldWriter {
        FieldWriter::for_name(authserv_id.as_str(), None, form)
    }

    /// A field whose authserv-id somebody else has chosen.
    pub(super) fn for_name(authserv_id: &str, version: Option<u32>, form: Form) -> FieldWriter {
        let mut writer = FieldWriter { follows: true, ..FieldWriter::anonymous(form) };
        // An authserv-id is a value, but no address.
        if is_token(authserv_id) {
            writer.text.push_str(authserv_id);
        } else {
            writer.quote(format_args!("{authserv_id}"));
        }
        if let Some(version) = version {
            writer.display(format_args!(" {version}"));
        }
        writer
    }

    pub(super) fn anonymous(form: Form) -> FieldWriter {
        let text = String::with_capacity(FieldWriter::CAPACITY);
        FieldWriter { text, form, line: 0, follows: false, has_results: false }
    }

    /// `method=result`; both are keywords.
    pub(super) fn result(&mut self, method: &str, version: Option<u32>, result: &str) {
        if self.follows {
            self.text.push(';');
            match self.form {
                Form::Unfolded => self.text.push(' '),
                Form::Folded => self.break_line(),
            }
        }
        self.follows = true;
        self.has_results = true;
        self.text.push_str(method);
        if let Some(version) = version {
            self.display(format_args!("/{version}"));
        }
        self.text.push('=');
        self.text.push_str(result);
    }

    /// `(comment)`
    pub(super) fn comment(&mut self, text: &str) {
        let start = self.begin_item();
        self.text.push('(');
        self.escape("()\\", format_args!("{text}"));
        self.text.push(')');
        self.end_item(start);
    }

    /// `reason="…"`
    pub(super) fn reason(&mut self, reason: impl fmt::Display) {
        let start = self.begin_item();
        self.text.push_str("reason=");
        self.quote(format_args!("{reason}"));
        self.end_item(start);
    }

    /// `ptype.name=value`; type and name are keywords.
    pub(super) fn property(&mut self, ptype: Option<&str>, name: &str, value: &str) {
        let start = self.begin_item();
        if let Some(ptype) = ptype {
            self.text.push_str(ptype);
            self.text.push('.');
        }
        self.text.push_str(name);
        self.text.push('=');
        self.value(value);
        self.end_item(start);
    }

    /// The field's body.
    pub(super) fn finish(mut self) -> String {
        if !self.has_results {
            self.text.push_str(if self.follows { "; none" } else { "none" });
        }
        self.text
    }

    // RFC 8601 §2.2: "pvalue = [CFWS] ( ( value / [ [ local-part ] "@" ] domain-name ) ) [CFWS]",
    // and a value is a token or a quoted string.
    fn value(&mut self, value: &str) {
        if is_token(value) || is_address(value) {
            return self.text.push_str(value);
        }
        // Form is chosen by what is written, not by what it was made from: read and written
        // again it must be the same.
        let written: String =
            value.chars().take(FieldWriter::MAX_QUOTED).map(|c| if misleads(c) { '?' } else { c }).collect();
        if is_token(&written) || is_address(&written) {
            self.text.push_str(&written);
        } else {
            self.quote(format_args!("{written}"));
        }
    }

    fn quote(&mut self, text: fmt::Arguments<'_>) {
        self.text.push('"');
        self.escape("\"\\", text);
        self.text.push('"');
    }

    fn escape(&mut self, special: &'static str, text: fmt::Arguments<'_>) {
        let mut escaped = Escaped { text: &mut self.text, special, left: FieldWriter::MAX_QUOTED };
        // A String takes every write.
        let _ = escaped.write_fmt(text);
    }

    fn display(&mut self, text: fmt::Arguments<'_>) {
        let _ = self.text.write_fmt(text);
    }

    fn begin_item(&mut self) -> usize {
        self.text.push(' ');
        self.text.len() - 1
    }

    /// Folds before the item that has been written since `start`, where the line
    /// has become too long.
    fn end_item(&mut self, start: usize) {
        if self.form == Form::Folded && self.text.len() - self.line > FieldWriter::LINE {
            self.text.replace_range(start..=start, "\r\n\t");
            self.line = start + 2;
        }
    }

    fn break_line(&mut self) {
        self.text.push_str("\r\n\t");
        self.line = self.text.len() - 1;
    }

    /// SPF of one identity (RFC 8601 §2.7.2).
    fn spf(&mut self, identity: Identity, evaluation: &spf::Evaluation) {
        self.result("spf", None, evaluation.result.as_str());
        match (&evaluation.cause, evaluation.mechanism()) {
            (Some(cause), _) => self.reason(cause),
            (None, Some(mechanism)) if evaluation.result != SpfResult::Pass => {
                self.reason(format_args!("{mechanism} matched"));
            }
            (None, _) => {}
        }
        let name = match identity {
            Identity::MailFrom => "mailfrom",
            Identity::Helo => "helo",
        };
        if let Some(domain) = &evaluation.domain {
            self.property(Some("smtp"), name, domain.as_str());
        }
    }

    /// The first [`MAX_SIGNATURES_WRITTEN`] signatures and each other one that passed. A
    /// message may bring thousands; our field must stay one that can be read.
    fn signatures(&mut self, signatures: &[SignatureResult]) {
        let mut left_out = 0_usize;
        for (nth, signature) in signatures.iter().enumerate() {
            if nth < MAX_SIGNATURES_WRITTEN || signature.result == DkimResult::Pass {
                self.dkim(signature);
            } else {
                left_out += 1;
            }
        }
        if left_out > 0 {
            self.comment(&format!("and {left_out} more signatures that did not pass"));
        }
    }

    /// One DKIM signature (RFC 8601 §2.7.1, RFC 6008).
    fn dkim(&mut self, signature: &SignatureResult) {
        self.result("dkim", None, signature.result.as_str());
        if let Some(cause) = &signature.cause {
            self.reason(cause);
        }
        if let Some(sdid) = &signature.sdid {
            self.property(Some("header"), "d", sdid.as_str());
            // An AUID of another domain is part of what is wrong with the signature.
            if let Some(auid) = signature.auid.as_ref().filter(|a| a.domain.is_at_or_below(sdid)) {
                self.address("header", "i", &auid.local_part, auid.domain.as_str());
            }
        }
        if let Some(selector) = &signature.selector {
            self.property(Some("header"), "s", selector.as_str());
        }
        if let Some(algorithm) = signature.algorithm {
            self.property(Some("header"), "a", algorithm.as_str());
        }
        if !signature.signature_start.is_empty() {
            self.property(Some("header"), "b", &signature.signature_start);
        }
    }

    /// `ptype.name=local@domain`, the address made in place. A local-part longer than
    /// RFC 5321 §4.5.3.1.1 allows is left out with its address.
    fn address(&mut self, ptype: &str, name: &str, local_part: &str, domain: &str) {
        if local_part.len() > MAX_LOCAL_PART {
            return;
        }
        let start = self.begin_item();
        self.display(format_args!("{ptype}.{name}="));
        if local_part.is_empty() || is_dot_atom(local_part) {
            self.display(format_args!("{local_part}@{domain}"));
        } else {
            self.quote(format_args!("{local_part}@{domain}"));
        }
        self.end_item(start);
    }

    /// The chain of forwarders (RFC 8617 §4.4). Whether its sealers are trusted is not said.
    fn arc(&mut self, chain: &arc::Chain) {
        self.result("arc", None, chain.result.as_str());
        if let Some(cause) = &chain.cause {
            self.reason(cause);
        }
    }

    /// DMARC (RFC 9989 §9.1).
    fn dmarc(&mut self, evaluation: &dmarc::Evaluation) {
        self.result("dmarc", None, evaluation.result.as_str());
        match (&evaluation.cause, evaluation.result) {
            (Some(cause), result) if result != DmarcResult::Pass => self.reason(cause),
            _ => {}
        }
        if let Some(author) = &evaluation.author_domain {
            self.property(Some("header"), "from", author.as_str());
        }
        if let Some(policy) = evaluation.policy {
            // "The evaluated DMARC policy applied/to be applied after policy options have been
            // processed."
            let policy = if evaluation.testing { policy.lowered() } else { policy };
            self.property(Some("policy"), "dmarc", policy.as_str());
        }
    }
}

/// Writes text that can end neither a quotation or comment nor a line.
struct Escaped<'t> {
    text: &'t mut String,
    special: &'static str,
    left: usize,
}

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars().take(self.left) {
            if self.special.contains(character) {
                self.text.push('\\');
            }
            self.text.push(if misleads(character) { '?' } else { character });
            self.left -= 1;
        }
        Ok(())
    }
}

/// Control characters, line separators, and what changes the direction of text.
fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Signatures that have a result of their own in our field, whatever came of them.
const MAX_SIGNATURES_WRITTEN: usize = 50;

/// Longer values are quoted, which cuts them.
const MAX_PLAIN: usize = 320;

/// Octets of a local-part (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL_PART: usize = 64;

fn is_token(value: &str) -> bool {
    !value.is_empty() && value.len() <= MAX_PLAIN && value.bytes().all(|b| is_token_octet(b) && b != b'\'')
}

/// `local-part@domain-name` or `@domain-name`, without anything that needs quoting.
fn is_address(value: &str) -> bool {
    let Some((local_part, domain)) = value.rsplit_once('@') else { return false };
    value.len() <= MAX_PLAIN
        && (local_part.is_empty() || is_dot_atom(local_part))
        && !domain.is_empty()
        && domain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

/// A dot-atom (RFC 5322 §3.2.3), of at most 64 octets, without the apostrophe:
/// some readers take it for a quotation mark.
fn is_dot_atom(text: &str) -> bool {
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&*+-/=?^_`{|}~".contains(&b);
    text.len() <= MAX_LOCAL_PART && text.split('.').all(|part| !part.is_empty() && part.bytes().all(atom))
}
