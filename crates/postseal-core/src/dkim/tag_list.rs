use memchr::memchr;

/// Octets that a tag list may have: 64 kB.
pub const MAX_TAG_LIST: usize = 65_536;

/// A tag list (RFC 6376 §3.2), read in one pass into the tags that the reader
/// knows. Values are slices of the text; tags with other names are checked and
/// left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TagList<'a, const N: usize> {
    octets: &'a [u8],
    /// From after the "=" to before the ";" of each known tag.
    spans: [Option<Span>; N],
    /// Which known tag came first.
    first: Option<usize>,
}

/// Where a value lies in the text, blanks around it included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// The octets of `text` at this place.
    pub(crate) fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Why a text is no tag list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagListError {
    /// There is a part without "=".
    #[error("a part at octet {at} has no \"=\"")]
    NoEquals {
        /// Octets from the start of the list.
        at: usize,
    },
    /// A tag name that is not a letter followed by letters, digits and underscores.
    #[error("the tag name at octet {at} is not valid")]
    BadName {
        /// Octets from the start of the list.
        at: usize,
    },
    /// The same name twice.
    #[error("the tag at octet {at} is there twice")]
    Duplicate {
        /// Octets from the start of the list.
        at: usize,
    },
    /// More octets than [`MAX_TAG_LIST`].
    #[error("the tag list has {octets} octets, more than {MAX_TAG_LIST}")]
    TooLong {
        /// Octets of the list.
        octets: usize,
    },
}

impl<'a, const N: usize> TagList<'a, N> {
    /// Reads a tag list. `slot` tells the place of each name that the reader
    /// knows, below `N`.
    ///
    /// Returns what was read up to the first error, with that error.
    pub(crate) fn read(
        octets: &'a [u8],
        slot: impl Fn(&[u8]) -> Option<usize>,
    ) -> (TagList<'a, N>, Option<TagListError>) {
        let mut list = TagList { octets, spans: [None; N], first: None };
        let error = list.fill(slot).err();
        (list, error)
    }

    fn fill(&mut self, slot: impl Fn(&[u8]) -> Option<usize>) -> Result<(), TagListError> {
        let octets = self.octets;
        if octets.len() > MAX_TAG_LIST {
            return Err(TagListError::TooLong { octets: octets.len() });
        }
        let mut unknown: Vec<(&[u8], usize)> = Vec::new();
        let mut start = 0;
        loop {
            let end = memchr(b';', &octets[start..]).map_or(octets.len(), |i| start + i);
            let spec = &octets[start..end];
            // RFC 6376 §3.2: the grammar allows one ";" after the last tag.
            if end == octets.len() && trim(spec).is_empty() && start > 0 {
                break;
            }
            let equals = memchr(b'=', spec).ok_or(TagListError::NoEquals { at: start })?;
            let name = trim(&spec[..equals]);
            if !is_tag_name(name) {
                return Err(TagListError::BadName { at: start });
            }
            match slot(name) {
                Some(slot) => {
                    // RFC 6376 §3.2: "if a tag name does occur more than once, the entire
                    // tag-list is invalid."
                    if self.spans[slot].is_some() {
                        return Err(TagListError::Duplicate { at: start });
                    }
                    self.spans[slot] = Some(Span { start: offset(start + equals + 1), end: offset(end) });
                    if start == 0 {
                        self.first = Some(slot);
                    }
                }
                None => unknown.push((name, start)),
            }
            if end == octets.len() {
                break;
            }
            start = end + 1;
        }
        duplicate(&mut unknown).map_or(Ok(()), |at| Err(TagListError::Duplicate { at }))
    }

    /// The value of a known tag, without blanks around it.
    pub(crate) fn value(&self, slot: usize) -> Option<&'a [u8]> {
        self.spans[slot].map(|span| trim(span.of(self.octets)))
    }

    /// Where the value of a known tag lies, blanks around it included.
    pub(crate) fn span(&self, slot: usize) -> Option<Span> {
        self.spans[slot]
    }

    /// True where the list begins with this known tag.
    pub(crate) fn begins_with(&self, slot: usize) -> bool {
        self.first == Some(slot)
    }
}

/// True for the octets that FWS (RFC 6376 §2.8) is made of.
pub(crate) fn is_fws(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// The octets without FWS before them.
pub(crate) fn trim_start(mut octets: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = octets
        && is_fws(*first)
    {
        octets = rest;
    }
    octets
}

/// The octets without FWS around them.
pub(crate) fn trim(octets: &[u8]) -> &[u8] {
    let mut octets = trim_start(octets);
    while let [rest @ .., last] = octets
        && is_fws(*last)
    {
        octets = rest;
    }
    octets
}

fn is_tag_name(name: &[u8]) -> bool {
    let [first, rest @ ..] = name else { return false };
    first.is_ascii_alphabetic() && rest.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// Where a name stands that was there before.
fn duplicate(names: &mut [(&[u8], usize)]) -> Option<usize> {
    names.sort_unstable();
    names.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).min()
}

/// A list has at most [`MAX_TAG_LIST`] octets.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Option<String>>, Option<TagListError>) {
        let (list, error) = TagList::<2>::read(text.as_bytes(), |name| match name {
            b"a" => Some(0),
            b"b" => Some(1),
            _ => None,
        });
        let value = |slot| list.value(slot).map(|v| String::from_utf8_lossy(v).into_owned());
        (vec![value(0), value(1)], error)
    }

    #[test]
    fn reads_known_tags() {
        let check = |text: &str, a: Option<&str>, b: Option<&str>| {
            let (values, error) = read(text);
            assert_eq!(error, None, "{text:?}");
            assert_eq!(values, [a.map(str::to_owned), b.map(str::to_owned)], "{text:?}");
        };
        check("a=1;b=2", Some("1"), Some("2"));
        check(" a = 1 2\r\n\t; \r\n b=; ", Some("1 2"), Some(""));
        check("x=1; b==x=; y_1=;", None, Some("=x="));
        check("A=1", None, None);
    }

    #[test]
    fn refuses_what_is_no_tag_list() {
        let check = |text: &str, expected: TagListError| {
            assert_eq!(read(text).1, Some(expected), "{text:?}");
        };
        check("", TagListError::NoEquals { at: 0 });
        check("a=1;;b=2", TagListError::NoEquals { at: 4 });
        check("a=1;;", TagListError::NoEquals { at: 4 });
        check("a=1; b", TagListError::NoEquals { at: 4 });
        check("_=1", TagListError::BadName { at: 0 });
        check("a b=1", TagListError::BadName { at: 0 });
        check("\"a=1\"", TagListError::BadName { at: 0 });
        check("a=1;a=1", TagListError::Duplicate { at: 4 });
        check("x=1;y=1;x=2;y=2", TagListError::Duplicate { at: 8 });
        check(&"a".repeat(65_537), TagListError::TooLong { octets: 65_537 });
    }
}
