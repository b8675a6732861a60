//! What the pages say: for each page one structure of texts, with a value for each language, so that
//! none can be missing.

mod audit_detail;
mod check;
mod chrome;
mod dkim;
mod dmarc;
mod domains;
mod explain;
mod let_in;
mod messages;
mod overview;
mod receiver;
mod records;
mod retention;
mod search;
mod settings;
mod spf;

pub(super) use audit_detail::detail_words;
pub(super) use check::{CHECK, CheckWords, receiver_name};
pub(super) use chrome::{CHROME, ChromeWords, PARTS, PartsWords};
pub(super) use dkim::{DKIM, DkimWords};
pub(super) use dmarc::{DMARC, DmarcWords};
pub(super) use domains::{DOMAINS, DomainsWords};
pub(super) use explain::{EXPLAIN, ExplainWords};
pub(super) use let_in::{LET_IN, LetInWords, password_words};
pub(super) use messages::{ACTIONS, MESSAGES, MessagesWords, RESULTS, word_text};
pub(super) use overview::{OVERVIEW, OverviewWords};
pub(super) use receiver::{RECEIVER, ReceiverWords, choice_words, receiver_tab, setting_words};
pub(super) use records::{RECORDS, RecordsWords};
pub(super) use retention::{RETENTION, RetentionWords};
pub(super) use search::{SEARCH, SearchWords};
pub(super) use settings::{SETTINGS, SettingsWords, action_words, scope_words};
pub(super) use spf::{SPF, SpfWords};

use crate::words::Lang;

/// The same texts in each language.
pub(super) struct Texts<T: 'static> {
    pub(super) en: T,
    pub(super) ja: T,
}

impl<T> Texts<T> {
    pub(super) fn of(&'static self, lang: Lang) -> &'static T {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => &self.ja,
        }
    }
}
