use std::cmp::Ordering;

use crate::message::{Field, HeaderSection};

/// Finds the fields that an `h=` tag names (RFC 6376 §5.4.2), in time that does
/// not depend on how many fields the message has. One index serves all
/// signatures of a message.
pub(crate) struct FieldIndex<'a> {
    section: &'a HeaderSection,
    form: Form,
}

#[expect(clippy::large_enum_variant, reason = "there is one, and it is not moved")]
enum Form {
    /// Up to 64 fields with ordinary names: for the last bits of a name's hash, one bit
    /// for each field whose name has them.
    Few([u64; BUCKETS]),
    /// Places of fields with the hash of the name before them, sorted by hash, then name
    /// in lower case, then place. Names may collide in their hash on purpose.
    Many(Vec<Place>),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    hash: u32,
    index: u32,
}

const BUCKETS: usize = 64;

/// Names of more octets than this take the careful way.
const ORDINARY_NAME: usize = 64;

impl<'a> FieldIndex<'a> {
    /// Indexes the fields of a message.
    pub(crate) fn new(section: &'a HeaderSection) -> FieldIndex<'a> {
        let few = section.len() <= 64 && section.fields().all(|f| f.name().len() <= ORDINARY_NAME);
        let form = if few { Form::few(section) } else { Form::many(section) };
        FieldIndex { section, form }
    }

    /// Begins to choose fields for one signature, which lies in the field at
    /// `own`; that field counts as absent.
    pub(crate) fn choose(&self, own: Option<usize>) -> SignedFields<'_> {
        let used = match (&self.form, own) {
            (Form::Few(_), Some(own)) => Used::Few(1 << own),
            (Form::Few(_), None) => Used::Few(0),
            (Form::Many(places), _) => Used::Many(vec![0; places.len()]),
        };
        SignedFields { index: self, own, used }
    }
}

impl Form {
    fn few(section: &HeaderSection) -> Form {
        let mut fields = [0u64; BUCKETS];
        for (i, field) in section.fields().enumerate() {
            fields[bucket(field.name_hash())] |= 1 << i;
        }
        Form::Few(fields)
    }

    fn many(section: &HeaderSection) -> Form {
        let place = |(i, field): (usize, Field<'_>)| Place {
            hash: field.name_hash(),
            // A header section has at most 10 000 fields.
            index: u32::try_from(i).unwrap_or(u32::MAX),
        };
        let mut places: Vec<Place> = section.fields().enumerate().map(place).collect();
        places.sort_unstable();
        for collided in places.chunk_by_mut(|a, b| a.hash == b.hash) {
            collided.sort_by(|a, b| compare(name_at(section, *a), name_at(section, *b)));
        }
        Form::Many(places)
    }
}

/// The fields of one signature that were chosen so far.
pub(crate) struct SignedFields<'a> {
    index: &'a FieldIndex<'a>,
    own: Option<usize>,
    used: Used,
}

enum Used {
    /// One bit for each field.
    Few(u64),
    /// How many fields of a name are used, at the first place of that name.
    Many(Vec<u32>),
}

impl<'a> SignedFields<'a> {
    /// The lowest field of this name, whose hash is given, that was not chosen before.
    // RFC 6376 §5.4.2: "the Signer ... MUST sign such header fields in order from the bottom
    // of the header field block to the top."
    #[inline]
    pub(crate) fn next(&mut self, name: &[u8], hash: u32) -> Option<Field<'a>> {
        match (&self.index.form, &mut self.used) {
            (Form::Few(fields), Used::Few(used)) => {
                let mut candidates = fields[bucket(hash)] & !*used;
                while candidates != 0 {
                    let i = candidates.ilog2();
                    let field = self.index.section.field(i as usize)?;
                    if field.name_hash() == hash && field.name().eq_ignore_ascii_case(name) {
                        *used |= 1 << i;
                        return Some(field);
                    }
                    candidates ^= 1 << i;
                }
                None
            }
            (Form::Many(places), Used::Many(used)) => {
                let section = self.index.section;
                let (start, end) = places_of(section, places, hash, name)?;
                while (used[start] as usize) < end - start {
                    used[start] += 1;
                    let i = places[end - used[start] as usize].index as usize;
                    if Some(i) != self.own {
                        return section.field(i);
                    }
                }
                None
            }
            // The form of `used` is that of the index.
            (Form::Few(_), Used::Many(_)) | (Form::Many(_), Used::Few(_)) => None,
        }
    }
}

/// The first place of this name and the place after its last one.
fn places_of(section: &HeaderSection, places: &[Place], hash: u32, name: &[u8]) -> Option<(usize, usize)> {
    let order = |p: &Place| p.hash.cmp(&hash).then_with(|| compare(name_at(section, *p), name));
    let start = places.partition_point(|p| order(p) == Ordering::Less);
    let first = places.get(start).filter(|p| order(p) == Ordering::Equal)?;
    // Fields of one name are mostly few; a step that doubles finds the end of many.
    let same = |p: &Place| p.hash == first.hash && order(p) == Ordering::Equal;
    let mut step = 1;
    while places.get(start + step).is_some_and(same) {
        step *= 2;
    }
    let until = (start + step).min(places.len());
    let from = start + step / 2;
    Some((start, from + places[from..until].partition_point(|p| same(p))))
}

fn name_at(section: &HeaderSection, place: Place) -> &[u8] {
    section.field(place.index as usize).map_or(&[], |f| f.name())
}

/// Orders names without regard to case.
fn compare(a: &[u8], b: &[u8]) -> Ordering {
    // Long common beginnings are skipped in pieces.
    const PIECE: usize = 32;
    let equal = a.chunks_exact(PIECE).zip(b.chunks_exact(PIECE)).take_while(|(a, b)| {
        let mut differ = 0;
        for i in 0..PIECE {
            differ |= a[i].to_ascii_lowercase() ^ b[i].to_ascii_lowercase();
        }
        differ == 0
    });
    let from = PIECE * equal.count();
    a[from..].iter().map(u8::to_ascii_lowercase).cmp(b[from..].iter().map(u8::to_ascii_lowercase))
}

fn bucket(hash: u32) -> usize {
    hash as usize % BUCKETS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chooses names one by one and tells the bodies.
    fn check(section: &HeaderSection, own: Option<usize>, names: &str, expected: &[&str]) {
        let index = FieldIndex::new(section);
        let mut chosen = index.choose(own);
        let got: Vec<String> = names
            .split(':')
            .map(|name| chosen.next(name.as_bytes(), HeaderSection::name_hash(name.as_bytes())))
            .map(|f| f.map_or("-".to_owned(), |f| String::from_utf8_lossy(f.body()).trim().to_owned()))
            .collect();
        assert_eq!(got, expected, "{names} among {} fields", section.len());
    }

    #[test]
    fn chooses_from_the_bottom_up() {
        for padding in [0, 100] {
            let mut section = HeaderSection::default();
            for (name, body) in [("A", "1"), ("B", "2"), ("a", "3"), ("From", "4"), ("A", "5")] {
                section.push(name.as_bytes(), body.as_bytes());
            }
            for i in 0..padding {
                section.push(format!("X{i}").as_bytes(), b"x");
            }
            check(&section, None, "a:A:a:a:b", &["5", "3", "1", "-", "2"]);
            check(&section, Some(2), "from:from:a:a:a", &["4", "-", "5", "1", "-"]);
            check(&section, Some(4), "a:c:FROM:a:a", &["3", "-", "4", "1", "-"]);
        }
    }

    #[test]
    fn tells_colliding_names_apart() {
        // Two names with one hash.
        let (one, other) = (&b"lscwryqo"[..], &b"883bwhod"[..]);
        assert_eq!(HeaderSection::name_hash(one), HeaderSection::name_hash(other));
        for padding in [0, 100] {
            let mut section = HeaderSection::default();
            for (name, body) in [(one, "1"), (other, "2"), (one, "3"), (other, "4")] {
                section.push(name, body.as_bytes());
            }
            for i in 0..padding {
                section.push(format!("X{i}").as_bytes(), b"x");
            }
            check(
                &section,
                None,
                "883bwhod:lscwryqo:lscwryqo:lscwryqo:883bwhod:883bwhod",
                &["4", "3", "1", "-", "2", "-"],
            );
        }
    }
}
