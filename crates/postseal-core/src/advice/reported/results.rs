use super::CompositeAuthentication;
use crate::verdict::{AuthenticationResults, FieldDefect, MethodResult};

/// Results of one text that are kept.
pub const MAX_REPORTED: usize = 100;

/// What Authentication-Results fields say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportedResults {
    /// Who wrote the first of them, where it says so.
    pub authserv_id: Option<String>,
    /// They are in Exchange Online's dialect: no authserv-id, and results of its own.
    pub is_exchange_online: bool,
    /// The results of methods, in order.
    pub results: Vec<ReportedResult>,
    /// Exchange Online's own result.
    pub composite: Option<CompositeAuthentication>,
}

/// One result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedResult {
    /// The method.
    pub method: Method,
    /// The result in lower case, as `pass`.
    pub result: String,
    /// The comment behind it, or `reason=`.
    pub detail: Option<String>,
    /// The domain or address that it is about.
    pub identity: Option<String>,
    /// `action=` of Exchange Online, in lower case.
    pub action: Option<String>,
    /// How it was written.
    pub evidence: String,
}

/// A method of RFC 8601 §2.7 and its registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// SPF.
    Spf,
    /// DKIM.
    Dkim,
    /// DMARC.
    Dmarc,
    /// The chain of forwarders.
    Arc,
    /// The client's name in the DNS.
    Iprev,
    /// A login.
    Auth,
    /// Another one.
    Other,
}

impl ReportedResults {
    /// Reads the body of a field; never fails. What is no such field has no results.
    pub fn read(body: &[u8]) -> ReportedResults {
        let read = AuthenticationResults::read(body);
        let nameless = read.findings.iter().any(|finding| finding.defect == FieldDefect::NoAuthservId);
        let mut reported =
            ReportedResults { authserv_id: read.field.authserv_id, ..ReportedResults::default() };
        for result in &read.field.results {
            if result.method == *"compauth" {
                let reason = result.reason.clone();
                reported.composite =
                    Some(CompositeAuthentication { result: result.result.as_str().to_lowercase(), reason });
            } else if reported.results.len() < MAX_REPORTED {
                reported.results.push(ReportedResult::new(result));
            }
        }
        let own = |result: &ReportedResult| {
            result.action.is_some()
                || result.detail.as_deref().is_some_and(|d| d.starts_with("sender IP is "))
        };
        reported.is_exchange_online =
            reported.composite.is_some() || (nameless && reported.results.iter().any(own));
        reported
    }

    /// Adds what another field says.
    pub fn add(&mut self, other: ReportedResults) {
        self.authserv_id = self.authserv_id.take().or(other.authserv_id);
        self.is_exchange_online |= other.is_exchange_online;
        self.composite = self.composite.take().or(other.composite);
        self.results.extend(other.results);
        self.results.truncate(MAX_REPORTED);
    }

    /// True where it holds a result of a method that is known.
    pub fn says_something(&self) -> bool {
        self.composite.is_some() || self.results.iter().any(|result| result.method != Method::Other)
    }

    /// The first result of a method.
    pub fn first(&self, method: Method) -> Option<&ReportedResult> {
        self.results.iter().find(|result| result.method == method)
    }

    /// The first result of a method that passed.
    pub fn passed(&self, method: Method) -> Option<&ReportedResult> {
        self.results.iter().find(|result| result.method == method && result.result == "pass")
    }
}

impl ReportedResult {
    fn new(result: &MethodResult) -> ReportedResult {
        let method = match result.method.as_str().to_ascii_lowercase().as_str() {
            "spf" => Method::Spf,
            "dkim" => Method::Dkim,
            "dmarc" => Method::Dmarc,
            "arc" => Method::Arc,
            "iprev" => Method::Iprev,
            "auth" => Method::Auth,
            _ => Method::Other,
        };
        ReportedResult {
            method,
            result: result.result.as_str().to_ascii_lowercase(),
            detail: result.comment.clone().or_else(|| result.reason.clone()),
            identity: identity(method, result),
            action: property(result, "action").map(|action| action.to_ascii_lowercase()),
            evidence: evidence(result),
        }
    }
}

/// The domain or address that a result is about.
fn identity(method: Method, result: &MethodResult) -> Option<String> {
    let names: &[&str] = match method {
        Method::Spf => &["mailfrom", "helo"],
        Method::Dkim => &["d", "i"],
        Method::Dmarc => &["from"],
        Method::Iprev => &["iprev", "remote-ip"],
        Method::Arc | Method::Auth | Method::Other => &[],
    };
    let value = names.iter().find_map(|name| property(result, name))?;
    let domain = value.rsplit('@').next().unwrap_or(value);
    (!domain.is_empty()).then(|| domain.to_ascii_lowercase())
}

fn property<'r>(result: &'r MethodResult, name: &str) -> Option<&'r str> {
    result.properties.iter().find(|property| property.name == *name).map(|property| property.value.as_str())
}

fn evidence(result: &MethodResult) -> String {
    let mut text = format!("{}={}", result.method, result.result);
    if let Some(comment) = &result.comment {
        text.push_str(&format!(" ({comment})"));
    }
    if let Some(reason) = &result.reason {
        text.push_str(&format!(" reason={reason}"));
    }
    for property in &result.properties {
        text.push(' ');
        if let Some(ptype) = &property.ptype {
            text.push_str(&format!("{ptype}."));
        }
        text.push_str(&format!("{}={}", property.name, property.value));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_form_of_the_rfc() {
        let read = ReportedResults::read(b" mx.example; spf=pass smtp.mailfrom=a@Contoso.example; dkim=fail reason=\"bad\" header.d=x.example");
        assert_eq!(read.authserv_id.as_deref(), Some("mx.example"));
        assert!(!read.is_exchange_online && read.says_something());
        assert_eq!(read.results[0].identity.as_deref(), Some("contoso.example"));
        assert_eq!(read.results[1].detail.as_deref(), Some("bad"));
        assert_eq!(read.results[1].evidence, "dkim=fail reason=bad header.d=x.example");
    }

    #[test]
    fn reads_exchange_online() {
        let field = b"spf=fail (sender IP is 10.10.10.10) smtp.mailfrom=contoso.com; dkim=fail (body hash did not verify) header.d=contoso.com;dmarc=fail action=oreject header.from=contoso.com;compauth=pass reason=130";
        let read = ReportedResults::read(field);
        assert!(read.is_exchange_online && read.authserv_id.is_none());
        let composite = read.composite.as_ref().expect("read");
        assert_eq!((composite.result.as_str(), composite.reason.as_deref()), ("pass", Some("130")));
        assert_eq!(read.first(Method::Dmarc).and_then(|dmarc| dmarc.action.as_deref()), Some("oreject"));
        // A recipient's domain may stand bare between the results.
        let field = b"spf=none (sender IP is 192.168.1.8) smtp.mailfrom=maliciousdomain.com; contoso.com; dkim=pass (signature was verified) header.d=maliciousdomain.com; contoso.com; dmarc=none action=none header.from=contoso.com; compauth=fail reason=001";
        let read = ReportedResults::read(field);
        assert_eq!(read.results.len(), 3);
        assert_eq!(read.composite.and_then(|composite| composite.reason).as_deref(), Some("001"));
    }

    #[test]
    fn other_texts_say_nothing() {
        for text in ["", "hello", "mx.example; none", "a=b", "550 5.7.26 no"] {
            assert!(!ReportedResults::read(text.as_bytes()).says_something(), "{text}");
        }
    }
}
