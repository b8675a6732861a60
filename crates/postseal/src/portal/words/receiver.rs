use super::Texts;

pub(in crate::portal) struct ReceiverWords {
    pub(in crate::portal) lead: &'static str,
    pub(in crate::portal) changed: &'static str,
    pub(in crate::portal) as_file: &'static str,
    pub(in crate::portal) save: &'static str,
    pub(in crate::portal) saved: &'static str,
    pub(in crate::portal) pairs: &'static str,
    pub(in crate::portal) pairs_lead: &'static str,
    pub(in crate::portal) no_pairs: &'static str,
    pub(in crate::portal) no_pairs_how: &'static str,
    pub(in crate::portal) author: &'static str,
    pub(in crate::portal) subdomains: &'static str,
    pub(in crate::portal) from: &'static str,
    pub(in crate::portal) by_client: &'static str,
    pub(in crate::portal) by_client_hint: &'static str,
    pub(in crate::portal) by_domain: &'static str,
    pub(in crate::portal) until: &'static str,
    pub(in crate::portal) until_hint: &'static str,
    pub(in crate::portal) note: &'static str,
    pub(in crate::portal) for_ever: &'static str,
    pub(in crate::portal) over: &'static str,
    pub(in crate::portal) of_file: &'static str,
    pub(in crate::portal) add: &'static str,
    pub(in crate::portal) added: &'static str,
    pub(in crate::portal) remove: &'static str,
    pub(in crate::portal) removed: &'static str,
    pub(in crate::portal) sealers: &'static str,
    pub(in crate::portal) sealers_lead: &'static str,
    pub(in crate::portal) no_sealers: &'static str,
    pub(in crate::portal) no_sealers_how: &'static str,
    pub(in crate::portal) sealer: &'static str,
    pub(in crate::portal) sealer_add: &'static str,
    pub(in crate::portal) sealer_added: &'static str,
    pub(in crate::portal) sealer_removed: &'static str,
    pub(in crate::portal) organisation: &'static str,
    pub(in crate::portal) no_organisation: &'static str,
}

pub(in crate::portal) static RECEIVER: Texts<ReceiverWords> = Texts {
    en: ReceiverWords {
        lead: "What becomes of mail that fails. The Domain Owner asks, you decide: what is changed here counts before the configuration file, from the next message on.",
        changed: "changed here",
        as_file: "As in the file",
        save: "Save",
        saved: "Saved. It is in force for the next message.",
        pairs: "Allowed pairs",
        pairs_lead: "Mail from here is accepted although DMARC fails. Each pair is a hole that somebody asked for: keep it narrow, and give it an end.",
        no_pairs: "No exception is made.",
        no_pairs_how: "Where a partner's mail fails and cannot be repaired soon, allow the partner's domain from its server's address for a while.",
        author: "From domain",
        subdomains: "and domains below it",
        from: "From where",
        by_client: "Client address or network",
        by_client_hint: "192.0.2.7 or 192.0.2.0/24",
        by_domain: "or: authenticated as this domain (SPF or DKIM)",
        until: "Until",
        until_hint: "The end of this day, UTC. Empty: until it is removed.",
        note: "Why",
        for_ever: "until removed",
        over: "over",
        of_file: "in the configuration file",
        add: "Allow a pair",
        added: "The pair is allowed from the next message on.",
        remove: "Remove",
        removed: "Removed. Mail from there is decided by the policy again.",
        sealers: "Trusted sealers (ARC)",
        sealers_lead: "Forwarders and mailing lists that seal what they pass on. Where all of a chain are trusted and the first saw DMARC pass, the mail is accepted. It counts for mail whose recipients all belong to organisations that trust them.",
        no_sealers: "No forwarder is trusted.",
        no_sealers_how: "Where mail of a mailing list fails although its members want it, add the domain with which the list seals (d=).",
        sealer: "Domain that seals (d=)",
        sealer_add: "Trust it",
        sealer_added: "It is trusted from the next message on.",
        sealer_removed: "It is trusted no longer.",
        organisation: "Organisation",
        no_organisation: "Make an organisation first.",
    },
    ja: ReceiverWords {
        lead: "認証に失敗したメールの扱いを決めます。ドメイン所有者のポリシーは要望であり、最終的に決めるのは受信側です。ここでの変更は設定ファイルより優先され、次のメッセージから有効になります。",
        changed: "ここで変更",
        as_file: "設定ファイルのとおり",
        save: "保存",
        saved: "保存しました。次のメッセージから有効です。",
        pairs: "許可ペア",
        pairs_lead: "DMARC に失敗しても、次のペアに当てはまるメールは受け入れます。どれも要望に応じた例外ですので、範囲を狭くし、期限を付けてください。",
        no_pairs: "例外はありません。",
        no_pairs_how: "取引先のメールが認証に失敗し、すぐに直せない場合は、取引先のドメインとサーバーのアドレスを期限付きで許可してください。",
        author: "差出人(From)ドメイン",
        subdomains: "サブドメインも含む",
        from: "送信元",
        by_client: "接続元のアドレスまたはネットワーク",
        by_client_hint: "192.0.2.7 または 192.0.2.0/24",
        by_domain: "または、次のドメインとして SPF か DKIM で認証されたもの",
        until: "期限",
        until_hint: "この日の終わりまで(UTC)。空欄の場合は削除するまで有効です。",
        note: "理由",
        for_ever: "削除するまで",
        over: "期限切れ",
        of_file: "設定ファイルに記載",
        add: "ペアを許可",
        added: "次のメッセージから、このペアを許可します。",
        remove: "削除",
        removed: "削除しました。この送信元のメールは再びポリシーに従って扱います。",
        sealers: "信頼する封印者(ARC)",
        sealers_lead: "転送するメールに ARC で封印を付ける転送サービスやメーリングリストです。チェーンのすべての封印者を信頼していて、最初の封印者が DMARC の合格を確認していれば、メールを受け入れます。すべての宛先が、その封印者を信頼する組織に属するメールに適用されます。",
        no_sealers: "信頼する封印者はありません。",
        no_sealers_how: "参加者が必要とするメーリングリストのメールが認証に失敗する場合は、そのメーリングリストが封印に使うドメイン(d=)を追加してください。",
        sealer: "封印するドメイン(d=)",
        sealer_add: "信頼する",
        sealer_added: "次のメッセージから信頼します。",
        sealer_removed: "信頼しない設定にしました。",
        organisation: "組織",
        no_organisation: "先に組織を作成してください。",
    },
};

/// What a setting is about.
pub(in crate::portal) fn setting_words(key: &str, lang: crate::words::Lang) -> (&'static str, &'static str) {
    let (en, ja) = match key {
        "observe" => (
            ("Only observe", "Nothing is refused, deferred or set aside; results are noted all the same."),
            ("観察のみ", "拒否、延期、検疫を行わず、結果の記録だけを行います。"),
        ),
        "honour_policy" => (
            ("Honour DMARC policies", "Off: what Domain Owners ask for has no consequence."),
            ("DMARC ポリシーに従う", "無効にすると、ドメイン所有者のポリシーは適用されません。"),
        ),
        "on_reject" => (
            (
                "Mail that fails where the policy is reject",
                "Refusing tells the sender at once; quarantine lets you look first.",
            ),
            (
                "ポリシーが拒否(reject)で、認証に失敗したメール",
                "拒否すると送信者にすぐ伝わります。検疫にすると、先に確認できます。",
            ),
        ),
        "on_quarantine" => (
            ("Mail that fails where the policy is quarantine", "Set aside, or delivered with a mark."),
            ("ポリシーが検疫(quarantine)で、認証に失敗したメール", "検疫するか、印を付けて配信します。"),
        ),
        "quarantine_by" => (
            (
                "How mail is set aside",
                "Held in the mail server's queue, or delivered with a field that a filter files by.",
            ),
            ("検疫の方法", "メールサーバーのキューで保留するか、振り分け用のヘッダーを付けて配信します。"),
        ),
        "on_dns_trouble" => (
            ("Mail that the DNS leaves open", "Deferred, the sender tries again; or accepted."),
            ("DNS の障害で判定できないメール", "延期すると送信側が再送します。受け入れることもできます。"),
        ),
        "on_unreadable_from" => (
            ("Mail without one readable From address", "No policy can protect it."),
            ("差出人(From)を 1 つに特定できないメール", "どのポリシーでも保護できません。"),
        ),
        _ => (("", ""), ("", "")),
    };
    match lang {
        crate::words::Lang::En => en,
        crate::words::Lang::Ja => ja,
    }
}

/// What a setting can be.
pub(in crate::portal) fn choice_words(word: &str, lang: crate::words::Lang) -> &'static str {
    let (en, ja) = match word {
        "true" => ("On", "有効"),
        "false" => ("Off", "無効"),
        "reject" => ("Refuse", "拒否"),
        "quarantine" => ("Set aside", "検疫"),
        "tag" => ("Deliver, marked", "印を付けて配信"),
        "hold" => ("Hold in the queue", "キューで保留"),
        "header" => ("Mark with a field", "ヘッダーで印を付ける"),
        "defer" => ("Defer", "延期"),
        "accept" => ("Accept", "受け入れる"),
        _ => ("", ""),
    };
    lang.pick(en, ja)
}

/// What the page is called.
pub(in crate::portal) fn receiver_tab(lang: crate::words::Lang) -> &'static str {
    lang.pick("Receiver policy", "受信ポリシー")
}
