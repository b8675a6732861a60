use postseal_core::advice::{CompositeReason, Method, ReportedResult};

use crate::words::{Lang, say};

/// What a reported result says, in words.
pub(crate) fn reported_result(result: &ReportedResult, lang: Lang) -> String {
    let who = result.identity.as_deref().unwrap_or(lang.pick("the sender's domain", "差出人(From)ドメイン"));
    match result.method {
        Method::Spf => spf(result, who, lang),
        Method::Dkim => dkim(result, who, lang),
        Method::Dmarc => dmarc(result, who, lang),
        Method::Arc => arc(result, lang),
        Method::Iprev => match result.result.as_str() {
            "pass" => say!(
                lang,
                "the sending address has a confirmed name",
                "送信元 IP アドレスの逆引きを確認できました"
            ),
            _ => say!(
                lang,
                "the sending address has no confirmed name (PTR)",
                "送信元 IP アドレスの逆引き(PTR)を確認できません"
            ),
        },
        Method::Auth => match result.result.as_str() {
            "pass" => say!(lang, "the sender had logged in", "送信者はログインしていました"),
            _ => say!(lang, "the sender had not logged in", "送信者はログインしていません"),
        },
        Method::Other => other(result, lang),
    }
}

fn other(result: &ReportedResult, lang: Lang) -> String {
    let token = &result.result;
    say!(lang, "the result is {token}", "結果は {token} です")
}

fn spf(result: &ReportedResult, who: &str, lang: Lang) -> String {
    match result.result.as_str() {
        "pass" => say!(lang, "{who} allows the sending server", "{who} は送信サーバーを許可しています"),
        "fail" => say!(
            lang,
            "the sending server is not in the SPF record of {who}",
            "送信サーバーは {who} の SPF レコードで許可されていません"
        ),
        "softfail" => say!(
            lang,
            "the sending server is not in the SPF record of {who}, which says so without firmness (~all)",
            "送信サーバーは {who} の SPF レコードにありません(~all による softfail)"
        ),
        "neutral" => say!(
            lang,
            "the SPF record of {who} says nothing about the sending server",
            "{who} の SPF レコードは、この送信サーバーについて何も判断していません"
        ),
        "none" => say!(lang, "{who} has no SPF record", "{who} には SPF レコードがありません"),
        "permerror" => {
            say!(lang, "the SPF record of {who} has an error", "{who} の SPF レコードに誤りがあります")
        }
        "temperror" => {
            say!(lang, "the DNS did not answer about {who}", "{who} について DNS から応答がありませんでした")
        }
        _ => other(result, lang),
    }
}

fn dkim(result: &ReportedResult, who: &str, lang: Lang) -> String {
    let detail = result.detail.as_deref().unwrap_or_default().to_ascii_lowercase();
    match result.result.as_str() {
        "pass" => say!(lang, "a signature of {who} is good", "{who} の署名は正しく検証されました"),
        "none" => say!(lang, "the message is not signed", "メールに署名がありません"),
        _ if detail.contains("body hash") => say!(
            lang,
            "the body was changed after {who} had signed it",
            "{who} が署名した後に本文が書き換えられました"
        ),
        _ if detail.contains("no key") => {
            say!(lang, "the key of {who} is not in the DNS", "{who} の公開鍵が DNS にありません")
        }
        _ if detail.contains("timeout") => say!(
            lang,
            "the DNS did not answer about the key of {who}",
            "{who} の公開鍵について DNS から応答がありませんでした"
        ),
        _ if detail.contains("not signed") => {
            say!(lang, "the message is not signed", "メールに署名がありません")
        }
        "fail" => say!(
            lang,
            "a signed header field was changed after {who} had signed it, or the key in the DNS is another one",
            "{who} が署名した後にヘッダーが書き換えられたか、DNS の公開鍵が署名の鍵と異なります"
        ),
        "policy" => say!(
            lang,
            "the signature of {who} is of a kind that is not accepted",
            "{who} の署名は受け入れられない種類のものです"
        ),
        "neutral" => say!(lang, "the signature of {who} cannot be read", "{who} の署名を読み取れません"),
        "permerror" => say!(lang, "the key of {who} cannot be used", "{who} の公開鍵を使えません"),
        "temperror" => say!(
            lang,
            "the key of {who} could not be had just then",
            "{who} の公開鍵を一時的に取得できませんでした"
        ),
        _ => other(result, lang),
    }
}

fn dmarc(result: &ReportedResult, who: &str, lang: Lang) -> String {
    let message = match result.result.as_str() {
        "pass" => say!(lang, "the mail really is from {who}", "{who} からのメールであることを確認できました"),
        "bestguesspass" => say!(
            lang,
            "{who} has no DMARC record; with one the mail would have passed",
            "{who} には DMARC レコードがありませんが、あれば合格していました"
        ),
        "fail" => say!(
            lang,
            "neither SPF nor DKIM passed for {who}, the domain of the From field",
            "From のドメイン {who} に対して、SPF も DKIM も合格しませんでした"
        ),
        "none" => say!(lang, "{who} has no DMARC record", "{who} には DMARC レコードがありません"),
        "permerror" => {
            say!(lang, "the DMARC record of {who} has an error", "{who} の DMARC レコードに誤りがあります")
        }
        "temperror" => {
            say!(lang, "the DNS did not answer about {who}", "{who} について DNS から応答がありませんでした")
        }
        _ => other(result, lang),
    };
    match action(result.action.as_deref(), lang) {
        Some(action) => match lang {
            Lang::En => format!("{message}; {action}"),
            Lang::Ja => format!("{message}。{action}"),
        },
        None => message,
    }
}

/// What Exchange Online did by the policy.
fn action(action: Option<&str>, lang: Lang) -> Option<&'static str> {
    let (en, ja) = match action? {
        "quarantine" => ("the policy sets such mail aside", "ポリシーにより検疫されます"),
        "reject" => ("the policy refuses such mail", "ポリシーにより拒否されます"),
        "pct.quarantine" | "pct.reject" => (
            "the policy's pct= spared this message",
            "ポリシーの pct= により、このメールには適用されませんでした",
        ),
        "oreject" | "o.reject" => (
            "the policy asks to refuse it, and the receiver has overridden that",
            "ポリシーは拒否を求めていますが、受信側が適用しませんでした(oreject)",
        ),
        "permerror" => ("an error for good in the evaluation", "判定中に恒久的なエラーが発生しました"),
        "temperror" => ("a passing error in the evaluation", "判定中に一時的なエラーが発生しました"),
        _ => return None,
    };
    Some(lang.pick(en, ja))
}

fn arc(result: &ReportedResult, lang: Lang) -> String {
    let trusted = result.detail.as_deref().is_some_and(|detail| detail.contains("oda=1"));
    match (result.result.as_str(), trusted) {
        ("pass", true) => say!(
            lang,
            "the chain of forwarders is whole, and the last one is trusted",
            "ARC チェーンは正しく、最後の転送者は信頼されています"
        ),
        ("pass", false) => {
            say!(lang, "the chain of forwarders is whole", "ARC チェーンは正しく検証されました")
        }
        ("none", _) => say!(lang, "no forwarder has sealed the message", "ARC の封印はありません"),
        _ => say!(lang, "the chain of forwarders is broken", "ARC チェーンが壊れています"),
    }
}

/// What a reason code of `compauth` means.
pub(crate) fn composite_reason(reason: CompositeReason, lang: Lang) -> &'static str {
    let (en, ja) = match reason {
        CompositeReason::ExplicitFail => (
            "DMARC failed, and the domain's policy is quarantine or reject",
            "DMARC に失敗し、ドメインのポリシーが quarantine または reject です",
        ),
        CompositeReason::ImplicitFail => (
            "the domain publishes no SPF, DKIM or DMARC, or nothing strict (~all, ?all, p=none), and nothing else speaks for the message",
            "ドメインに SPF・DKIM・DMARC がないか、設定が緩く(~all、?all、p=none)、ほかにも信頼できる根拠がありません",
        ),
        CompositeReason::Forbidden => (
            "the recipient's organisation forbids this server to send as this domain",
            "受信側の組織が、この送信元によるこのドメインの使用を禁止しています",
        ),
        CompositeReason::OwnDomainFail => (
            "DMARC failed for one of the recipient's own domains: somebody else sends in their name",
            "受信側自身のドメインを名乗るメールが DMARC に失敗しました",
        ),
        CompositeReason::AlignedWithoutRecord => (
            "the domain has no DMARC record, but what passed is aligned with it",
            "DMARC レコードはありませんが、合格した識別子と From のドメインのアライメントが取れています",
        ),
        CompositeReason::AlignedName => (
            "the sending server's name in the DNS (PTR) belongs to the domain",
            "送信サーバーの逆引き(PTR)の名前と From のドメインのアライメントが取れています",
        ),
        CompositeReason::ArcOverride => (
            "a trusted forwarder's ARC seal says that the message had passed before it was forwarded",
            "信頼された転送者の ARC の封印により、転送前に認証に合格していたことが確認されました",
        ),
        CompositeReason::Pass => ("the message passed", "認証に合格しました"),
        CompositeReason::SoftPass => (
            "nothing proves the sender, and nothing speaks against it",
            "差出人を証明するものはありませんが、疑う根拠もありません",
        ),
        CompositeReason::NotChecked => ("it was not checked", "判定は行われませんでした"),
        CompositeReason::Bypassed => {
            ("a rule of the recipient bypassed the check", "受信側の設定により判定が省略されました")
        }
        CompositeReason::OwnDomainImplicitFail => (
            "mail in the name of one of the recipient's own domains that nothing authenticates",
            "受信側自身のドメインを名乗るメールで、認証の根拠がありません",
        ),
        CompositeReason::Undocumented => {
            ("a reason that Microsoft does not document", "Microsoft の文書に記載のない理由です")
        }
    };
    lang.pick(en, ja)
}
