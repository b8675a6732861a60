use std::time::SystemTime;

use super::smtp::Parcel;

/// A message of a few lines.
pub(super) fn letter(author: &str, recipient: &str, subject: &str, number: usize) -> Parcel {
    let date = httpdate::fmt_http_date(SystemTime::now());
    // RFC 5322 §4.3 calls the name of the zone obsolete.
    let date = date.strip_suffix("GMT").map(|front| format!("{front}+0000")).unwrap_or(date);
    let domain = author.rsplit_once('@').map_or(author, |(_, domain)| domain);
    let text = format!(
        "From: Anne <{author}>\r\n\
         To: Ken <{recipient}>\r\n\
         Subject: {subject}\r\n\
         Date: {date}\r\n\
         Message-ID: <{number}.walk@{domain}>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\
         \r\n\
         Dear Ken,\r\n\
         the figures are in the usual place.\r\n\
         Anne\r\n"
    );
    Parcel { mail_from: author.to_owned(), recipient: recipient.to_owned(), octets: text.into_bytes() }
}

/// The values of the fields of this name, unfolded, top down.
pub(super) fn values(header: &str, name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut inside = false;
    for line in header.split("\r\n") {
        if line.starts_with([' ', '\t']) {
            if let Some(value) = found.last_mut().filter(|_| inside) {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        let field = line.split_once(':').filter(|(found, _)| found.eq_ignore_ascii_case(name));
        inside = field.is_some();
        found.extend(field.map(|(_, value)| value.trim().to_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfolds_fields() {
        let header = "A: one\r\n two\r\nB: x\r\n y\r\na:three\r\n";
        assert_eq!(values(header, "A"), ["one two", "three"]);
        assert_eq!(values(header, "b"), ["x y"]);
        assert!(values(header, "C").is_empty());
    }

    #[test]
    fn a_letter_is_dated_as_mail_is() {
        let parcel = letter("anne@contoso.example", "ken@fabrikam.example", "Figures", 7);
        let text = String::from_utf8(parcel.octets).expect("ASCII");
        let header = text.split_once("\r\n\r\n").expect("a body").0.to_owned();
        assert!(values(&header, "Date")[0].ends_with(" +0000"), "{header}");
        assert_eq!(values(&header, "Message-ID"), ["<7.walk@contoso.example>"]);
    }
}
