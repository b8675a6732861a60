//! Settings: who is let in, and what was done.

pub(in crate::portal) mod account;
pub(in crate::portal) mod allowed;
pub(in crate::portal) mod audit;
pub(in crate::portal) mod receiver;
pub(in crate::portal) mod retention;
pub(in crate::portal) mod sealers;
pub(in crate::portal) mod tokens;

use axum::response::{IntoResponse, Redirect, Response};

use crate::portal::words::{RECEIVER, RETENTION, SETTINGS, SettingsWords, receiver_tab};
use crate::words::Lang;

/// A tab of the settings.
pub(super) struct SettingsTab {
    pub(super) href: &'static str,
    pub(super) word: &'static str,
    pub(super) here: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SettingsName {
    Receiver,
    Allowed,
    Sealers,
    Messages,
    Account,
    Tokens,
    Audit,
}

pub(super) fn tabs(here: SettingsName, lang: Lang) -> Vec<SettingsTab> {
    let words: &SettingsWords = SETTINGS.of(lang);
    let tab = |name, href, word| SettingsTab { href, word, here: name == here };
    let receiver = RECEIVER.of(lang);
    vec![
        tab(SettingsName::Receiver, "/settings/receiver", receiver_tab(lang)),
        tab(SettingsName::Allowed, "/settings/allowed", receiver.pairs),
        tab(SettingsName::Sealers, "/settings/sealers", receiver.sealers),
        tab(SettingsName::Messages, "/settings/messages", RETENTION.of(lang).tab),
        tab(SettingsName::Account, "/settings/account", words.account),
        tab(SettingsName::Tokens, "/settings/tokens", words.tokens),
        tab(SettingsName::Audit, "/settings/audit", words.audit),
    ]
}

/// `GET /settings`
pub(in crate::portal) async fn first() -> Response {
    Redirect::to("/settings/account").into_response()
}
