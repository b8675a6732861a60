//! DKIM as a first reading of RFC 6376 gives it: slow, whole messages in memory, no limits. It
//! knows the signatures that our signer writes and nothing else.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// RFC 6376 §3.4.3.
pub fn simple_body(body: &[u8]) -> Vec<u8> {
    let mut end = body.len();
    while body[..end].ends_with(b"\r\n") {
        end -= 2;
    }
    [&body[..end], b"\r\n"].concat()
}

/// RFC 6376 §3.4.4.
pub fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = lines_of(body).iter().map(|line| reduce(line)).collect();
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines.iter().flat_map(|line| [line.as_slice(), b"\r\n"].concat()).collect()
}

/// RFC 6376 §3.4.2, without the final CRLF.
pub fn relaxed_field(field: &[u8]) -> Vec<u8> {
    let colon = field.iter().position(|b| *b == b':').expect("a field");
    let mut canonical = trim(&field[..colon]).to_ascii_lowercase();
    canonical.push(b':');
    let unfolded: Vec<u8> = lines_of(&field[colon + 1..]).concat();
    canonical.extend(trim(&reduce(&unfolded)));
    canonical
}

/// The fields of a header section, without their final CRLFs; `None` where readers may
/// disagree about them.
pub fn fields(section: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut fields: Vec<Vec<u8>> = Vec::new();
    let is_bare = |octets: &[u8]| octets.iter().any(|b| matches!(b, b'\r' | b'\n' | 0));
    let mut lines = lines_of(section);
    lines.pop_if(|line| line.is_empty());
    for line in lines {
        if is_bare(line) {
            return None;
        }
        match fields.last_mut() {
            Some(field) if line.starts_with(b" ") || line.starts_with(b"\t") => {
                field.extend([b"\r\n", line].concat());
            }
            _ => fields.push(line.to_vec()),
        }
    }
    Some(fields)
}

/// True where the signature on top of a message is good.
pub fn verify(message: &[u8], record: &str) -> bool {
    let at = message.windows(4).position(|w| w == b"\r\n\r\n").expect("an empty line");
    let (section, body) = (&message[..at + 2], &message[at + 4..]);
    let Some(fields) = fields(section) else { return false };
    let signature = fields[0].clone();
    let tag = |name: &str| tag(&signature, name).unwrap_or_else(|| panic!("no {name}="));
    let (header_form, body_form) =
        tag("c").split_once('/').map(|(h, b)| (h.to_owned(), b.to_owned())).expect("c=");
    let canonical_body = if body_form == "simple" { simple_body(body) } else { relaxed_body(body) };
    if STANDARD.encode(digest(&SHA256, &canonical_body)) != tag("bh") {
        return false;
    }
    let canonical = |field: &[u8]| {
        if header_form == "simple" { field.to_vec() } else { relaxed_field(field) }
    };
    let mut left: Vec<&Vec<u8>> = fields[1..].iter().filter(|f| name(f).is_some()).collect();
    let mut signed = Vec::new();
    for wanted in tag("h").split(':') {
        if let Some(at) = left.iter().rposition(|f| name(f) == Some(wanted.to_ascii_lowercase())) {
            signed.extend(canonical(left.remove(at)));
            signed.extend(b"\r\n");
        }
    }
    let start = signature.windows(3).rposition(|w| w == b" b=").expect("b=") + 3;
    signed.extend(canonical(&signature[..start]));
    let Ok(signature) = STANDARD.decode(tag("b")) else { return false };
    let key = STANDARD.decode(record.split_once("p=").expect("p=").1).expect("Base64");
    let checked = if tag("a") == "rsa-sha256" {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(&signed, &signature)
    } else {
        UnparsedPublicKey::new(&ED25519, key).verify(digest(&SHA256, &signed).as_ref(), &signature)
    };
    checked.is_ok()
}

/// The name of a field in lower case; `None` where the line is no field.
fn name(field: &[u8]) -> Option<String> {
    let colon = field.iter().position(|b| *b == b':')?;
    let name = trim_end(&field[..colon]);
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then(|| String::from_utf8_lossy(name).to_ascii_lowercase())
}

fn tag(signature: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(signature).split_whitespace().collect::<String>();
    let (_, list) = text.split_once(':')?;
    let value = |spec: &str| spec.split_once('=').filter(|(n, _)| *n == name).map(|(_, v)| v.to_owned());
    list.split(';').find_map(value)
}

/// Without blanks at the end, runs of blanks as one SP.
fn reduce(line: &[u8]) -> Vec<u8> {
    let mut reduced: Vec<u8> = Vec::new();
    for octet in trim_end(line) {
        match octet {
            b' ' | b'\t' if reduced.last() == Some(&b' ') => {}
            b' ' | b'\t' => reduced.push(b' '),
            other => reduced.push(*other),
        }
    }
    reduced
}

fn lines_of(octets: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = octets;
    while let Some(at) = rest.windows(2).position(|w| w == b"\r\n") {
        lines.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    lines.push(rest);
    lines
}

fn trim(octets: &[u8]) -> &[u8] {
    let start = octets.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    trim_end(&octets[start..])
}

fn trim_end(octets: &[u8]) -> &[u8] {
    let blanks = octets.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
    &octets[..octets.len() - blanks]
}
