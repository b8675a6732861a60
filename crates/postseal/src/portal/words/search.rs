use super::Texts;

pub(in crate::portal) struct SearchWords {
    pub(in crate::portal) hint: &'static str,
    pub(in crate::portal) pages: &'static str,
    pub(in crate::portal) organisations: &'static str,
    pub(in crate::portal) domains: &'static str,
    pub(in crate::portal) messages: &'static str,
    pub(in crate::portal) more: &'static str,
    pub(in crate::portal) find: &'static str,
}

pub(in crate::portal) static SEARCH: Texts<SearchWords> = Texts {
    en: SearchWords {
        hint: "Letters of a domain's, an organisation's or a page's name, or the whole queue id of a message.",
        pages: "Pages",
        organisations: "Organisations",
        domains: "Domains",
        messages: "Messages",
        more: "There are more. Write more letters of the name.",
        find: "Search for",
    },
    ja: SearchWords {
        hint: "ドメイン、組織、ページの名前の一部、またはメッセージのキュー ID(全体)を入力してください。",
        pages: "ページ",
        organisations: "組織",
        domains: "ドメイン",
        messages: "メッセージ",
        more: "ほかにも該当するものがあります。名前をもう少し長く入力してください。",
        find: "検索する語",
    },
};
