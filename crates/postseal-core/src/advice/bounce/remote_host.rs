use super::words::Words;

/// Names that are read of one text.
const MAX_NAMES: usize = 20;

/// The hosts that a text says refused the mail, in lower case: the cues of Postfix,
/// Sendmail, Exim, Exchange and Gmail. Other names in it are not believed.
pub(super) fn remote_hosts(text: &str) -> Vec<String> {
    let mut hosts = Vec::new();
    let mut words = Words::new(text);
    while let Some(word) = words.next() {
        let lower = |word: &str| word.to_ascii_lowercase();
        let (before, two_before) = (lower(words.back(1)), lower(words.back(2)));
        let next = words.peek();
        let named = match before.as_str() {
            // Postfix: "host NAME[IP] said", Exim: "host NAME [IP]".
            "host" => {
                word.contains('[') || next.is_some_and(|next| next.starts_with(['[', '(']) || next == "said:")
            }
            "to" => matches!(two_before.as_str(), "talking" | "connected" | "connecting"),
            // Gmail: "by the server for the recipient domain D by NAME."
            "by" => words.back(3).eq_ignore_ascii_case("domain"),
            // Exchange: "Remote Server at D (IP) returned", Exim: "from remote mail server".
            "at" => two_before == "server",
            _ => false,
        };
        // Exchange: "NAME gave this error:", "NAME rejected your message", "NAME Remote Server returned",
        // "NAME #550 5.7.1".
        let speaks = match (next, words.peek_second()) {
            (Some("gave"), Some("this")) | (Some("rejected"), Some("your")) => true,
            (Some("Remote"), Some("Server")) => true,
            (Some(next), _) => next.starts_with("#4") || next.starts_with("#5"),
            _ => false,
        };
        let value = ["relay=", "{fqdn=", "fqdn="].iter().find_map(|key| strip_prefix(word, key));
        let value = value.or_else(|| word.rsplit_once("{FQDN=").map(|(_, name)| name));
        let name = match value {
            Some(value) => host_name(value),
            None if named || speaks => host_name(word),
            None => None,
        };
        if let Some(name) = name
            && !hosts.contains(&name)
            && hosts.len() < MAX_NAMES
        {
            hosts.push(name);
        }
    }
    hosts
}

/// The domains of the recipients that a text names as such, in lower case.
pub(super) fn recipient_domains(text: &str) -> Vec<String> {
    let mut domains = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        // Postfix and qmail: "<user@domain>: …"; Exim and Sendmail: the address alone.
        let address = match line.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            Some((address, rest)) if rest.is_empty() || rest.starts_with(':') => address,
            _ => match line.split_once("to=<").and_then(|(_, rest)| rest.split_once('>')) {
                Some((address, _)) => address,
                None => line,
            },
        };
        if let Some(domain) = domain_of(address)
            && !domains.contains(&domain)
            && domains.len() < MAX_NAMES
        {
            domains.push(domain);
        }
    }
    domains
}

/// The domain of one address and nothing else.
pub(super) fn domain_of(address: &str) -> Option<String> {
    let (local, domain) = address.trim().trim_matches(['<', '>']).rsplit_once('@')?;
    let plain = !local.is_empty() && !local.contains(char::is_whitespace);
    host_name(domain).filter(|name| plain && name.len() == domain.trim_end_matches('.').len())
}

/// The host name that a word begins with: at least two labels, the last one not a number.
pub(super) fn host_name(word: &str) -> Option<String> {
    let word = word.trim_start_matches(['(', '<', '\'', '"']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let name = &word[..word.find(|c| !is_name(c)).unwrap_or(word.len())];
    let name = name.trim_end_matches('.');
    let last = name.rsplit_once('.')?.1;
    let is_host = name.len() <= 253
        && last.len() >= 2
        && last.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && last.bytes().any(|b| b.is_ascii_alphabetic());
    is_host.then(|| name.to_ascii_lowercase())
}

fn strip_prefix<'w>(word: &'w str, prefix: &str) -> Option<&'w str> {
    let start = word.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &word[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn believes_the_cues_of_mail_servers() {
        let check = |text: &str, expected: &[&str]| assert_eq!(remote_hosts(text), expected, "{text}");
        check("<a@x.example>: host MX.Google.com[192.0.2.1] said: 550", &["mx.google.com"]);
        check("host mx.example [192.0.2.1]\n SMTP error from remote mail server", &["mx.example"]);
        check("... while talking to mx1.mail.icloud.com.:", &["mx1.mail.icloud.com"]);
        check(
            "the recipient domain yahoo.com by mta7.am0.yahoodns.net. [192.0.2.7].",
            &["mta7.am0.yahoodns.net"],
        );
        check("gmail-smtp-in.l.google.com gave this error:", &["gmail-smtp-in.l.google.com"]);
        check(
            "user@x.example\nmx.fabrikam.example\nRemote Server returned '550 5.1.1 no'",
            &["mx.fabrikam.example"],
        );
        check("mx.fabrikam.example #550 5.1.1 no ##", &["mx.fabrikam.example"]);
        check("Remote Server at gmail.com (192.0.2.1) returned '400", &["gmail.com"]);
        check("relay=mx.example[192.0.2.1]:25, dsn=5.0.0", &["mx.example"]);
        check("[{LED=550 no};{MSG=};{FQDN=mx.google.com};{IP=192.0.2.1}]", &["mx.google.com"]);
        check("Your host mail.contoso.example is not liked", &[]);
        check("Connected to 192.0.2.1 but sender was rejected.", &[]);
        check("rejected by DMARC policy for gmail.com", &[]);
    }

    #[test]
    fn finds_recipients() {
        let check = |text: &str, expected: &[&str]| assert_eq!(recipient_domains(text), expected, "{text}");
        check("<User@Gmail.com>: host", &["gmail.com"]);
        check("  user@docomo.ne.jp\n", &["docomo.ne.jp"]);
        check("postfix/smtp[1]: 4: to=<a@au.com>, relay=x", &["au.com"]);
        check("write to user@gmail.com for help", &[]);
    }
}
