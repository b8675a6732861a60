use super::instance::skip_cfws;
use crate::dkim::tag_list::trim;
use crate::message::HeaderSection;

/// The results of all Authentication-Results fields that bear this
/// authserv-id, top to bottom, as the text of one `authres-payload` (RFC 8617
/// §4.1.1): the authserv-id, then the results with ";" between them, each field's
/// on a line of its own. `none` where there is no result.
// RFC 8617 §4.1.1: "the AAR MUST contain the combined authres-payload with all of the
// authentication results from within the participating ADMD, regardless of how many
// Authentication-Results header fields are attached to the message."
pub(super) fn of_authserv_id(section: &HeaderSection, authserv_id: &str) -> String {
    let mut payload = value_text(authserv_id);
    let mut is_empty = true;
    for field in section.named("Authentication-Results") {
        let Some(results) = results_of(field.body(), authserv_id) else { continue };
        if results.is_empty() || results.eq_ignore_ascii_case(b"none") {
            continue;
        }
        is_empty = false;
        payload.push_str(";\r\n    ");
        payload.push_str(&String::from_utf8_lossy(results));
    }
    if is_empty {
        payload.push_str("; none");
    }
    payload
}

/// What follows the authserv-id and its version, where the authserv-id is this one.
fn results_of<'b>(body: &'b [u8], authserv_id: &str) -> Option<&'b [u8]> {
    let (id, rest) = value(skip_cfws(body)?)?;
    if !id.eq_ignore_ascii_case(authserv_id.as_bytes()) {
        return None;
    }
    let rest = skip_cfws(rest)?;
    let version = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = skip_cfws(&rest[version..])?;
    if rest.is_empty() {
        return Some(rest);
    }
    let mut results = trim(rest.strip_prefix(b";")?);
    while let Some(fewer) = results.strip_suffix(b";") {
        results = trim(fewer);
    }
    Some(results)
}

/// A `value` (RFC 8601 §2.2): a token, or a quoted string without its quotes.
fn value(octets: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let Some(quoted) = octets.strip_prefix(b"\"") else {
        let len = octets.iter().take_while(|b| is_token_octet(**b)).count();
        return (len > 0).then(|| (octets[..len].to_vec(), &octets[len..]));
    };
    let mut text = Vec::new();
    let mut rest = quoted;
    loop {
        match rest {
            [b'"', tail @ ..] => return Some((text, tail)),
            [b'\\', octet, tail @ ..] | [octet, tail @ ..] => {
                text.push(*octet);
                rest = tail;
            }
            [] => return None,
        }
    }
}

/// An authserv-id as it stands in a field.
fn value_text(id: &str) -> String {
    if !id.is_empty() && id.bytes().all(is_token_octet) {
        return id.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in id.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// RFC 2045 §5.1's token, and what is not ASCII (RFC 8601 §2.2).
fn is_token_octet(octet: u8) -> bool {
    !octet.is_ascii() || (octet.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_the_results_of_one_authserv_id() {
        let check = |fields: &str, expected: &str| {
            let section = HeaderSection::parse(fields.as_bytes().to_vec());
            assert_eq!(of_authserv_id(&section, "mx.example"), expected, "{fields:?}");
        };
        const AR: &str = "Authentication-Results:";
        check("", "mx.example; none");
        check(&format!("{AR} other; spf=pass\r\n"), "mx.example; none");
        check(&format!("{AR} mx.example; none\r\n"), "mx.example; none");
        check(&format!("{AR} mx.example\r\n"), "mx.example; none");
        check(&format!("{AR} mx.example.org; spf=pass\r\n"), "mx.example; none");
        check(
            &format!(
                "{AR} (c) \"MX.\\example\" 1 ;\r\n spf=pass ;\r\n{AR} x; a=b\r\n{AR}mx.example;dkim=none\r\n"
            ),
            "mx.example;\r\n    spf=pass;\r\n    dkim=none",
        );
    }

    #[test]
    fn quotes_what_is_no_token() {
        assert_eq!(value_text("mx.example"), "mx.example");
        assert_eq!(value_text("a \"b\\"), "\"a \\\"b\\\\\"");
    }
}
