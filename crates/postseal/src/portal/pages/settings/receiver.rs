use askama::Template;
use axum::extract::Form;
use axum::response::Response;

use super::{SettingsName, SettingsTab, tabs};
use crate::api::resource::SetReceiverPolicy;
use crate::inbound::ReceiverKey;
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::page::{Mark, Notice, Page, Place, render};
use crate::portal::words::{
    RECEIVER, ReceiverWords, SETTINGS, SettingsWords, choice_words, receiver_tab, setting_words,
};

#[derive(Template)]
#[template(path = "pages/receiver.html")]
struct ReceiverPage {
    page: Page,
    words: &'static SettingsWords,
    receiver: &'static ReceiverWords,
    tabs: Vec<SettingsTab>,
    settings: Vec<Setting>,
}

/// A setting with what it can be.
struct Setting {
    key: &'static str,
    title: &'static str,
    hint: &'static str,
    /// What the file says, in words.
    file: &'static str,
    changed: bool,
    choices: Vec<Choice>,
}

struct Choice {
    value: &'static str,
    word: &'static str,
    chosen: bool,
}

/// `GET /settings/receiver`
pub(in crate::portal) async fn show(asked: Asked) -> Result<Response, Failure> {
    let lang = asked.lang;
    let policy = asked.client().receiver_policy().await.map_err(|error| asked.failed(error))?;
    let setting = |key: ReceiverKey| {
        let (title, hint) = setting_words(key.as_str(), lang);
        let now = policy.get(key.as_str());
        let is = |word: &str| now.is_some_and(|now| now.changed && now.value == word);
        Setting {
            key: key.as_str(),
            title,
            hint,
            file: now.map(|now| choice_words(&now.file, lang)).unwrap_or_default(),
            changed: now.is_some_and(|now| now.changed),
            choices: (key.words().iter())
                .map(|word| Choice { value: word, word: choice_words(word, lang), chosen: is(word) })
                .collect(),
        }
    };
    let page = asked.page(None, Place::Settings, receiver_tab(lang).to_owned()).await;
    Ok(render(&ReceiverPage {
        page,
        words: SETTINGS.of(lang),
        receiver: RECEIVER.of(lang),
        tabs: tabs(SettingsName::Receiver, lang),
        settings: ReceiverKey::ALL.map(setting).into(),
    }))
}

/// `POST /settings/receiver`
pub(in crate::portal) async fn set(
    asked: Asked,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let client = asked.client();
    let before = client.receiver_policy().await.map_err(|error| asked.failed(error))?;
    // Only what differs is an act that the audit log tells of.
    let differs = |(key, value): &(String, String)| {
        before.get(key).is_some_and(|now| if now.changed { now.value != *value } else { value != "file" })
    };
    let changes: SetReceiverPolicy = form.into_iter().filter(differs).collect();
    client.set_receiver_policy(&changes).await.map_err(|error| asked.failed(error))?;
    let text = RECEIVER.of(asked.lang).saved.to_owned();
    Ok(asked.see_with("/settings/receiver", Notice { mark: Mark::Good, text, next: None }))
}
