use super::Texts;

pub(in crate::portal) struct RecordsWords {
    pub(in crate::portal) lead: &'static str,
    pub(in crate::portal) none: &'static str,
    pub(in crate::portal) export: &'static str,
    pub(in crate::portal) ownership: &'static str,
    pub(in crate::portal) proven: &'static str,
    pub(in crate::portal) ownership_why: &'static str,
    pub(in crate::portal) spf_why: &'static str,
    pub(in crate::portal) dkim_why: &'static str,
    pub(in crate::portal) dmarc_why: &'static str,
}

pub(in crate::portal) static RECORDS: Texts<RecordsWords> = Texts {
    en: RecordsWords {
        lead: "Everything to publish at your DNS host, in this order.",
        none: "This domain lies in our own zone: nothing is left for you to publish.",
        export: "Download as a zone file",
        ownership: "Ownership",
        proven: "Shown to be yours",
        ownership_why: "It shows that the domain is yours, and it stays.",
        spf_why: "It names the servers that send your mail. Where an SPF record is there already, add the include to it: two records break both.",
        dkim_why: "They point at your keys, which rotate by themselves. You publish them once.",
        dmarc_why: "Begin with a policy that refuses nothing, and make it stricter when SPF and DKIM are in order.",
    },
    ja: RecordsWords {
        lead: "DNS ホスティング事業者で公開するレコードの一覧です。この順に登録してください。",
        none: "このドメインはホスティング ゾーンの中にあります。公開していただくレコードはありません。",
        export: "ゾーンファイルとしてダウンロード",
        ownership: "所有の証明",
        proven: "所有を確認済み",
        ownership_why: "ドメインの所有を示します。残しておいてください。",
        spf_why: "メールを送信するサーバーを示します。すでに SPF レコードがある場合は、そのレコードに include を加えてください。2 つあると、どちらも無効になります。",
        dkim_why: "鍵を指すレコードです。鍵は自動でローテーションされるため、公開は一度で済みます。",
        dmarc_why: "何も拒否しないポリシーから始め、SPF と DKIM が整ってから厳しくしてください。",
    },
};
