use postseal_core::advice::{
    CertificateFault, MtaSts, MtaStsFault, MtaStsMode, MtaStsPolicyFault, MtaStsPolicyState,
    PolicyNotReached, PolicyUnavailable,
};

use super::{dns_failure, record_fault};
use crate::words::{Lang, say};

/// What is known of the policy, where that is no finding: what it says, or that nobody knows.
pub(crate) fn mta_sts_state(mta_sts: &MtaSts, lang: Lang) -> Option<String> {
    mta_sts.record.as_ref()?;
    match &mta_sts.policy {
        MtaStsPolicyState::NotAsked => Some(say!(
            lang,
            "There is an MTA-STS record; its policy file was not looked at, so whether it is good is not known",
            "MTA-STS レコードがありますが、ポリシー ファイルは調べていません。内容が正しいかどうかは不明です"
        )),
        MtaStsPolicyState::NotReached(why) => Some(not_reached(why, lang)),
        MtaStsPolicyState::Read(policy) => {
            let age = age(policy.max_age, lang);
            Some(match policy.mode {
                MtaStsMode::Enforce => say!(
                    lang,
                    "MTA-STS is enforced (mode: enforce, kept for {age}): senders deliver only over verified TLS, to the mail exchanges that the policy names",
                    "MTA-STS は適用中です(mode: enforce、保持期間 {age})。送信側は、検証できた TLS で、ポリシーにあるメール サーバーにだけ配送します"
                ),
                MtaStsMode::Testing => say!(
                    lang,
                    "MTA-STS is being tested (mode: testing, kept for {age}): senders deliver whatever happens, and report failures to the address of the TLSRPT record",
                    "MTA-STS はテスト中です(mode: testing、保持期間 {age})。送信側は検証に失敗しても配送し、TLSRPT レコードの宛先に失敗を報告します"
                ),
                MtaStsMode::None => say!(
                    lang,
                    "MTA-STS is switched off (mode: none): senders forget the policy that they know",
                    "MTA-STS は無効です(mode: none)。送信側は保持しているポリシーを破棄します"
                ),
            })
        }
        MtaStsPolicyState::Unavailable(_) | MtaStsPolicyState::Unusable => None,
    }
}

fn not_reached(why: &PolicyNotReached, lang: Lang) -> String {
    let why = match why {
        PolicyNotReached::Dns(failure) => {
            let failure = dns_failure(*failure, lang);
            say!(lang, "its address was not found ({failure})", "アドレスを調べられませんでした({failure})")
        }
        PolicyNotReached::NotPublic(address) => say!(
            lang,
            "its address {address} is not on the Internet and is not asked (--https-to ADDR:PORT asks it)",
            "アドレス {address} はインターネットのものではないため接続していません(接続するには --https-to ADDR:PORT)"
        ),
        PolicyNotReached::NoConnection(address) => {
            say!(
                lang,
                "{address} could not be connected from here",
                "ここから {address} に接続できませんでした"
            )
        }
        PolicyNotReached::NoAuthorities => say!(
            lang,
            "there are no certificate authorities on this machine (--ca FILE names some)",
            "このマシンに認証局の証明書がありません(--ca FILE で指定できます)"
        ),
    };
    say!(
        lang,
        "There is an MTA-STS record; its policy file was not reached, so whether it is good is not known: {why}",
        "MTA-STS レコードがありますが、ポリシー ファイルを取得できず、内容が正しいかどうかは不明です: {why}"
    )
}

fn age(seconds: u32, lang: Lang) -> String {
    match (seconds / 86_400, seconds % 86_400) {
        (1, 0) => lang.pick("1 day", "1 日").to_owned(),
        (days, 0) if days > 0 => say!(lang, "{days} days", "{days} 日"),
        _ => say!(lang, "{seconds} seconds", "{seconds} 秒"),
    }
}

/// Why senders get no policy, in one sentence.
pub(super) fn policy_unavailable(why: &PolicyUnavailable, lang: Lang) -> String {
    let what = match why {
        PolicyUnavailable::NoAddress => {
            lang.pick("the host mta-sts has no address", "ホスト mta-sts のアドレスがありません").to_owned()
        }
        PolicyUnavailable::Refused(address) => say!(
            lang,
            "{address} takes no connection at port 443",
            "{address} のポート 443 で接続を受け付けていません"
        ),
        PolicyUnavailable::Certificate(fault) => certificate_fault(fault, lang),
        PolicyUnavailable::Tls(error) => {
            say!(lang, "TLS fails ({error})", "TLS の接続に失敗します({error})")
        }
        PolicyUnavailable::TooSlow(seconds) => say!(
            lang,
            "the server did not send it within {seconds} seconds",
            "{seconds} 秒以内に送られてきません"
        ),
        PolicyUnavailable::Redirect(status) => say!(
            lang,
            "the server redirects (status {status}), which senders may not follow",
            "転送(ステータス {status})されますが、送信側は転送先をたどることができません"
        ),
        PolicyUnavailable::Status(status) => say!(
            lang,
            "the server answers status {status}, not 200",
            "ステータスが 200 ではなく {status} です"
        ),
        PolicyUnavailable::MediaType(media_type) if media_type.is_empty() => say!(
            lang,
            "the server names no Content-Type; it is text/plain",
            "Content-Type がありません。text/plain である必要があります"
        ),
        PolicyUnavailable::MediaType(media_type) => say!(
            lang,
            "its Content-Type is {media_type}, not text/plain",
            "Content-Type が text/plain ではなく {media_type} です"
        ),
        PolicyUnavailable::TooLong => lang.pick("it has more than 64 KB", "64 KB を超えています").to_owned(),
        PolicyUnavailable::NotHttp => lang
            .pick("the answer is no HTTP, or breaks off", "応答が HTTP ではないか、途中で切れています")
            .to_owned(),
    };
    say!(
        lang,
        "There is an MTA-STS record, but senders cannot fetch the policy file: {what}.",
        "MTA-STS レコードがありますが、送信側はポリシー ファイルを取得できません: {what}。"
    )
}

fn certificate_fault(fault: &CertificateFault, lang: Lang) -> String {
    match fault {
        CertificateFault::Expired => {
            lang.pick("the certificate has expired", "証明書の有効期限が切れています").to_owned()
        }
        CertificateFault::NotYetValid => {
            lang.pick("the certificate is not valid yet", "証明書の有効期間がまだ始まっていません").to_owned()
        }
        CertificateFault::OtherName => {
            lang.pick("the certificate is for other names", "証明書が別のホスト名のものです").to_owned()
        }
        CertificateFault::UnknownIssuer => lang
            .pick(
                "the certificate is not from an authority that is trusted, or its chain is incomplete",
                "証明書が信頼できる認証局のものではないか、中間証明書が足りません",
            )
            .to_owned(),
        CertificateFault::Other(error) => {
            say!(lang, "the certificate is not accepted ({error})", "証明書を受け入れられません({error})")
        }
    }
}

/// What is wrong with record or policy, in one sentence. `text` is the place, or the mail exchange.
pub(super) fn mta_sts_fault(text: &str, fault: MtaStsFault, lang: Lang) -> String {
    match fault {
        MtaStsFault::Record(fault) => record_fault("MTA-STS", text, fault, lang),
        MtaStsFault::Policy(fault) => policy_fault(text, fault, lang),
        MtaStsFault::MxNotNamed { .. } => say!(
            lang,
            "The MTA-STS policy does not name the mail exchange {text}; the line \"mx: {text}\" is missing.",
            "MTA-STS ポリシーにメール サーバー {text} がありません。「mx: {text}」の行が必要です。"
        ),
    }
}

fn policy_fault(text: &str, fault: MtaStsPolicyFault, lang: Lang) -> String {
    match fault {
        MtaStsPolicyFault::TooLong => say!(
            lang,
            "The MTA-STS policy file has more than 64 KB.",
            "MTA-STS のポリシー ファイルが 64 KB を超えています。"
        ),
        MtaStsPolicyFault::Line => say!(
            lang,
            "A line of the MTA-STS policy file is not of the form \"key: value\" and counts for nothing.",
            "MTA-STS のポリシー ファイルに「キー: 値」の書式ではない行があり、無視されます。"
        ),
        MtaStsPolicyFault::Missing { key } => say!(
            lang,
            "The MTA-STS policy file has no usable line \"{key}:\".",
            "MTA-STS のポリシー ファイルに有効な「{key}:」の行がありません。"
        ),
        MtaStsPolicyFault::Duplicate { key } => say!(
            lang,
            "\"{key}:\" stands twice in the MTA-STS policy file; the first one counts.",
            "MTA-STS のポリシー ファイルに「{key}:」が 2 回あります。最初の行だけが有効です。"
        ),
        MtaStsPolicyFault::Value { key } => say!(
            lang,
            "\"{text}\" is not a value that \"{key}:\" of the MTA-STS policy file may have.",
            "MTA-STS のポリシー ファイルの「{key}:」に「{text}」という値は使えません。"
        ),
    }
}

/// What a fault of record or policy does to mail.
pub(super) fn mta_sts_effect(fault: MtaStsFault, lang: Lang) -> &'static str {
    match fault {
        MtaStsFault::Record(_) => lang.pick(
            "Senders that do not know your policy yet act as if you had none, and a changed policy is not fetched.",
            "ポリシーをまだ取得していない送信側からは MTA-STS がないものとして扱われ、ポリシーを変更しても再取得されません。",
        ),
        MtaStsFault::Policy(fault) if fault.is_harmless() => lang.pick(
            "The rest of the file counts. What you meant by the line does not happen.",
            "ファイルのほかの部分は有効ですが、この行の意図は反映されません。",
        ),
        MtaStsFault::Policy(_) => lang.pick(
            "Senders that do not know your policy yet act as if you had none; the others keep to the old one until it ends.",
            "ポリシーをまだ取得していない送信側からは MTA-STS がないものとして扱われ、取得済みの送信側は期限が切れるまで古いポリシーに従います。",
        ),
        MtaStsFault::MxNotNamed { mode: MtaStsMode::Testing } => lang.pick(
            "Mail is delivered, and reported as a failure. Once the policy is enforced, senders that use MTA-STS deliver nothing to this mail exchange.",
            "メールは配送されますが、失敗として報告されます。mode を enforce にすると、MTA-STS に対応した送信側はこのメール サーバーに配送しなくなります。",
        ),
        MtaStsFault::MxNotNamed { .. } => lang.pick(
            "Senders that use MTA-STS (Gmail, Microsoft and others) deliver nothing to this mail exchange.",
            "MTA-STS に対応した送信側(Gmail、Microsoft など)は、このメール サーバーに配送しません。",
        ),
    }
}
