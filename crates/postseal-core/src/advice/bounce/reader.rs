use super::delivery_report::{Part, PartKind, parts};
use super::remote_host::{domain_of, host_name, recipient_domains, remote_hosts};
use super::{EnhancedCode, SmtpReply, replies};

/// Octets of a bounce that are read; what comes back with it does not matter.
pub const MAX_BOUNCE: usize = 512 * 1024;

/// Recipients of one report that are read.
const MAX_RECIPIENTS: usize = 50;

/// Octets that are kept of a text without a reply.
const MAX_TEXT: usize = 8_192;

/// What a bounce says: a delivery status notification (RFC 3464), the text of a mail
/// server that writes none, a line of its log, or the reply alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounce {
    /// The refusals, those for programs before those for people.
    pub replies: Vec<SmtpReply>,
    /// The hosts that refused, in lower case.
    pub hosts: Vec<String>,
    /// The domains of the recipients, in lower case.
    pub recipient_domains: Vec<String>,
    /// The report says of every recipient that the mail went on.
    pub is_success: bool,
    /// All that it says to people, each run of blanks as one space.
    pub text: String,
}

impl Bounce {
    /// Reads a bounce; never fails. What is no bounce has no replies.
    pub fn read(octets: &[u8]) -> Bounce {
        let octets = &octets[..octets.len().min(MAX_BOUNCE)];
        let parts = parts(octets);
        let mut bounce = Bounce::default();
        let mut actions = Vec::new();
        for part in parts.iter().filter(|part| part.kind == PartKind::Status) {
            bounce.status(&part.text, &mut actions);
        }
        let has_plain = parts.iter().any(|part| part.kind == PartKind::Text);
        for part in parts
            .iter()
            .filter(|part| part.kind == PartKind::Text || (part.kind == PartKind::Html && !has_plain))
        {
            bounce.text(part, actions.is_empty());
        }
        let went_on = |action: &String| ["delivered", "relayed", "expanded"].contains(&action.as_str());
        bounce.is_success = !actions.is_empty() && actions.iter().all(went_on);
        bounce
    }

    /// RFC 3464 §2.1: fields about the message, then groups of fields, one for each recipient.
    fn status(&mut self, text: &str, actions: &mut Vec<String>) {
        let mut reporting = None;
        for group in text.split("\n\n").take(MAX_RECIPIENTS) {
            let fields = Fields::read(group);
            reporting = reporting.or_else(|| fields.typed("reporting-mta").and_then(host_name));
            actions.extend(fields.get("action").map(|action| action.to_ascii_lowercase()));
            if let Some(host) = fields.typed("remote-mta").and_then(host_name) {
                note(&mut self.hosts, host);
            }
            let recipient = fields.typed("final-recipient").or_else(|| fields.typed("original-recipient"));
            if let Some(domain) = recipient.and_then(domain_of) {
                note(&mut self.recipient_domains, domain);
            }
            self.recipient(&fields);
        }
        // Who reports has refused itself, where it names no other.
        if let Some(host) = reporting.filter(|_| self.hosts.is_empty() && !self.replies.is_empty()) {
            note(&mut self.hosts, host);
        }
    }

    fn recipient(&mut self, fields: &Fields<'_>) {
        let word = fields.get("status").and_then(|text| text.split_whitespace().next());
        let status: Option<EnhancedCode> = word.and_then(|word| word.parse().ok());
        let diagnostic = fields.typed("diagnostic-code").unwrap_or_default();
        for host in remote_hosts(diagnostic) {
            note(&mut self.hosts, host);
        }
        let mut found = replies(diagnostic);
        if found.is_empty() && (status.is_some() || !diagnostic.is_empty()) {
            found.push(SmtpReply { code: None, enhanced: None, text: one_line(diagnostic) });
        }
        // RFC 3463 §3.1: x.0.0 is "other undefined status".
        let status = status.filter(|status| (status.subject, status.detail) != (0, 0));
        for mut reply in found {
            reply.enhanced = reply.enhanced.or(status);
            self.replies.push(reply);
        }
    }

    fn text(&mut self, part: &Part, names_recipients: bool) {
        for host in remote_hosts(&part.text) {
            note(&mut self.hosts, host);
        }
        if names_recipients {
            for domain in recipient_domains(&part.text) {
                note(&mut self.recipient_domains, domain);
            }
        }
        self.replies.extend(replies(&part.text));
        let line = one_line(&part.text);
        if self.text.len() + line.len() < MAX_TEXT {
            self.text.push_str(&line);
        }
    }
}

fn note(names: &mut Vec<String>, name: String) {
    if !names.contains(&name) && names.len() < MAX_RECIPIENTS {
        names.push(name);
    }
}

/// Each run of blanks as one space, up to the limit.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.len() + word.len() >= MAX_TEXT - 1 {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// The fields of one group, folded ones with their line ends.
struct Fields<'t>(Vec<(String, &'t str)>);

impl<'t> Fields<'t> {
    fn read(group: &'t str) -> Fields<'t> {
        let mut fields: Vec<(String, &'t str)> = Vec::new();
        let mut start = None;
        let mut at = 0;
        for line in group.split_inclusive('\n') {
            let is_field = !line.starts_with([' ', '\t']) && line.contains(':');
            if is_field {
                if let Some(start) = start {
                    fields.extend(field(&group[start..at]));
                }
                start = Some(at);
            }
            at += line.len();
        }
        fields.extend(start.and_then(|start| field(&group[start..])));
        Fields(fields)
    }

    fn get(&self, name: &str) -> Option<&'t str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.trim())
    }

    /// A value without its type: `dns; mx.example`.
    fn typed(&self, name: &str) -> Option<&'t str> {
        let value = self.get(name)?;
        let typed = value.split_once(';').filter(|(kind, _)| !kind.trim().contains(char::is_whitespace));
        Some(typed.map_or(value, |(_, value)| value.trim()))
    }
}

fn field(text: &str) -> Option<(String, &str)> {
    let (name, value) = text.split_once(':')?;
    Some((name.trim().to_ascii_lowercase(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_fields_of_a_report() {
        let report = "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.contoso.example\n\nFinal-Recipient: rfc822; user@gmail.com\nAction: failed\nStatus: 5.7.26\nRemote-MTA: dns; gmail-smtp-in.l.google.com\nDiagnostic-Code: smtp; 550-5.7.26 one\n 550 5.7.26 two\n--b--\n";
        let bounce = Bounce::read(report.as_bytes());
        assert_eq!(bounce.hosts, ["gmail-smtp-in.l.google.com"]);
        assert_eq!(bounce.recipient_domains, ["gmail.com"]);
        assert_eq!(bounce.replies.len(), 1);
        assert_eq!(bounce.replies[0].text, "one two");
        assert!(!bounce.is_success);
    }

    #[test]
    fn a_report_of_success_is_no_refusal() {
        let report = "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\nFinal-Recipient: rfc822; a@b.example\nAction: delivered\nStatus: 2.0.0\n--b--\n";
        assert!(Bounce::read(report.as_bytes()).is_success);
    }
}
