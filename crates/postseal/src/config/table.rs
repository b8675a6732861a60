use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use super::fault::{Fault, FaultKind, ValueType};
use super::source::Source;

/// The faults of a file, as they are found.
pub(super) struct Findings<'s> {
    pub(super) source: &'s Source,
    faults: RefCell<Vec<Fault>>,
}

impl<'s> Findings<'s> {
    pub(super) fn new(source: &'s Source) -> Findings<'s> {
        Findings { source, faults: RefCell::default() }
    }

    pub(super) fn add(&self, octets: Range<usize>, kind: FaultKind) {
        self.push(Fault { place: self.source.place(octets), kind });
    }

    pub(super) fn push(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults.into_inner()
    }
}

/// A table of the file with the keys that it may have. Every wrong key or value is
/// noted, and reading goes on without it: `None` stands for what is absent and for
/// what is wrong.
pub(super) struct Table<'f, 's> {
    findings: &'f Findings<'s>,
    table: &'f DeTable<'f>,
    /// As in the file: `[receive]`.
    name: &'static str,
    /// Where the table is named.
    pub(super) at: Range<usize>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: Range<usize>,
}

impl<'f, 's> Table<'f, 's> {
    /// Notes every key that is not one of `keys`.
    pub(super) fn new(
        findings: &'f Findings<'s>,
        table: &'f DeTable<'f>,
        name: &'static str,
        at: Range<usize>,
        keys: &'static [&'static str],
    ) -> Table<'f, 's> {
        for key in table.keys().filter(|key| !keys.contains(&key.get_ref().as_ref())) {
            let written = key.get_ref().as_ref();
            findings.add(
                key.span(),
                FaultKind::UnknownKey {
                    key: written.to_owned(),
                    table: name,
                    nearest: nearest(written, keys),
                    known: keys,
                },
            );
        }
        Table { findings, table, name, at }
    }

    pub(super) fn findings(&self) -> &'f Findings<'s> {
        self.findings
    }

    pub(super) fn add(&self, at: Range<usize>, kind: FaultKind) {
        self.findings.add(at, kind);
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Where a key's value stands; the table's name, where there is none.
    pub(super) fn place_of(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or(self.at.clone(), Spanned::span)
    }

    /// Notes that a key is missing.
    pub(super) fn missing(&self, key: &'static str, example: &'static str) {
        self.add(self.at.clone(), FaultKind::MissingKey { key, table: self.name, example });
    }

    pub(super) fn text(&self, key: &str) -> Option<At<&'f str>> {
        let value = self.table.get(key)?;
        self.as_text(value, ValueType::Text)
    }

    /// A text that `read` makes something of.
    pub(super) fn parsed<T>(&self, key: &str, read: impl FnOnce(&str) -> Result<T, FaultKind>) -> Option<T> {
        self.parsed_at(key, read).map(|found| found.value)
    }

    pub(super) fn parsed_at<T>(
        &self,
        key: &str,
        read: impl FnOnce(&str) -> Result<T, FaultKind>,
    ) -> Option<At<T>> {
        let text = self.text(key)?;
        self.keep(text.at, read(text.value))
    }

    /// As [`Table::parsed_at`], of a key that must be there.
    pub(super) fn required<T>(
        &self,
        key: &'static str,
        example: &'static str,
        read: impl FnOnce(&str) -> Result<T, FaultKind>,
    ) -> Option<At<T>> {
        if !self.has(key) {
            self.missing(key, example);
        }
        self.parsed_at(key, read)
    }

    /// An array of texts, or one text alone.
    pub(super) fn list<T>(
        &self,
        key: &str,
        mut read: impl FnMut(&str) -> Result<T, FaultKind>,
    ) -> Option<Vec<At<T>>> {
        let value = self.table.get(key)?;
        let items = match value.get_ref() {
            DeValue::Array(items) => &**items,
            DeValue::String(_) => std::slice::from_ref(value),
            other => {
                let found = other.type_str();
                self.add(value.span(), FaultKind::WrongType { expected: ValueType::Texts, found });
                return None;
            }
        };
        let texts = items.iter().filter_map(|item| self.as_text(item, ValueType::Text));
        Some(texts.filter_map(|text| self.keep(text.at, read(text.value))).collect())
    }

    /// As [`Table::list`], of which an empty one would mean nothing.
    pub(super) fn filled_list<T>(
        &self,
        key: &str,
        read: impl FnMut(&str) -> Result<T, FaultKind>,
    ) -> Option<Vec<At<T>>> {
        let value = self.table.get(key)?;
        if value.get_ref().as_array().is_some_and(|items| items.is_empty()) {
            self.add(value.span(), FaultKind::EmptyText);
        }
        self.list(key, read).filter(|items| !items.is_empty())
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        let value = self.table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            other => self.wrong_type(value.span(), ValueType::Boolean, other),
        }
    }

    pub(super) fn number(&self, key: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let value = self.table.get(key)?;
        let DeValue::Integer(integer) = value.get_ref() else {
            return self.wrong_type(value.span(), ValueType::Integer, value.get_ref());
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            self.add(value.span(), FaultKind::Number { min: *range.start(), max: *range.end() });
        }
        number
    }

    pub(super) fn date(&self, key: &str) -> Option<At<Datetime>> {
        let value = self.table.get(key)?;
        match value.get_ref() {
            DeValue::Datetime(date) => Some(At { value: *date, at: value.span() }),
            other => self.wrong_type(value.span(), ValueType::Date, other),
        }
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&self, key: &str, words: &[(&'static str, T)]) -> Option<T> {
        self.parsed(key, |text| {
            words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
                FaultKind::NotOneOf {
                    value: text.to_owned(),
                    known: words.iter().map(|(word, _)| *word).collect(),
                }
            })
        })
    }

    /// `[key]`
    pub(super) fn table(
        &self,
        key: &str,
        name: &'static str,
        keys: &'static [&'static str],
    ) -> Option<Table<'f, 's>> {
        let (written, value) = self.table.get_key_value(key)?;
        match value.get_ref() {
            DeValue::Table(table) => {
                let at =
                    if value.span().is_empty() { written.span() } else { first_line(value.span(), self) };
                Some(Table::new(self.findings, table, name, at, keys))
            }
            other => self.wrong_type(value.span(), ValueType::Table, other),
        }
    }

    /// `[[key]]`, as often as it is there.
    pub(super) fn tables(
        &self,
        key: &str,
        name: &'static str,
        keys: &'static [&'static str],
    ) -> Vec<Table<'f, 's>> {
        let Some(value) = self.table.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            let _: Option<()> = self.wrong_type(value.span(), ValueType::Tables, value.get_ref());
            return Vec::new();
        };
        let table = |item: &'f Spanned<DeValue<'f>>| match item.get_ref() {
            DeValue::Table(table) => {
                Some(Table::new(self.findings, table, name, first_line(item.span(), self), keys))
            }
            other => self.wrong_type(item.span(), ValueType::Tables, other),
        };
        items.iter().filter_map(table).collect()
    }

    /// `[key]` with names of any kind as its keys, each with a list.
    pub(super) fn lists_by_name<N, T>(
        &self,
        key: &str,
        name: &'static str,
        read_name: impl Fn(&str) -> Result<N, FaultKind>,
        read: impl Fn(&str) -> Result<T, FaultKind>,
    ) -> Vec<(At<N>, Vec<At<T>>)> {
        let Some(value) = self.table.get(key) else { return Vec::new() };
        let DeValue::Table(table) = value.get_ref() else {
            let _: Option<()> = self.wrong_type(value.span(), ValueType::Table, value.get_ref());
            return Vec::new();
        };
        let inner = Table { findings: self.findings, table, name, at: first_line(value.span(), self) };
        let names = table.keys().filter_map(|key| {
            let found = self.keep(key.span(), read_name(key.get_ref()))?;
            Some((found, inner.list(key.get_ref(), &read).unwrap_or_default()))
        });
        names.collect()
    }

    fn as_text(&self, value: &'f Spanned<DeValue<'f>>, expected: ValueType) -> Option<At<&'f str>> {
        match value.get_ref() {
            DeValue::String(text) => Some(At { value: text.as_ref(), at: value.span() }),
            other => self.wrong_type(value.span(), expected, other),
        }
    }

    fn wrong_type<T>(&self, at: Range<usize>, expected: ValueType, found: &DeValue<'_>) -> Option<T> {
        self.add(at, FaultKind::WrongType { expected, found: found.type_str() });
        None
    }

    fn keep<T>(&self, at: Range<usize>, read: Result<T, FaultKind>) -> Option<At<T>> {
        match read {
            Ok(value) => Some(At { value, at }),
            Err(kind) => {
                self.add(at, kind);
                None
            }
        }
    }
}

/// A table's span may go on for lines; its head is what people look for.
fn first_line(span: Range<usize>, table: &Table<'_, '_>) -> Range<usize> {
    let text = table.findings.source.text();
    let rest = text.get(span.clone()).unwrap_or_default();
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    span.start..span.start + line.len()
}

/// The known word that a misspelt one is probably meant to be.
fn nearest(written: &str, known: &'static [&'static str]) -> Option<&'static str> {
    let plain = |word: &str| word.replace('-', "_").to_ascii_lowercase();
    let written = plain(written);
    let distance = |word: &str| edit_distance(written.as_bytes(), word.as_bytes());
    let (near, nearest) = known.iter().map(|word| (distance(word), *word)).min()?;
    (near <= 1 + nearest.len() / 4).then_some(nearest)
}

/// How many octets must be inserted, removed, replaced or swapped with their neighbour
/// to make one word of the other (optimal string alignment). Long words are never near.
fn edit_distance(one: &[u8], other: &[u8]) -> usize {
    const MAX: usize = 40;
    if one.len() > MAX || other.len() > MAX {
        return usize::MAX;
    }
    let mut before = [0; MAX + 1];
    let mut above: [usize; MAX + 1] = std::array::from_fn(|column| column);
    for (i, a) in one.iter().enumerate() {
        let mut row = [0; MAX + 1];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = above[j] + usize::from(a != b);
            row[j + 1] = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = above;
        above = row;
    }
    above[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        const KNOWN: &[&str] = &["on_reject", "on_quarantine", "observe", "login"];
        let check = |written: &str, expected: Option<&str>| {
            assert_eq!(nearest(written, KNOWN), expected, "{written}");
        };
        check("on_rejct", Some("on_reject"));
        check("on-reject", Some("on_reject"));
        check("On_Quarantine", Some("on_quarantine"));
        check("on_erject", Some("on_reject"));
        check("log_in", Some("login"));
        check("colour", None);
        check("", None);
        check(&"o".repeat(10_000), None);
    }
}
