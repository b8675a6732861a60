use postseal_core::advice::Topic;

use crate::words::Lang;

/// What one cause of a refusal says.
pub(crate) fn topic_message(topic: Topic, lang: Lang) -> &'static str {
    let (en, ja) = match topic {
        Topic::Spf => (
            "SPF did not pass, or its record is not accepted",
            "SPF に合格しないか、SPF レコードが受け入れられません",
        ),
        Topic::Dkim => ("no DKIM signature passed", "合格した DKIM 署名がありません"),
        Topic::Dmarc => (
            "DMARC did not pass, or the domain has no DMARC record",
            "DMARC に合格しないか、DMARC レコードがありません",
        ),
        Topic::Alignment => (
            "what passed belongs to another domain than the From field",
            "合格した識別子と From のドメインのアライメントが取れません",
        ),
        Topic::Arc => ("the ARC chain does not validate", "ARC チェーンを検証できません"),
        Topic::Ptr => (
            "the sending address has no confirmed name (PTR)",
            "送信元 IP アドレスの逆引き(PTR)を確認できません",
        ),
        Topic::Tls => ("the connection was not encrypted", "接続が暗号化されていません"),
        Topic::Reputation => (
            "the sending address or domain is not trusted",
            "送信元の IP アドレスまたはドメインの評価が低いか、リストに登録されています",
        ),
        Topic::Volume => ("too much mail at once", "短時間の送信量が多すぎます"),
        Topic::Content => ("the content of the message", "メールの内容"),
        Topic::Mailbox => ("the recipient's mailbox", "宛先のメールボックス"),
        Topic::Format => ("the form of the message or of the session", "メールまたは SMTP 通信の形式"),
        Topic::SenderDomain => (
            "the sender's domain cannot be found, or takes no mail",
            "差出人のドメインが見つからないか、メールを受信できません",
        ),
        Topic::Policy => ("a policy that the receiver does not name", "受信側が理由を明示しないポリシー"),
        Topic::Login => {
            ("the mail server wants a user name and password", "メールサーバーがログインを求めています")
        }
        Topic::TryLater => ("the receiver asks to try again later", "受信側が再送を求めています"),
        Topic::Network => {
            ("the network or a mail server on the way", "ネットワークまたは経由するメールサーバー")
        }
        Topic::Delivered => {
            ("the report says that the mail went on", "レポートによると、メールは正常に配送されました")
        }
    };
    lang.pick(en, ja)
}

/// What happened, where no rule of a receiver knows more.
pub(crate) fn topic_summary(topic: Topic, lang: Lang) -> &'static str {
    let (en, ja) = match topic {
        Topic::Spf | Topic::Dkim | Topic::Dmarc | Topic::Alignment | Topic::Arc | Topic::Ptr => {
            ("The receiver could not believe who sent the message.", "受信側が差出人を認証できませんでした。")
        }
        Topic::Tls => (
            "The receiver asks for an encrypted connection (TLS). This is not about SPF, DKIM or DMARC.",
            "受信側が暗号化された接続(TLS)を求めています。SPF・DKIM・DMARC の問題ではありません。",
        ),
        Topic::Reputation => (
            "The sending address or domain is on a block list or has a bad reputation. This is not about SPF, DKIM or DMARC.",
            "送信元の IP アドレスまたはドメインがブロックリストに登録されているか、評価が低いため拒否されました。SPF・DKIM・DMARC の問題ではありません。",
        ),
        Topic::Volume => (
            "The receiver got too much mail at once. This is not about SPF, DKIM or DMARC.",
            "短時間の送信量が多すぎるため、受信側に制限されました。SPF・DKIM・DMARC の問題ではありません。",
        ),
        Topic::Content => (
            "The receiver does not accept the content of the message. This is not about SPF, DKIM or DMARC.",
            "受信側がメールの内容を理由に拒否しました。SPF・DKIM・DMARC の問題ではありません。",
        ),
        Topic::Mailbox => (
            "The recipient's mailbox does not exist, is full or does not accept the message. This is not about SPF, DKIM or DMARC.",
            "宛先のメールボックスが存在しないか、容量が一杯か、受信を許可していません。SPF・DKIM・DMARC の問題ではありません。",
        ),
        Topic::Format => (
            "The receiver does not accept the form of the message or of the session. This is not about SPF, DKIM or DMARC.",
            "受信側がメールまたは SMTP 通信の形式を受け入れませんでした。SPF・DKIM・DMARC の問題ではありません。",
        ),
        Topic::SenderDomain => (
            "The sender's domain cannot be found in the DNS, or takes no mail itself. This is not about SPF, DKIM or DMARC.",
            "差出人のドメインが DNS で見つからないか、メールを受信できません。SPF・DKIM・DMARC の問題ではありません。",
        ),
        Topic::Policy => (
            "The receiver refuses the message by a policy and does not say which one.",
            "受信側がポリシーにより拒否しましたが、理由は示されていません。",
        ),
        Topic::Login => (
            "The mail server wants a user name and password before it takes mail. This is not about SPF, DKIM or DMARC.",
            "メールサーバーが送信前のログイン(ユーザー名とパスワード)を求めています。SPF・DKIM・DMARC の問題ではありません。",
        ),
        Topic::TryLater => (
            "The receiver asks to try again later, as it does with senders it does not know yet. This is not about SPF, DKIM or DMARC.",
            "受信側が後で再送するよう求めています。初めての送信元に対する一般的な応答です。SPF・DKIM・DMARC の問題ではありません。",
        ),
        Topic::Network => (
            "The mail did not reach the receiver: the network, the DNS or a mail server on the way failed. This is not about SPF, DKIM or DMARC.",
            "ネットワーク、DNS、または経由するメールサーバーの障害により、メールが受信側に届きませんでした。SPF・DKIM・DMARC の問題ではありません。",
        ),
        Topic::Delivered => (
            "This is no refusal: the report says that the mail was delivered or passed on.",
            "拒否の通知ではありません。メールは配送されたか、次のサーバーに引き渡されました。",
        ),
    };
    lang.pick(en, ja)
}

/// What to do, where no rule of a receiver knows more.
pub(crate) fn topic_fix(topic: Topic, lang: Lang) -> &'static str {
    let (en, ja) = match topic {
        Topic::Spf | Topic::Dkim | Topic::Dmarc | Topic::Alignment | Topic::Arc | Topic::Ptr => (
            "Look at the domain's records: `postseal check DOMAIN`.",
            "`postseal check ドメイン` でドメインのレコードを確認してください。",
        ),
        Topic::Tls => (
            "Let the mail server use STARTTLS (Postfix: smtp_tls_security_level = may).",
            "メールサーバーで STARTTLS を有効にしてください(Postfix: smtp_tls_security_level = may)。",
        ),
        Topic::Reputation => (
            "Look the address up at the list that the refusal names, remove the cause, and ask for removal there.",
            "エラーに示されたリストで IP アドレスを確認し、原因を取り除いてから登録解除を申請してください。",
        ),
        Topic::Volume => (
            "Send more slowly, and look for the source of the mail.",
            "送信速度を下げ、大量送信の原因を調べてください。",
        ),
        Topic::Content => (
            "Look at links, attachments and size, and whether the account that sent it was taken over.",
            "リンク・添付ファイル・サイズを確認し、送信したアカウントが乗っ取られていないか調べてください。",
        ),
        Topic::Mailbox => {
            ("Check the address with the recipient.", "宛先のアドレスが正しいか、受信者に確認してください。")
        }
        Topic::Format => (
            "Look at the program or the mail server that made the message.",
            "メールを作成したプログラムまたはメールサーバーを調べてください。",
        ),
        Topic::SenderDomain => (
            "Send from a domain that exists in the DNS and takes mail.",
            "DNS に存在し、メールを受信できるドメインから送信してください。",
        ),
        Topic::Policy => (
            "Make sure that SPF, DKIM and DMARC pass (`postseal check DOMAIN`), then ask the receiver with the whole refusal.",
            "`postseal check ドメイン` で SPF・DKIM・DMARC を確認し、エラーの全文を添えて受信側に問い合わせてください。",
        ),
        Topic::Login => (
            "Check user name, password and port in the mail program; the submission port is 587 or 465.",
            "メールソフトのユーザー名・パスワード・ポート番号を確認してください。送信用のポートは 587 または 465 です。",
        ),
        Topic::TryLater => (
            "Nothing: the mail server tries again by itself.",
            "対処は不要です。メールはメールサーバーが自動的に再送します。",
        ),
        Topic::Network => (
            "Wait if the mail server still tries; otherwise check that the recipient's domain has reachable mail servers.",
            "再送中であれば待ちます。そうでなければ、宛先ドメインのメールサーバーに接続できるか確認してください。",
        ),
        Topic::Delivered => ("Nothing.", "対処は不要です。"),
    };
    lang.pick(en, ja)
}
