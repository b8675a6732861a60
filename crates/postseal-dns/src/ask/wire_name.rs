use hickory_proto::rr::Name;
use postseal_core::dns::DomainName;

/// The name as the wire carries it. `None` cannot happen for a [`DomainName`],
/// whose labels and length are within the limits of RFC 1035.
pub(crate) fn to_wire(name: &DomainName) -> Option<Name> {
    Name::from_labels(name.labels().map(str::as_bytes)).ok()
}

/// The domain name, or `None` where it is the root or holds octets that no host
/// or domain of the mail protocols has: the caller leaves such a name out.
pub(super) fn from_wire(name: &Name) -> Option<DomainName> {
    let mut text = Vec::with_capacity(name.len());
    for label in name.iter() {
        // A dot inside a label would read as two labels.
        if label.contains(&b'.') {
            return None;
        }
        if !text.is_empty() {
            text.push(b'.');
        }
        text.extend_from_slice(label);
    }
    DomainName::parse_octets(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_there_and_back() {
        let check = |text: &str| {
            let name = DomainName::parse(text).expect("a valid test name");
            assert_eq!(from_wire(&to_wire(&name).expect("fits")), Some(name));
        };
        check("example");
        check("selector1._domainkey.contoso.example");
        check(&"a.".repeat(127));
    }

    #[test]
    fn a_name_from_a_macro_goes_out_as_it_is() {
        let name = DomainName::from_expansion("a b(c.example").expect("printable");
        let wire = to_wire(&name).expect("fits");
        assert_eq!(wire.iter().next(), Some(&b"a b(c"[..]));
    }

    #[test]
    fn leaves_out_what_is_no_domain() {
        let check = |labels: &[&[u8]]| {
            let name = Name::from_labels(labels.iter().copied()).expect("a wire name");
            assert_eq!(from_wire(&name), None, "{labels:?}");
        };
        check(&[]);
        check(&[b"a.b", b"example"]);
        check(&[b"legit(", b"attack"]);
        check(&[b"\xff\xfe", b"example"]);
        check(&[b"a\0b"]);
    }
}
