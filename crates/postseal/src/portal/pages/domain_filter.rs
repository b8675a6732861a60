//! What is looked for in a list of domains, and how many there are.

use postseal_core::hosting::OrganisationName;
use serde::Deserialize;

use crate::api::percent_encoded;
use crate::api::resource::standings_of;
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::numbers::grouped;
use crate::portal::words::{DOMAINS, DomainsWords};
use crate::words::say;

/// What is looked for, and in which order it is shown.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct Filter {
    pub(super) q: String,
    pub(super) status: String,
    /// `name`, `state` or `added`, with a hyphen where the last is first.
    pub(super) sort: String,
    pub(super) after: String,
}

/// A column by which the list is sorted, or may be.
pub(super) struct Column {
    pub(super) word: &'static str,
    pub(super) href: String,
    /// For `aria-sort`.
    pub(super) sorted: Option<&'static str>,
}

/// How many domains stand so, and where they are.
pub(super) struct Tally {
    pub(super) href: String,
    pub(super) text: String,
}

impl Filter {
    /// For the API. What it would not take is left out.
    pub(super) fn of_api(&self) -> String {
        let mut pairs = Vec::new();
        let q = self.q.trim();
        if !q.is_empty() && q.len() <= MAX_LETTERS {
            pairs.push(format!("contains={}", percent_encoded(q)));
        }
        if standings_of(&self.status).is_some() {
            pairs.push(format!("state={}", self.status));
        }
        if SORTS.contains(&self.sort.trim_start_matches('-')) {
            pairs.push(format!("order={}", self.sort));
        }
        if !self.after.is_empty() {
            pairs.push(format!("after={}", percent_encoded(&self.after)));
        }
        pairs.join("&")
    }

    /// For a link to this page, without the place where it begins.
    pub(super) fn of_page(&self, sort: &str) -> String {
        let pairs = [("q", self.q.as_str()), ("status", &self.status), ("sort", sort)];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        pairs.map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect::<Vec<_>>().join("&")
    }

    /// The heads of the columns by which the list can be sorted, in the order of [`SORTS`].
    pub(super) fn columns(&self, organisation: &OrganisationName, words: &DomainsWords) -> [Column; 3] {
        let now = if self.of_api().contains("order=") { self.sort.as_str() } else { SORTS[0] };
        let column = |(sort, word): (&str, &'static str)| {
            let sorted = match now.strip_prefix('-') {
                Some(down) if down == sort => Some("descending"),
                None if now == sort => Some("ascending"),
                _ => None,
            };
            let other = if sorted == Some("ascending") { format!("-{sort}") } else { sort.to_owned() };
            Column { word, href: format!("/o/{organisation}/domains?{}", self.of_page(&other)), sorted }
        };
        [(SORTS[0], words.name), (SORTS[1], words.status), (SORTS[2], words.added)].map(column)
    }
}

/// How many there are: all, and those that stand so.
pub(super) async fn tally(asked: &Asked, organisation: &OrganisationName) -> Result<Vec<Tally>, Failure> {
    let (lang, words) = (asked.lang, DOMAINS.of(asked.lang));
    let counts = asked.client().domain_counts(organisation).await.map_err(|error| asked.failed(error))?;
    let all = grouped(counts.all);
    let all = match counts.all {
        1 => say!(lang, "{all} domain", "ドメイン {all} 件"),
        _ => say!(lang, "{all} domains", "ドメイン {all} 件"),
    };
    let path = format!("/o/{organisation}/domains");
    let mut tally = vec![Tally { href: path.clone(), text: all }];
    let states = [
        ("signing", counts.signing),
        ("not_signing", counts.not_signing),
        ("needs_attention", counts.needs_attention),
    ];
    for (state, count) in states {
        let word = words.statuses.iter().find(|(value, _)| *value == state).map_or("", |(_, word)| *word);
        tally.push(Tally {
            href: format!("{path}?status={state}"),
            text: format!("{word}: {}", grouped(count)),
        });
    }
    Ok(tally)
}

/// By what the list can be sorted; by the first unless told otherwise.
const SORTS: [&str; 3] = ["name", "state", "added"];

/// Octets of a name.
const MAX_LETTERS: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_asks_the_api_for_what_it_takes() {
        let check = |[q, status, sort, after]: [&str; 4], api: &str, page: &str| {
            let [q, status, sort, after] = [q, status, sort, after].map(str::to_owned);
            let filter = Filter { q, status, sort, after };
            assert_eq!((filter.of_api().as_str(), filter.of_page(&filter.sort).as_str()), (api, page));
        };
        check(["", "", "", ""], "", "");
        check(
            [" Contoso ", "signing", "-added", "5:a.example"],
            "contains=Contoso&state=signing&order=-added&after=5%3Aa.example",
            "q=%20Contoso%20&status=signing&sort=-added",
        );
        check(["<", "x&y", "colour", ""], "contains=%3C", "q=%3C&status=x%26y&sort=colour");
    }

    #[test]
    fn a_column_turns_round() {
        let contoso = OrganisationName::parse("contoso").expect("a name");
        let check = |sort: &str, expected: [(Option<&str>, &str); 3]| {
            let filter = Filter { q: "a".to_owned(), sort: sort.to_owned(), ..Filter::default() };
            let columns = filter.columns(&contoso, &DOMAINS.en);
            let shown: Vec<(Option<&str>, &str)> = columns
                .iter()
                .map(|column| (column.sorted, column.href.rsplit('=').next().unwrap_or_default()))
                .collect();
            assert_eq!(shown, expected, "{sort}");
        };
        check("", [(Some("ascending"), "-name"), (None, "state"), (None, "added")]);
        check("-name", [(Some("descending"), "name"), (None, "state"), (None, "added")]);
        check("added", [(None, "name"), (None, "state"), (Some("ascending"), "-added")]);
        check("--added", [(None, "name"), (None, "state"), (None, "added")]);
    }
}
