use super::ReportedResults;
use crate::advice::{lossy, replies};
use crate::message::{HeaderSection, LineEnds, to_wire};

/// Octets that are looked at to tell what a text is.
const MAX_BEGINNING: usize = 256 * 1024;

/// What somebody has pasted or saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pasted {
    /// A refusal, in whatever wrapping.
    Bounce,
    /// Authentication-Results, with or without the field's name.
    AuthenticationResults,
    /// ARC fields and nothing else of a message.
    Arc,
    /// A message, or its header section.
    Message,
    /// Nothing of these.
    Unknown,
}

impl Pasted {
    /// Tells what a text is; never fails.
    pub fn recognise(octets: &[u8]) -> Pasted {
        let octets = &octets[..octets.len().min(MAX_BEGINNING)];
        let section = header_fields(octets);
        let has = |names: &[&str]| names.iter().any(|name| section.named(name).next().is_some());
        if is_report(&section) || has(&["X-Failed-Recipients", "Diagnostic-Code", "Final-Recipient"]) {
            return Pasted::Bounce;
        }
        let is_message =
            has(&["From"]) && has(&["To", "Subject", "Date", "Received", "Message-ID", "Return-Path"]);
        if is_message {
            return if is_from_a_daemon(&section) && !replies(&lossy(octets)).is_empty() {
                Pasted::Bounce
            } else {
                Pasted::Message
            };
        }
        if has(&["ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results"]) {
            return Pasted::Arc;
        }
        if has(&["Authentication-Results", "X-MS-Exchange-Authentication-Results"]) {
            return Pasted::AuthenticationResults;
        }
        if !replies(&lossy(octets)).is_empty() {
            return Pasted::Bounce;
        }
        if has(&["Received", "DKIM-Signature"]) {
            return Pasted::Message;
        }
        if ReportedResults::read(octets).says_something() {
            Pasted::AuthenticationResults
        } else {
            Pasted::Unknown
        }
    }
}

/// The header fields at the beginning of a text, up to the first empty line, whatever its
/// line ends; blank lines in front are left out.
pub fn header_fields(octets: &[u8]) -> HeaderSection {
    let start = octets.iter().position(|b| !matches!(b, b'\r' | b'\n' | b' ' | b'\t')).unwrap_or(0);
    let octets = &octets[start..];
    let mut wire = Vec::with_capacity(octets.len());
    match LineEnds::detect(octets) {
        LineEnds::Wire => wire.extend_from_slice(octets),
        LineEnds::Local => {
            to_wire(octets, 0, &mut wire);
        }
    }
    let end = memchr::memmem::find(&wire, b"\r\n\r\n").map_or(wire.len(), |at| at + 2);
    wire.truncate(end);
    HeaderSection::parse(wire)
}

/// RFC 3464 §2: multipart/report with report-type=delivery-status.
fn is_report(section: &HeaderSection) -> bool {
    section.named("Content-Type").any(|field| {
        let value = lossy(field.body()).to_ascii_lowercase();
        value.contains("multipart/report")
            && !value.contains("disposition-notification")
            && !value.contains("feedback-report")
    })
}

/// A mail server's own letter: nobody answers it.
fn is_from_a_daemon(section: &HeaderSection) -> bool {
    let says = |name: &str, words: &[&str]| {
        section.named(name).any(|field| {
            let value = lossy(field.body()).to_ascii_lowercase();
            words.iter().any(|word| value.contains(word))
        })
    };
    let null_path = section.named("Return-Path").any(|field| field.body().trim_ascii() == b"<>");
    let daemon = ["mailer-daemon", "postmaster", "mail delivery", "microsoftexchange"];
    says("From", &daemon) || (null_path && says("Subject", &["undeliver", "failure", "returned", "delivery"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_a_text_is() {
        let check =
            |text: &str, expected: Pasted| assert_eq!(Pasted::recognise(text.as_bytes()), expected, "{text}");
        check("550 5.7.26 no", Pasted::Bounce);
        check(
            "Content-Type: multipart/report;\n report-type=delivery-status; boundary=b\nFrom: x\n\n",
            Pasted::Bounce,
        );
        check("Diagnostic-Code: smtp; 550 5.7.26 no\n", Pasted::Bounce);
        check(
            "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice\n\nRemote host said: 550 5.1.1 no\n",
            Pasted::Bounce,
        );
        check("Authentication-Results: mx.example; spf=pass\n", Pasted::AuthenticationResults);
        check("\n  mx.example; spf=pass smtp.mailfrom=a.example\n", Pasted::AuthenticationResults);
        check(
            "spf=fail (sender IP is 10.1.1.1) smtp.mailfrom=a.example;compauth=fail reason=001",
            Pasted::AuthenticationResults,
        );
        check("ARC-Seal: i=1; cv=none; d=a.example\n", Pasted::Arc);
        check(
            "From: a@b.example\nSubject: 550 5.7.26 no\nAuthentication-Results: x; spf=pass\n\nhi\n",
            Pasted::Message,
        );
        check("Received: from a by b; Tue\nDKIM-Signature: v=1\n", Pasted::Message);
        check("See you at 4.30.", Pasted::Unknown);
        check("", Pasted::Unknown);
    }
}
