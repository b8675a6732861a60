use super::At;
use crate::words::Lang;

/// The tabs of a domain's page, in the order in which things are registered.
pub(super) struct Tab {
    pub(super) href: String,
    pub(super) word: &'static str,
    pub(super) here: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TabName {
    Spf,
    Dkim,
    Dmarc,
    Records,
}

pub(super) fn tabs(at: &At, here: TabName, lang: Lang) -> Vec<Tab> {
    let tab = |name, path, word| Tab { href: format!("{}/{path}", at.path()), word, here: name == here };
    vec![
        tab(TabName::Spf, "spf", "SPF"),
        tab(TabName::Dkim, "dkim", "DKIM"),
        tab(TabName::Dmarc, "dmarc", "DMARC"),
        tab(TabName::Records, "records", lang.pick("DNS records", "DNS レコード")),
    ]
}

impl At {
    /// Where the domain's pages are.
    pub(super) fn path(&self) -> String {
        format!("/o/{}/domains/{}", self.organisation, self.domain)
    }
}
