use postseal_core::dkim::{Canonicalization, Selector};
use postseal_core::dns::DomainName;
use postseal_core::hosting::{KeyId, Life, OrganisationName, SignWith, Slot};
use postseal_store::{FormerName, HeldDomain};

/// All that a node needs of one domain: to sign for it, and to answer at the names of its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: DomainName,
    /// `None`: nobody holds it any more, and only its former names are left.
    pub(crate) holder: Option<Holder>,
    pub(crate) former: Vec<Former>,
}

/// Whose the domain is, and how it signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) organisation: OrganisationName,
    /// `None`: no keys are saved for it.
    pub(crate) signing: Option<Signing>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signing {
    pub(crate) with: SignWith,
    pub(crate) header_form: Canonicalization,
    pub(crate) body_form: Canonicalization,
    pub(crate) keys: [EntryKey; 2],
}

/// One of the two keys, without its private half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryKey {
    pub(crate) selector: Selector,
    pub(crate) id: KeyId,
    /// `<selector>-<label>`
    pub(crate) hosted_selector: String,
    /// The text of the key record.
    pub(crate) record: String,
    pub(crate) revoked: bool,
}

/// A hosted name that was given up: it answers with its key, then as revoked, then not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Former {
    pub(crate) organisation: OrganisationName,
    pub(crate) hosted_selector: String,
    pub(crate) record: String,
    /// UNIX seconds, as are all times here.
    pub(crate) published_until: u64,
    pub(crate) revoked_until: u64,
}

impl Entry {
    /// What the store has of a domain; `None` where there is nothing to keep.
    pub(crate) fn new(name: DomainName, held: Option<HeldDomain>, former: Vec<FormerName>) -> Option<Entry> {
        let former: Vec<Former> = former.into_iter().map(Former::from).collect();
        let holder = held.map(Holder::from);
        (holder.is_some() || !former.is_empty()).then_some(Entry { name, holder, former })
    }

    /// Writes the entry behind what is there: its length, then its parts.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend([0; 4]);
        push_text(self.name.as_str(), out);
        match &self.holder {
            None => push_text("", out),
            Some(holder) => {
                push_text(holder.organisation.as_str(), out);
                write_signing(holder.signing.as_ref(), out);
            }
        }
        // More are never answered for: each has two hosted names at a time.
        let former = &self.former[..self.former.len().min(usize::from(u16::MAX))];
        out.extend(u16::try_from(former.len()).unwrap_or(u16::MAX).to_le_bytes());
        for name in former {
            push_text(name.organisation.as_str(), out);
            push_text(&name.hosted_selector, out);
            push_text(&name.record, out);
            out.extend(name.published_until.to_le_bytes());
            out.extend(name.revoked_until.to_le_bytes());
        }
        let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    }

    /// Reads an entry from the beginning of `octets`, and what is behind it. `None` where there is
    /// none: the octets were changed by other hands.
    pub(super) fn read(octets: &[u8]) -> Option<(Entry, &[u8])> {
        let (view, rest) = EntryView::read(octets)?;
        Some((view.to_entry()?, rest))
    }

    /// Every hosted name of the domain, with whose it is.
    pub(super) fn hosted_names(&self) -> impl Iterator<Item = (&str, &OrganisationName)> {
        let keys = self.holder.iter().flat_map(|holder| {
            let keys = holder.signing.iter().flat_map(|signing| &signing.keys);
            keys.map(|key| (key.hosted_selector.as_str(), &holder.organisation))
        });
        keys.chain(self.former.iter().map(|former| (former.hosted_selector.as_str(), &former.organisation)))
    }

    /// The numbers of its private keys.
    pub(crate) fn key_ids(&self) -> impl Iterator<Item = KeyId> + use<> {
        let signing = self.holder.as_ref().and_then(|holder| holder.signing.as_ref());
        let ids = signing.map(|signing| signing.keys.each_ref().map(|key| key.id));
        ids.into_iter().flatten()
    }

    /// What the hosting zone answers for this domain: whose, and each name with its record.
    pub(crate) fn answers(&self) -> impl PartialEq + use<'_> {
        let holder = self.holder.as_ref();
        let keys = holder.and_then(|holder| holder.signing.as_ref()).map(|signing| {
            signing.keys.each_ref().map(|key| (&key.selector, &key.hosted_selector, &key.record, key.revoked))
        });
        (holder.map(|holder| &holder.organisation), keys, &self.former)
    }

    /// What somebody must look after, if there is something, and what is done meanwhile.
    pub(crate) fn alarm(&self) -> Option<String> {
        let (name, signing) = (&self.name, self.holder.as_ref()?.signing.as_ref()?);
        match signing.with {
            SignWith::Key { slot, alarm: true } => {
                let selector = &signing.key(slot).selector;
                Some(format!("{name}: nobody sees the key that should sign; {selector} signs all the same"))
            }
            SignWith::Defer => Some(format!("{name}: nobody sees a key; its mail waits (451)")),
            SignWith::Key { alarm: false, .. } | SignWith::Nothing => None,
        }
    }

    /// When the passing of time changes what is answered next.
    pub(super) fn next_change(&self, now: u64) -> Option<u64> {
        let times = self.former.iter().flat_map(|former| [former.published_until, former.revoked_until]);
        times.filter(|time| *time > now).min()
    }
}

impl From<HeldDomain> for Holder {
    fn from(held: HeldDomain) -> Holder {
        let signing = held.configuration.map(|(configuration, keys)| {
            let with = configuration.sign_with();
            let mut slots = configuration.slots.into_iter().zip(keys).map(|(slot, key)| EntryKey {
                selector: slot.name,
                id: slot.key,
                hosted_selector: key.hosted_selector,
                record: key.record,
                revoked: matches!(slot.life, Life::Revoked { .. }),
            });
            let keys = std::array::from_fn(|_| slots.next().expect("a configuration has two selectors"));
            Signing {
                with,
                header_form: configuration.header_canonicalization,
                body_form: configuration.body_canonicalization,
                keys,
            }
        });
        Holder { organisation: held.organisation, signing }
    }
}

impl From<FormerName> for Former {
    fn from(name: FormerName) -> Former {
        Former {
            organisation: name.organisation,
            hosted_selector: name.hosted_selector,
            record: name.record,
            published_until: name.published_until,
            revoked_until: name.revoked_until,
        }
    }
}

impl Signing {
    /// The key of a selector.
    pub(crate) fn key(&self, slot: Slot) -> &EntryKey {
        match slot {
            Slot::First => &self.keys[0],
            Slot::Second => &self.keys[1],
        }
    }
}

fn write_signing(signing: Option<&Signing>, out: &mut Vec<u8>) {
    let Some(signing) = signing else { return out.push(NO_KEYS) };
    out.push(match signing.with {
        SignWith::Nothing => 1,
        SignWith::Defer => 2,
        SignWith::Key { slot: Slot::First, alarm: false } => 3,
        SignWith::Key { slot: Slot::Second, alarm: false } => 4,
        SignWith::Key { slot: Slot::First, alarm: true } => 5,
        SignWith::Key { slot: Slot::Second, alarm: true } => 6,
    });
    out.extend([form_octet(signing.header_form), form_octet(signing.body_form)]);
    for key in &signing.keys {
        push_text(key.selector.as_str(), out);
        out.extend(key.id.0.to_le_bytes());
        push_text(&key.hosted_selector, out);
        push_text(&key.record, out);
        out.push(u8::from(key.revoked));
    }
}

/// An entry where it stands, without a copy of anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryView<'o> {
    pub(super) name: &'o str,
    /// Empty: nobody holds it.
    pub(super) organisation: &'o str,
    signing: Option<SigningView<'o>>,
    /// As many as it says, each checked.
    former: &'o [u8],
    former_count: u16,
}

#[derive(Clone, Copy, Debug)]
struct SigningView<'o> {
    with: SignWith,
    header_form: Canonicalization,
    body_form: Canonicalization,
    keys: [KeyView<'o>; 2],
}

#[derive(Clone, Copy, Debug)]
struct KeyView<'o> {
    selector: &'o str,
    id: i64,
    hosted_selector: &'o str,
    record: &'o str,
    revoked: bool,
}

#[derive(Clone, Copy, Debug)]
struct FormerView<'o> {
    organisation: &'o str,
    hosted_selector: &'o str,
    record: &'o str,
    published_until: u64,
    revoked_until: u64,
}

impl<'o> EntryView<'o> {
    /// As [`Entry::read`]; what the texts mean is not looked at.
    pub(super) fn read(octets: &'o [u8]) -> Option<(EntryView<'o>, &'o [u8])> {
        let mut reader = Reader(octets);
        let length = u32::from_le_bytes(reader.array()?);
        let (entry, rest) = reader.0.split_at_checked(usize::try_from(length).ok()?)?;
        let mut reader = Reader(entry);
        let name = reader.text()?;
        let organisation = reader.text()?;
        let signing = if organisation.is_empty() { None } else { SigningView::read(&mut reader)? };
        let former_count = u16::from_le_bytes(reader.array()?);
        let former = reader.0;
        for _ in 0..former_count {
            FormerView::read(&mut reader)?;
        }
        let view = EntryView { name, organisation, signing, former, former_count };
        reader.0.is_empty().then_some((view, rest))
    }

    fn to_entry(self) -> Option<Entry> {
        let organisation = |text| OrganisationName::parse(text).ok();
        let holder = if self.organisation.is_empty() {
            None
        } else {
            let signing = match self.signing {
                Some(signing) => Some(signing.to_signing()?),
                None => None,
            };
            Some(Holder { organisation: organisation(self.organisation)?, signing })
        };
        let former = self.former().map(|former| {
            Some(Former {
                organisation: organisation(former.organisation)?,
                hosted_selector: former.hosted_selector.to_owned(),
                record: former.record.to_owned(),
                published_until: former.published_until,
                revoked_until: former.revoked_until,
            })
        });
        let former = former.collect::<Option<Vec<_>>>()?;
        Some(Entry { name: DomainName::parse(self.name).ok()?, holder, former })
    }

    fn former(self) -> impl Iterator<Item = FormerView<'o>> {
        let mut reader = Reader(self.former);
        (0..self.former_count).filter_map(move |_| FormerView::read(&mut reader))
    }

    /// As [`Entry::hosted_names`].
    pub(super) fn hosted_names(self) -> impl Iterator<Item = (&'o str, &'o str)> {
        let organisation = self.organisation;
        let keys = self.signing.into_iter().flat_map(|signing| signing.keys);
        let keys = keys.map(move |key| (key.hosted_selector, organisation));
        keys.chain(self.former().map(|former| (former.hosted_selector, former.organisation)))
    }

    /// As [`Entry::next_change`].
    pub(super) fn next_change(self, now: u64) -> Option<u64> {
        let times = self.former().flat_map(|former| [former.published_until, former.revoked_until]);
        times.filter(|time| *time > now).min()
    }

    /// As [`Entry::alarm`].
    pub(super) fn has_alarm(self) -> bool {
        let with = self.signing.map(|signing| signing.with);
        matches!(with, Some(SignWith::Defer | SignWith::Key { alarm: true, .. }))
    }
}

impl<'o> SigningView<'o> {
    /// `Some(None)`: there are no keys.
    fn read(reader: &mut Reader<'o>) -> Option<Option<SigningView<'o>>> {
        let key = |slot, alarm| SignWith::Key { slot, alarm };
        let with = match reader.octet()? {
            NO_KEYS => return Some(None),
            1 => SignWith::Nothing,
            2 => SignWith::Defer,
            3 => key(Slot::First, false),
            4 => key(Slot::Second, false),
            5 => key(Slot::First, true),
            6 => key(Slot::Second, true),
            _ => return None,
        };
        let (header_form, body_form) = (read_form(reader)?, read_form(reader)?);
        let keys = [KeyView::read(reader)?, KeyView::read(reader)?];
        Some(Some(SigningView { with, header_form, body_form, keys }))
    }

    fn to_signing(self) -> Option<Signing> {
        let [first, second] = self.keys;
        Some(Signing {
            with: self.with,
            header_form: self.header_form,
            body_form: self.body_form,
            keys: [first.to_key()?, second.to_key()?],
        })
    }
}

impl<'o> KeyView<'o> {
    fn read(reader: &mut Reader<'o>) -> Option<KeyView<'o>> {
        Some(KeyView {
            selector: reader.text()?,
            id: i64::from_le_bytes(reader.array()?),
            hosted_selector: reader.text()?,
            record: reader.text()?,
            revoked: reader.octet()? != 0,
        })
    }

    fn to_key(self) -> Option<EntryKey> {
        Some(EntryKey {
            selector: Selector::parse(self.selector).ok()?,
            id: KeyId(self.id),
            hosted_selector: self.hosted_selector.to_owned(),
            record: self.record.to_owned(),
            revoked: self.revoked,
        })
    }
}

impl<'o> FormerView<'o> {
    fn read(reader: &mut Reader<'o>) -> Option<FormerView<'o>> {
        Some(FormerView {
            organisation: reader.text()?,
            hosted_selector: reader.text()?,
            record: reader.text()?,
            published_until: u64::from_le_bytes(reader.array()?),
            revoked_until: u64::from_le_bytes(reader.array()?),
        })
    }
}

fn form_octet(form: Canonicalization) -> u8 {
    match form {
        Canonicalization::Simple => 0,
        Canonicalization::Relaxed => 1,
    }
}

fn read_form(reader: &mut Reader<'_>) -> Option<Canonicalization> {
    match reader.octet()? {
        0 => Some(Canonicalization::Simple),
        1 => Some(Canonicalization::Relaxed),
        _ => None,
    }
}

/// A text behind its length. None of the store's is longer than a TXT record.
fn push_text(text: &str, out: &mut Vec<u8>) {
    let text = &text[..text.floor_char_boundary(usize::from(u16::MAX))];
    out.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Octets that are still to be read. Each step returns `None` where they do not suffice.
struct Reader<'o>(&'o [u8]);

impl<'o> Reader<'o> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn octet(&mut self) -> Option<u8> {
        self.array().map(|[octet]| octet)
    }

    fn text(&mut self) -> Option<&'o str> {
        let length = u16::from_le_bytes(self.array()?);
        let (text, rest) = self.0.split_at_checked(usize::from(length))?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}

/// In the place of what is signed with.
const NO_KEYS: u8 = 0;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn name(text: &str) -> DomainName {
        DomainName::parse(text).expect("a name")
    }

    pub(crate) fn organisation(text: &str) -> OrganisationName {
        OrganisationName::parse(text).expect("a name")
    }

    /// A domain that signs with its first key. The records are no keys.
    pub(crate) fn entry(domain: &str, holder: &str) -> Entry {
        let key = |number: i64| EntryKey {
            selector: Selector::parse(&format!("selector{number}")).expect("a selector"),
            id: KeyId(number),
            hosted_selector: format!("selector{number}-{}", domain.replace('.', "-")),
            record: format!("v=DKIM1; k=rsa; p={}", domain.len()),
            revoked: number == 2,
        };
        let signing = Signing {
            with: SignWith::Key { slot: Slot::First, alarm: false },
            header_form: Canonicalization::Relaxed,
            body_form: Canonicalization::Simple,
            keys: [key(1), key(2)],
        };
        let holder = Holder { organisation: organisation(holder), signing: Some(signing) };
        Entry { name: name(domain), holder: Some(holder), former: Vec::new() }
    }

    pub(crate) fn former(holder: &str, hosted_selector: &str, until: u64) -> Former {
        Former {
            organisation: organisation(holder),
            hosted_selector: hosted_selector.to_owned(),
            record: "v=DKIM1; k=rsa; p=AAAA".to_owned(),
            published_until: until,
            revoked_until: until + 100,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let check = |entry: &Entry| {
            let mut octets = Vec::new();
            entry.write(&mut octets);
            octets.extend_from_slice(b"rest");
            let (read, rest) = Entry::read(&octets).expect("read");
            assert_eq!((&read, rest), (entry, b"rest".as_slice()));
            for end in 0..octets.len() - 4 {
                assert_eq!(Entry::read(&octets[..end]), None, "cut at {end}");
            }
        };
        let whole = entry("contoso.example", "contoso");
        check(&whole);
        let with = |with| {
            let mut entry = whole.clone();
            entry.holder.as_mut().expect("held").signing.as_mut().expect("signs").with = with;
            entry
        };
        check(&with(SignWith::Nothing));
        check(&with(SignWith::Defer));
        for slot in Slot::BOTH {
            check(&with(SignWith::Key { slot, alarm: true }));
            check(&with(SignWith::Key { slot, alarm: false }));
        }
        let keyless = Holder { organisation: organisation("contoso"), signing: None };
        check(&Entry { holder: Some(keyless), ..whole.clone() });
        let gone = vec![former("contoso", "selector1-contoso-example", 7), former("fabrikam", "x-y", 9)];
        check(&Entry { holder: None, former: gone.clone(), ..whole.clone() });
        check(&Entry { former: gone, ..whole });
    }

    #[test]
    fn changed_octets_are_no_entry_or_another() {
        let mut octets = Vec::new();
        Entry { former: vec![former("contoso", "a-b", 7)], ..entry("contoso.example", "contoso") }
            .write(&mut octets);
        for at in 0..octets.len() {
            for octet in [0, 1, 0x7f, 0xff] {
                let mut changed = octets.clone();
                changed[at] = octet;
                // It need not be seen, and nothing breaks.
                let _ = Entry::read(&changed);
            }
        }
    }
}
