use crate::dns::DomainName;

/// Where reports go: one URI of `rua` or `ruf` (RFC 9989 §4.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportUri {
    /// The URI, without a size limit.
    pub uri: String,
    /// The size limit of RFC 7489 §6.4 in octets, obsolete and to be ignored.
    pub size_limit: Option<u64>,
}

/// A text that is no URI, or a `mailto:` without an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a reporting URI")]
pub struct ReportUriError;

impl ReportUri {
    /// Reads one URI, with or without a size limit (`!10m`).
    ///
    /// # Errors
    /// [`ReportUriError`] where RFC 3986 does not allow it, or a `mailto:` URI
    /// has no address.
    pub fn parse(text: &str) -> Result<ReportUri, ReportUriError> {
        let (uri, size_limit) = match text.rsplit_once('!') {
            None => (text, None),
            Some((uri, limit)) => (uri, Some(size_limit(limit).ok_or(ReportUriError)?)),
        };
        if is_uri(uri) { Ok(ReportUri { uri: uri.to_owned(), size_limit }) } else { Err(ReportUriError) }
    }

    /// The address of a `mailto:` URI, as written.
    pub fn mailbox(&self) -> Option<&str> {
        mailto(&self.uri)
    }

    /// The domain of a `mailto:` URI.
    pub fn domain(&self) -> Option<DomainName> {
        let (_, domain) = self.mailbox()?.rsplit_once('@')?;
        DomainName::parse(domain).ok()
    }
}

// RFC 9989 §4.8: "obs-dmarc-report-size = "!" 1*DIGIT [ "k" / "m" / "g" / "t" ]"
fn size_limit(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| "kmgtKMGT".contains(c));
    if digits.is_empty() || text.len() > digits.len() + 1 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let shift = match text.as_bytes().last()?.to_ascii_lowercase() {
        b'k' => 10,
        b'm' => 20,
        b'g' => 30,
        b't' => 40,
        _ => 0,
    };
    Some(digits.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(1 << shift))
}

fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_is_good = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    if !scheme_is_good || rest.is_empty() || !rest.bytes().all(is_uri_octet) || !escapes_are_good(rest) {
        return false;
    }
    if !scheme.eq_ignore_ascii_case("mailto") {
        return true;
    }
    mailto(text)
        .and_then(|mailbox| mailbox.rsplit_once('@'))
        .is_some_and(|(local, domain)| !local.is_empty() && DomainName::parse(domain).is_ok())
}

fn mailto(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once(':')?;
    scheme.eq_ignore_ascii_case("mailto").then(|| rest.split(['?', '#']).next().unwrap_or(rest))
}

/// Unreserved and reserved characters and `%` (RFC 3986 §2), but not the comma
/// and exclamation mark that RFC 9989 §4.8 wants encoded.
fn is_uri_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~:/?#[]@$&'()*+;=%".contains(&octet)
}

fn escapes_are_good(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let hex = after.as_bytes().get(..2);
        hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_refuses() {
        let check = |text: &str, expected: Option<(&str, Option<u64>)>| {
            let got = ReportUri::parse(text).ok();
            let got = got.as_ref().map(|u| (u.uri.as_str(), u.size_limit));
            assert_eq!(got, expected, "{text:?}");
        };
        check("mailto:d@example.com", Some(("mailto:d@example.com", None)));
        check("MAILTO:d@example.com", Some(("MAILTO:d@example.com", None)));
        check("mailto:d@example.com!10m", Some(("mailto:d@example.com", Some(10 << 20))));
        check("mailto:d@example.com!5000", Some(("mailto:d@example.com", Some(5000))));
        check("mailto:d@example.com!99999999999999999999t", Some(("mailto:d@example.com", Some(u64::MAX))));
        check("mailto:d@example.com?subject=x", Some(("mailto:d@example.com?subject=x", None)));
        check("https://example.com/reports", Some(("https://example.com/reports", None)));
        check("mailto:d@example.com!", None);
        check("mailto:d@example.com!10mk", None);
        check("mailto:d@example.com!m", None);
        check("mailto:d%zz@example.com", None);
        check("d@example.com", None);
        check("mailto:", None);
        check("mailto:d", None);
        check("mailto:@example.com", None);
        check("mailto:d@exa mple.com", None);
        check("1x:y", None);
        check("", None);
    }

    #[test]
    fn names_the_mailbox() {
        let uri = ReportUri::parse("mailto:d@Example.com?subject=x").expect("a URI");
        assert_eq!(uri.mailbox(), Some("d@Example.com"));
        assert_eq!(uri.domain(), DomainName::parse("example.com").ok());
        assert_eq!(ReportUri::parse("https://x.example/a@b").expect("a URI").mailbox(), None);
    }
}
