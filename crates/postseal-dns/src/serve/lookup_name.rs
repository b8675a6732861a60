use std::borrow::Borrow;

use postseal_core::dns::DomainName;

/// A name as the wire has it (RFC 1035 §3.1) in lower case: labels behind their lengths, the
/// root's empty label at the end, 255 octets at most. Only made of octets that were checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LookupName<'a>(&'a [u8]);

impl<'a> LookupName<'a> {
    /// The name in octets that are known to be one.
    pub(super) fn trusted(octets: &'a [u8]) -> LookupName<'a> {
        LookupName(octets)
    }

    /// The octets, lengths and root label included.
    pub fn octets(self) -> &'a [u8] {
        self.0
    }

    /// The labels from left to right, without the root's.
    pub fn labels(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (&length, after) = rest.split_first()?;
            let (label, after) = after.split_at_checked(usize::from(length))?;
            rest = after;
            (length > 0).then_some(label)
        })
    }

    /// The name without its first label; `None` for the root.
    pub fn parent(self) -> Option<LookupName<'a>> {
        let (&length, rest) = self.0.split_first()?;
        if length == 0 { None } else { rest.get(usize::from(length)..).map(LookupName) }
    }

    /// True for the ancestor itself and for every name below it.
    pub fn is_at_or_below(self, ancestor: LookupName<'_>) -> bool {
        let Some(at) = self.0.len().checked_sub(ancestor.0.len()) else { return false };
        self.0[at..] == *ancestor.0 && self.begins_a_label(at)
    }

    fn begins_a_label(self, at: usize) -> bool {
        let mut next = 0;
        while next < at {
            next += 1 + usize::from(self.0[next]);
        }
        next == at
    }
}

/// A [`LookupName`] of one's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WireName(Box<[u8]>);

impl WireName {
    /// To look up with.
    pub fn as_lookup(&self) -> LookupName<'_> {
        LookupName(&self.0)
    }
}

impl From<&DomainName> for WireName {
    fn from(name: &DomainName) -> WireName {
        let mut octets = Vec::with_capacity(name.as_str().len() + 2);
        push_name(name, &mut octets);
        WireName(octets.into())
    }
}

impl From<LookupName<'_>> for WireName {
    fn from(name: LookupName<'_>) -> WireName {
        WireName(name.0.into())
    }
}

impl Borrow<[u8]> for WireName {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

/// Writes a name without compression. A [`DomainName`] keeps the limits of RFC 1035 §3.1.
pub(super) fn push_name(name: &DomainName, out: &mut Vec<u8>) {
    for label in name.labels() {
        out.push(u8::try_from(label.len()).expect("a DomainName has labels of at most 63 octets"));
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(text: &str) -> WireName {
        WireName::from(&DomainName::parse(text).expect("a test name"))
    }

    #[test]
    fn lies_below_at_label_boundaries_only() {
        let check = |name: &str, ancestor: &str, expected: bool| {
            let below = wire(name).as_lookup().is_at_or_below(wire(ancestor).as_lookup());
            assert_eq!(below, expected, "{name} below {ancestor}");
        };
        check("host.example", "host.example", true);
        check("a.b.host.example", "host.example", true);
        check("myhost.example", "host.example", false);
        check("example", "host.example", false);
        check("host.example.test", "host.example", false);
    }

    #[test]
    fn octets_of_a_label_are_no_boundary() {
        // "\x08x\x07example\0" ends with the octets of "example", inside a label.
        let name = LookupName::trusted(b"\x0ax\x07example\x01\x01a\x00");
        assert!(!name.is_at_or_below(LookupName::trusted(b"\x01\x01a\x00")) || name.begins_a_label(11));
        let inside = LookupName::trusted(b"\x03a\x01b\x00");
        assert!(!inside.is_at_or_below(LookupName::trusted(b"\x01b\x00")));
    }

    #[test]
    fn labels_and_parents() {
        let name = wire("a.bc.example");
        let labels: Vec<&[u8]> = name.as_lookup().labels().collect();
        assert_eq!(labels, [&b"a"[..], b"bc", b"example"]);
        assert_eq!(name.as_lookup().parent(), Some(wire("bc.example").as_lookup()));
        assert_eq!(LookupName::trusted(b"\0").parent(), None);
    }
}
