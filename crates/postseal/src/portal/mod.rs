//! The portal: pages on which the owner of domains does what must be done, and sees what is.
//!
//! ```text
//! listener ─► guard (who is it?) ─► routes (may they?) ─► page ─► Api, Service
//! ```
//!
//! Pages call the API as commands do, with the visitor's [`crate::api::Caller`]; what a page
//! shows is a template (`templates/`) filled with texts of one language (`words/`).

// What every page has.
mod asked;
mod assets;
mod csv;
mod download;
mod failure;
mod inert;
pub(crate) mod locale;
mod moments;
mod notices;
mod numbers;
mod page;
mod parts;
mod terms;
mod visitor;
mod words;

// Who is let in.
mod guard;
mod listener;

// The pages, and where they are.
mod pages;
mod routes;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::api::Api;
use crate::receiver_rules::ReceiverRules;

pub(crate) use guard::{Guard, Site, guarded};
pub(crate) use inert::{Inert, push_text};
pub(crate) use listener::{Certificate, GRACE, MAX_CONNECTIONS, listen, serve, take_over};
pub(crate) use routes::router;
pub(crate) use visitor::Visitor;

/// What pages are made of.
pub(crate) struct Portal {
    api: Arc<Api>,
    /// What receivers are known to refuse.
    rules: ReceiverRules,
    glances: pages::Glances,
    notices: notices::Notices,
}

impl Portal {
    /// Pages over this API. `rules`: what receivers refuse, as commands have them.
    pub(crate) fn new(api: Arc<Api>, rules: ReceiverRules) -> Portal {
        Portal { api, rules, glances: pages::Glances::default(), notices: notices::Notices::default() }
    }
}
