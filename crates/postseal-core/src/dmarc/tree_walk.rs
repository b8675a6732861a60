use std::sync::Arc;

use super::{Psd, Published};
use crate::dns::{Answer, Answers, DomainName, Failure, Missing, QueryClass, RecordType};

/// Names that one DNS Tree Walk asks for at most (RFC 9989 §4.10).
pub const MAX_WALK: usize = 8;

/// The domains whose `_dmarc` name a full DNS Tree Walk from `domain` asks for, in order.
///
/// ```
/// use postseal_core::dmarc::tree_walk_names;
/// use postseal_core::dns::DomainName;
///
/// let names: Vec<String> = tree_walk_names(&DomainName::parse("a.mail.example.com")?)
///     .map(|name| name.to_string())
///     .collect();
/// assert_eq!(names, ["a.mail.example.com", "mail.example.com", "example.com", "com"]);
/// # Ok::<(), postseal_core::dns::DomainNameError>(())
/// ```
pub fn names(domain: &DomainName) -> impl Iterator<Item = DomainName> {
    let labels = domain.label_count();
    (0..MAX_WALK).map_while(move |place| Some(domain.suffix(labels_at(labels, place)?)))
}

/// Labels of the name asked for at this place of a walk from a domain of `labels` labels.
fn labels_at(labels: usize, place: usize) -> Option<usize> {
    if place == 0 {
        return Some(labels);
    }
    // RFC 9989 §4.10: "If x >= 8, remove the left-most (highest-numbered) labels from the
    // subject domain until 7 labels remain."
    let left = (labels - 1).min(MAX_WALK - 1) + 1;
    left.checked_sub(place).filter(|left| *left > 0)
}

/// The names asked for on the way up from a domain, and what was there.
///
/// The way is that of the DNS Tree Walk, or the domain and its registered
/// domain (RFC 7489 §6.6.3).
pub(super) struct Walk<'d> {
    pub(super) domain: &'d DomainName,
    labels: usize,
    way: Way,
    nodes: [Option<Node>; MAX_WALK],
    asked: usize,
}

/// Which names a walk visits.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// RFC 9989 §4.10.
    Tree,
    /// The domain, then its last so many labels.
    Registered(usize),
}

/// What was found at one name of a walk.
#[derive(Clone)]
struct Node {
    labels: usize,
    found: Found,
    answer: Option<Arc<Answer>>,
}

/// What a `_dmarc` name holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// More than one record, so none.
    Several,
    Record(Psd),
    Unknown(Failure),
}

impl<'d> Walk<'d> {
    pub(super) fn new(domain: &'d DomainName, way: Way) -> Walk<'d> {
        let nodes = [const { None }; MAX_WALK];
        Walk { domain, labels: domain.label_count(), way, nodes, asked: 0 }
    }

    /// The first name's finding; asks for it where that has not been done.
    pub(super) fn first(&mut self, class: QueryClass, answers: &mut Answers<'_>) -> Result<Found, Missing> {
        if self.asked == 0 {
            self.ask_next(None, class, answers)?;
        }
        Ok(self.nodes[0].as_ref().map_or(Found::Nothing, |node| node.found))
    }

    /// Asks until a record stops the walk or no name is left.
    pub(super) fn complete(&mut self, class: QueryClass, answers: &mut Answers<'_>) -> Result<(), Missing> {
        self.complete_beside(None, class, answers)
    }

    /// The same, but takes what `other` has found at names that both visit.
    pub(super) fn complete_beside(
        &mut self,
        other: Option<&Walk<'_>>,
        class: QueryClass,
        answers: &mut Answers<'_>,
    ) -> Result<(), Missing> {
        while !self.has_stopped() && self.next_labels().is_some() {
            self.ask_next(other, class, answers)?;
        }
        Ok(())
    }

    fn ask_next(
        &mut self,
        other: Option<&Walk<'_>>,
        class: QueryClass,
        answers: &mut Answers<'_>,
    ) -> Result<(), Missing> {
        let Some(labels) = self.next_labels() else { return Ok(()) };
        let shared = other.and_then(|o| o.node_shared_with(self, labels));
        let node = match shared {
            Some(node) => node.clone(),
            None => match self.look_up(labels, class, answers) {
                Ok(node) => node,
                Err(Missing) => {
                    self.prefetch_rest(class, answers);
                    return Err(Missing);
                }
            },
        };
        self.nodes[self.asked] = Some(node);
        self.asked += 1;
        Ok(())
    }

    fn look_up(&self, labels: usize, class: QueryClass, answers: &mut Answers<'_>) -> Result<Node, Missing> {
        // A name that would be too long cannot exist.
        let Ok(name) = self.domain.suffix_with_prefix("_dmarc", labels) else {
            return Ok(Node { labels, found: Found::Nothing, answer: None });
        };
        let answer = answers.get(class, &name, RecordType::Txt)?;
        let found = match (answer.outcome.failure(), answer.dmarc()) {
            (Some(failure), _) => Found::Unknown(failure),
            (None, Published::Nothing) => Found::Nothing,
            (None, Published::Several) => Found::Several,
            (None, Published::Record(record)) => Found::Record(record.psd),
        };
        Ok(Node { labels, found, answer: Some(answer) })
    }

    /// One round of asking is enough for a whole walk, of which a verdict may
    /// need only the beginning.
    fn prefetch_rest(&self, class: QueryClass, answers: &mut Answers<'_>) {
        for labels in (self.asked + 1..MAX_WALK).map_while(|place| self.labels_at(place)) {
            if let Ok(name) = self.domain.suffix_with_prefix("_dmarc", labels) {
                answers.prefetch(class, &name, RecordType::Txt);
            }
        }
    }

    fn next_labels(&self) -> Option<usize> {
        (self.asked < MAX_WALK).then(|| self.labels_at(self.asked)).flatten()
    }

    fn labels_at(&self, place: usize) -> Option<usize> {
        match self.way {
            Way::Tree => labels_at(self.labels, place),
            Way::Registered(registered) => match place {
                0 => Some(self.labels),
                1 if registered < self.labels => Some(registered),
                _ => None,
            },
        }
    }

    /// RFC 9989 §4.10: "If a single record remains and it contains a "psd=n" or
    /// "psd=y" tag, stop."
    fn has_stopped(&self) -> bool {
        let last = self.asked.checked_sub(1).and_then(|last| self.nodes[last].as_ref());
        match self.way {
            Way::Tree => last.is_some_and(|n| matches!(n.found, Found::Record(Psd::Yes | Psd::No))),
            Way::Registered(_) => last.is_some_and(|n| matches!(n.found, Found::Record(_) | Found::Several)),
        }
    }

    fn node_shared_with(&self, walk: &Walk<'_>, labels: usize) -> Option<&Node> {
        let node = self.nodes().find(|node| node.labels == labels)?;
        (common_labels(self.domain, walk.domain) >= labels).then_some(node)
    }

    fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().map_while(Option::as_ref)
    }

    /// How many names were asked for.
    pub(super) fn asked(&self) -> usize {
        self.asked
    }

    /// Why a name's content is not known, and the domain, where that is so for any.
    pub(super) fn failure(&self) -> Option<(DomainName, Failure)> {
        self.nodes().find_map(|node| match node.found {
            Found::Unknown(failure) => Some((self.domain.suffix(node.labels), failure)),
            _ => None,
        })
    }

    /// True where a name of the walk holds several records.
    pub(super) fn has_several(&self) -> bool {
        self.nodes().any(|node| node.found == Found::Several)
    }

    /// The answer for the domain where the walk began.
    pub(super) fn first_answer(&self) -> Option<&Arc<Answer>> {
        self.nodes[0].as_ref()?.answer.as_ref()
    }

    /// The record at the name of so many labels.
    pub(super) fn record_at(&self, labels: usize) -> Option<&Arc<Answer>> {
        let node = self.nodes().find(|n| n.labels == labels && matches!(n.found, Found::Record(_)))?;
        node.answer.as_ref()
    }

    /// The labels of the Public Suffix Domain above the domain, where one says that it is one.
    pub(super) fn public_suffix_labels(&self) -> Option<usize> {
        self.nodes().skip(1).find(|n| n.found == Found::Record(Psd::Yes)).map(|n| n.labels)
    }

    /// Labels of the Organizational Domain, where the walk is complete and every name answered.
    pub(super) fn known_organizational_labels(&self) -> Option<usize> {
        if let Way::Registered(labels) = self.way {
            return Some(labels);
        }
        let complete = self.has_stopped() || self.next_labels().is_none();
        (complete && self.failure().is_none()).then(|| self.organizational_labels(Found::Nothing))
    }

    /// Labels of the Organizational Domain (RFC 9989 §4.10.2), names whose
    /// content is not known taken as `assumed`.
    pub(super) fn organizational_labels(&self, assumed: Found) -> usize {
        if let Way::Registered(labels) = self.way {
            return labels;
        }
        let mut highest = None;
        for (place, node) in self.nodes().enumerate() {
            let found = if let Found::Unknown(_) = node.found { assumed } else { node.found };
            match found {
                // "If a valid DMARC Policy Record contains the "psd" tag set to "n" ("psd=n"),
                // this is the Organizational Domain"
                Found::Record(Psd::No) => return node.labels,
                // "If a valid DMARC Policy Record, other than the one for the domain where the
                // tree walk started, contains the "psd" tag set to "y" ("psd=y"), the
                // Organizational Domain is the domain one label below this one"
                Found::Record(Psd::Yes) if place > 0 => return node.labels + 1,
                // "Otherwise, select the DMARC Policy Record found at the name with the fewest
                // number of labels."
                Found::Record(_) => highest = Some(node.labels),
                Found::Nothing | Found::Several | Found::Unknown(_) => {}
            }
        }
        // "If this process does not determine the Organizational Domain, then the initial
        // target domain is the Organizational Domain."
        highest.unwrap_or(self.labels)
    }
}

/// How many labels two names share at their ends.
pub(super) fn common_labels(a: &DomainName, b: &DomainName) -> usize {
    let (a, b) = (a.as_str().as_bytes(), b.as_str().as_bytes());
    let same = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let shared = &a[a.len() - same..];
    let dots = memchr::memchr_iter(b'.', shared).count();
    // The leftmost label counts only where it is whole in both.
    let is_whole = |name: &[u8]| name.len() == same || name[name.len() - same - 1] == b'.';
    if same > 0 && is_whole(a) && is_whole(b) { dots + 1 } else { dots }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).expect("a valid test name")
    }

    #[test]
    fn shortens_long_names() {
        let check = |domain: &str, expected: &[&str]| {
            let got: Vec<String> = names(&name(domain)).map(|n| n.to_string()).collect();
            assert_eq!(got, expected, "{domain}");
        };
        check("com", &["com"]);
        check("example.com", &["example.com", "com"]);
        // RFC 9989 §4.10
        check(
            "a.b.c.d.e.f.g.h.i.j.mail.example.com",
            &[
                "a.b.c.d.e.f.g.h.i.j.mail.example.com",
                "g.h.i.j.mail.example.com",
                "h.i.j.mail.example.com",
                "i.j.mail.example.com",
                "j.mail.example.com",
                "mail.example.com",
                "example.com",
                "com",
            ],
        );
        check(
            "1.2.3.4.5.6.7.8",
            &["1.2.3.4.5.6.7.8", "2.3.4.5.6.7.8", "3.4.5.6.7.8", "4.5.6.7.8", "5.6.7.8", "6.7.8", "7.8", "8"],
        );
        check(
            "0.1.2.3.4.5.6.7.8",
            &[
                "0.1.2.3.4.5.6.7.8",
                "2.3.4.5.6.7.8",
                "3.4.5.6.7.8",
                "4.5.6.7.8",
                "5.6.7.8",
                "6.7.8",
                "7.8",
                "8",
            ],
        );
        // RFC 9989 §5.1.8: the record at b.c.d.e.f.g.example.com is never found.
        assert!(
            !names(&name("mail.a.b.c.d.e.f.g.example.com")).any(|n| n == name("b.c.d.e.f.g.example.com"))
        );
    }

    #[test]
    fn counts_common_labels() {
        let check = |a: &str, b: &str, expected: usize| {
            assert_eq!(common_labels(&name(a), &name(b)), expected, "{a} {b}");
            assert_eq!(common_labels(&name(b), &name(a)), expected, "{b} {a}");
        };
        check("example.com", "example.com", 2);
        check("a.example.com", "example.com", 2);
        check("a.example.com", "b.example.com", 2);
        check("ab.example.com", "b.example.com", 2);
        check("example.com", "ample.com", 1);
        check("example.com", "example.net", 0);
        check("com", "com", 1);
        check("xcom", "com", 0);
    }
}
