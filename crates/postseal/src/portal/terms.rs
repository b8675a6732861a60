//! The field's words, each explained where a page first uses it.

use super::inert::push_text;
use crate::words::Lang;

/// A term as texts use it in each language, and what it means.
struct Term {
    key: &'static str,
    en: &'static str,
    means: &'static str,
    ja: &'static str,
    ja_means: &'static str,
}

/// A text for a page, in which the first use of each of these terms can be asked what it means: with the
/// mouse, a finger or the keyboard, and without JavaScript. The text is escaped here.
///
/// `keys` are those of [`TERMS`], with spaces between them. One that the text does not use has no effect.
pub(super) fn explained(text: &str, keys: &str, lang: Lang) -> String {
    let mut places: Vec<(usize, &Term)> = keys
        .split(' ')
        .filter_map(|key| TERMS.iter().find(|term| term.key == key))
        .filter_map(|term| Some((text.find(term.word(lang))?, term)))
        .collect();
    places.sort_by_key(|(at, _)| *at);
    let (mut page, mut written) = (String::new(), 0);
    for (at, term) in places {
        let (word, key) = (term.word(lang), term.key);
        // One that lies within another is explained with it.
        let Some(before) = text.get(written..at) else { continue };
        push_text(before, &mut page);
        page.push_str(&format!(
            r#"<button type="button" class="term" popovertarget="term-{key}">{word}</button><span class="explained" id="term-{key}" popover><strong>{word}</strong> {}</span>"#,
            lang.pick(term.means, term.ja_means)
        ));
        written = at + word.len();
    }
    push_text(text.get(written..).unwrap_or_default(), &mut page);
    page
}

impl Term {
    fn word(&self, lang: Lang) -> &'static str {
        lang.pick(self.en, self.ja)
    }
}

const TERMS: &[Term] = &[
    Term {
        key: "spf",
        en: "SPF",
        means: "Sender Policy Framework: a record that names the servers that may send mail for a domain.",
        ja: "SPF",
        ja_means: "Sender Policy Framework の略です。ドメインのメールを送信してよいサーバーをレコードで示します。",
    },
    Term {
        key: "dkim",
        en: "DKIM",
        means: "DomainKeys Identified Mail: a signature on each message. Its public key lies in the DNS of the domain that signs.",
        ja: "DKIM",
        ja_means: "DomainKeys Identified Mail の略です。メッセージごとに署名を付けます。検証用の公開鍵は、署名するドメインの DNS に置きます。",
    },
    Term {
        key: "dmarc",
        en: "DMARC",
        means: "It joins SPF and DKIM to the address that people see in From, says what to do with mail that fails, and where reports go.",
        ja: "DMARC",
        ja_means: "SPF と DKIM の結果を、受信者に見える差出人(From)と結び付けます。失敗したメールの扱いと、レポートの宛先も示します。",
    },
    Term {
        key: "arc",
        en: "ARC",
        means: "Authenticated Received Chain: what a forwarder found when the message reached it, sealed with its signature.",
        ja: "ARC",
        ja_means: "Authenticated Received Chain の略です。転送するサーバーが、受け取ったときの認証結果を記録し、署名で封印します。",
    },
    Term {
        key: "seal",
        en: "seal",
        means: "A forwarder writes down what it found when the message reached it, and signs that (ARC).",
        ja: "封印",
        ja_means: "転送するサーバーが、受け取ったときの認証結果を記録し、署名することです(ARC)。",
    },
    Term {
        key: "selector",
        en: "selector",
        means: "The name of one key. The key of selector1 lies at selector1._domainkey below the domain.",
        ja: "セレクター",
        ja_means: "鍵の名前です。selector1 の鍵は、ドメインの下の selector1._domainkey にあります。",
    },
    Term {
        key: "lookup",
        en: "look up",
        means: "Terms such as include, a and mx make the receiver ask the DNS. With more than ten of them the whole record fails.",
        ja: "参照する",
        ja_means: "include、a、mx などの項目では、受信サーバーが DNS に問い合わせます。10 を超えると、レコード全体が無効になります。",
    },
    Term {
        key: "from",
        en: "From",
        means: "The address that people see as the sender. The envelope carries another one, to which bounces go.",
        ja: "差出人(From)",
        ja_means: "受信者に送信者として見えるアドレスです。エンベロープには別のアドレスがあり、配信不能通知はそちらに届きます。",
    },
    Term {
        key: "alignment",
        en: "Alignment",
        means: "SPF or DKIM counts only where the domain that passes belongs with the one that people see in From.",
        ja: "アライメント",
        ja_means: "SPF や DKIM は、合格したドメインが、受信者に見える差出人(From)のドメインと一致するときだけ認められます。",
    },
    Term {
        key: "owner",
        en: "Domain Owner",
        means: "Whoever holds the domain in From and publishes its DMARC record.",
        ja: "ドメイン所有者",
        ja_means: "差出人(From)のドメインを保有し、その DMARC レコードを公開している組織や人です。",
    },
    Term {
        key: "dnshost",
        en: "DNS host",
        means: "Who keeps the records of your domain: often the company where you bought it.",
        ja: "DNS ホスティング事業者",
        ja_means: "ドメインのレコードを管理している事業者です。多くの場合、ドメインを購入した事業者と同じです。",
    },
    Term {
        key: "bounce",
        en: "bounce",
        means: "The message that says why a mail was not delivered; also called NDR or DSN.",
        ja: "配信不能通知(NDR)",
        ja_means: "メールを配信できなかった理由を知らせるメッセージです。DSN、バウンスメールとも呼ばれます。",
    },
    Term {
        key: "results",
        en: "Authentication-Results",
        means: "A field of the header in which the receiving server writes what SPF, DKIM and DMARC came to.",
        ja: "Authentication-Results",
        ja_means: "受信サーバーが SPF、DKIM、DMARC の結果を書き込むヘッダーフィールドです。",
    },
    Term {
        key: "node",
        en: "node",
        means: "One running Postseal, beside a mail server.",
        ja: "ノード",
        ja_means: "メールサーバーとともに動いている Postseal です。",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_use_is_explained_and_all_else_is_escaped() {
        let text = explained("<SPF> and SPF & \"DKIM\"", "dkim spf arc", Lang::En);
        assert!(text.starts_with("&#60;<button"), "{text}");
        assert_eq!(text.matches("popovertarget").count(), 2, "{text}");
        assert!(text.contains("</span>&#62; and SPF &#38; &#34;<button"), "{text}");
        assert!(text.ends_with("</span>&#34;"), "{text}");
        assert_eq!(explained("a < b", "spf unknown", Lang::Ja), "a &#60; b");
    }

    #[test]
    fn a_term_within_another_is_left_to_it() {
        let text = explained("配信不能通知(NDR) と 差出人(From)", "from bounce", Lang::Ja);
        assert_eq!(text.matches("popovertarget").count(), 2, "{text}");
    }

    #[test]
    fn explanations_need_no_escaping_and_have_one_key_each() {
        for (at, term) in TERMS.iter().enumerate() {
            for text in [term.en, term.means, term.ja, term.ja_means] {
                assert!(!text.is_empty() && !text.contains(['<', '>', '&', '"']), "{text}");
            }
            assert!(TERMS.iter().take(at).all(|other| other.key != term.key), "{}", term.key);
        }
    }
}
