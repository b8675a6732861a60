//! Faults in words, for people, in each language. One exhaustive match says what is
//! wrong and one what to write instead, so that no fault goes without.

use super::fault::{FaultKind, ValueType};
use super::key_file_words::{key_file_advice, key_file_words};
use super::{MilterAddress, NetworkError};
use crate::signing::LoginPatternError;
use crate::words::{Lang, say};

impl FaultKind {
    /// What is wrong.
    pub(crate) fn what(&self, lang: Lang) -> String {
        match self {
            FaultKind::Unreadable(error) => {
                say!(lang, "the file cannot be read: {error}", "ファイルを読み取れません: {error}")
            }
            FaultKind::TooLarge { octets, max } => say!(
                lang,
                "the file is too large: {octets} octets or more, of {max} at most",
                "ファイルが大きすぎます: {octets} オクテット以上(上限 {max})"
            ),
            FaultKind::NotUtf8 => say!(lang, "this is not UTF-8", "UTF-8 ではありません"),
            FaultKind::Syntax(error) => {
                say!(lang, "this is not TOML: {error}", "TOML として読めません: {error}")
            }
            FaultKind::UnknownKey { key, table, .. } => {
                say!(lang, "{table} has no key {key:?}", "{table} に {key:?} というキーはありません")
            }
            FaultKind::MissingKey { key, table, .. } => {
                say!(lang, "{table} lacks the key {key:?}", "{table} にキー {key:?} がありません")
            }
            FaultKind::WrongType { expected, found } => {
                let (expected, found) = (expected.words(lang), found_type(found, lang));
                say!(lang, "this is {found}, not {expected}", "{found} です。{expected} が必要です")
            }
            FaultKind::NotOneOf { value, .. } => {
                say!(lang, "{value:?} is not known here", "{value:?} はここでは使えません")
            }
            FaultKind::Number { .. } => say!(lang, "the number is out of range", "値が範囲外です"),
            FaultKind::Duration { value } => {
                say!(lang, "{value:?} is no span of time", "{value:?} は時間の長さではありません")
            }
            FaultKind::DurationRange { .. } => {
                say!(lang, "the span of time is out of range", "時間の長さが範囲外です")
            }
            FaultKind::Size { value } => {
                say!(lang, "{value:?} is no size", "{value:?} は大きさではありません")
            }
            FaultKind::SizeRange { .. } => say!(lang, "the size is out of range", "大きさが範囲外です"),
            FaultKind::Mode { value } => {
                say!(lang, "{value:?} is no file mode", "{value:?} はファイルモードではありません")
            }
            FaultKind::Group { value } => {
                say!(
                    lang,
                    "this system has no group {value:?}",
                    "このシステムに {value:?} というグループはありません"
                )
            }
            FaultKind::Date => say!(lang, "this is no date after 1970", "1970 年以降の日付ではありません"),
            FaultKind::Contact { value } => {
                say!(lang, "{value:?} cannot be named in an SMTP reply", "{value:?} は SMTP 応答に書けません")
            }
            FaultKind::EmptyText => say!(lang, "this is empty", "空です"),
            FaultKind::NameServer { value } => {
                say!(
                    lang,
                    "{value:?} is no address of a name server",
                    "{value:?} は DNS サーバーのアドレスではありません"
                )
            }
            FaultKind::Address { value } => {
                say!(lang, "{value:?} is no IP address", "{value:?} は IP アドレスではありません")
            }
            FaultKind::Sender { value } => say!(
                lang,
                "{value:?} is no SPF mechanism of a sender",
                "{value:?} は送信元を表す SPF メカニズムではありません"
            ),
            FaultKind::KeySource => say!(
                lang,
                "this does not say where the key-encryption key is",
                "鍵暗号化鍵の場所の書き方が正しくありません"
            ),
            FaultKind::HostedToo { domain, organisation } => say!(
                lang,
                "{domain} is in this file and in the store, where {organisation} holds it",
                "{domain} はこのファイルにも、ストアにもあります(所有する組織: {organisation})"
            ),
            FaultKind::StoreNotRead { path, error } => {
                let path = path.display();
                say!(
                    lang,
                    "the store {path} cannot be read, so whether it has domains of this file as well is not known: {error}",
                    "ストア {path} を読み取れないため、このファイルのドメインがそこにもあるかは分かりません({error})"
                )
            }
            FaultKind::Organisation { value, error } => say!(
                lang,
                "{value:?} is no name of an organisation: {error}",
                "{value:?} は組織の名前ではありません({error})"
            ),
            FaultKind::NeedsStore { table } => {
                say!(lang, "{table} has no effect without [store]", "{table} を使うには [store] が必要です")
            }
            FaultKind::NameServerWithoutAddress { name } => say!(
                lang,
                "{name} lies in the hosting zone and has no address there",
                "{name} はホスティングゾーンの中の名前ですが、アドレスがありません"
            ),
            FaultKind::OutsideZone { name, zone } => {
                say!(lang, "{name} does not lie in {zone}", "{name} は {zone} の中の名前ではありません")
            }
            FaultKind::ListenAddress { value } => {
                say!(
                    lang,
                    "{value:?} is no socket to listen on",
                    "{value:?} は待ち受けるソケットではありません"
                )
            }
            FaultKind::HttpAddress { value } => {
                say!(lang, "{value:?} is no address and port", "{value:?} はアドレスとポートではありません")
            }
            FaultKind::Network { value, error } => {
                let why = network_words(error, lang);
                say!(lang, "{value:?} is no network: {why}", "{value:?} はネットワークではありません: {why}")
            }
            FaultKind::Domain { value, error } => {
                say!(
                    lang,
                    "{value:?} is no domain name: {error}",
                    "{value:?} はドメイン名ではありません({error})"
                )
            }
            FaultKind::Selector { value, error } => {
                say!(
                    lang,
                    "{value:?} is no selector: {error}",
                    "{value:?} はセレクターではありません({error})"
                )
            }
            FaultKind::KeyName { error } => say!(
                lang,
                "selector and domain make no DNS name together: {error}",
                "セレクターとドメインを合わせると DNS 名になりません({error})"
            ),
            FaultKind::AuthservId { value, error } => {
                say!(
                    lang,
                    "{value:?} is no authserv-id: {error}",
                    "{value:?} は authserv-id ではありません({error})"
                )
            }
            FaultKind::HostName { value } => say!(
                lang,
                "there is no \"authserv_id\", and the host name {value:?} cannot be one",
                "「authserv_id」がなく、ホスト名 {value:?} は authserv-id に使えません"
            ),
            FaultKind::Login(error) => login_words(*error, lang),
            FaultKind::Headers(error) => {
                say!(lang, "{error}", "署名するヘッダーフィールドの指定が正しくありません({error})")
            }
            FaultKind::Canonicalization { value } => {
                say!(lang, "{value:?} is no canonicalization", "{value:?} は正規化方式ではありません")
            }
            FaultKind::SameSocket { one, other } => {
                say!(lang, "{one} overlaps with {other}", "{one} は {other} と重なります")
            }
            FaultKind::DuplicateDomain { domain, first } => {
                say!(lang, "{domain} is there already, at {first}", "{domain} はすでに {first} にあります")
            }
            FaultKind::DomainsFileLine { columns } => {
                say!(lang, "this line has {columns} columns", "この行の列数は {columns} です")
            }
            FaultKind::SourceDomain { domain } => {
                say!(lang, "no key is configured for {domain}", "{domain} の鍵が設定されていません")
            }
            FaultKind::SourceListener { listener } => {
                say!(
                    lang,
                    "[milter] does not listen on {listener}",
                    "[milter] は {listener} で待ち受けていません"
                )
            }
            FaultKind::OrganisationWithoutStore => {
                say!(lang, "there are no organisations without [store]", "[store] がないと組織はありません")
            }
            FaultKind::SourceWithoutCondition => say!(
                lang,
                "this source says not whose mail is meant",
                "この送信元には、どのメールに署名するかの条件がありません"
            ),
            FaultKind::SourceWithoutDomains => say!(
                lang,
                "this source says not which domains it may sign as",
                "この送信元には、どのドメインで署名できるかの指定がありません"
            ),
            FaultKind::SourceWithBoth => say!(
                lang,
                "this source names domains or organisations beside \"all_domains\"",
                "この送信元には「all_domains」のほかに「domains」か「organisations」もあります"
            ),
            FaultKind::AllowedWithoutInfrastructure => say!(
                lang,
                "this pair says not where the mail may come from",
                "この組には、どこからのメールを認めるかの指定がありません"
            ),
            FaultKind::AllowedWithBoth => say!(
                lang,
                "this pair has both \"client\" and \"authenticated\"",
                "この組には「client」と「authenticated」の両方があります"
            ),
            FaultKind::KeyFile { domain, error } => {
                let why = key_file_words(error, lang);
                say!(lang, "the key of {domain} cannot be used: {why}", "{domain} の鍵を使えません: {why}")
            }
            FaultKind::NotEd25519 => {
                say!(lang, "this file has an RSA key", "このファイルの鍵は RSA 鍵です")
            }
            FaultKind::OnlyEd25519 => say!(
                lang,
                "this is an Ed25519 key, which many receivers cannot verify",
                "これは Ed25519 鍵で、検証できない受信サーバーが多くあります"
            ),
            FaultKind::Unused { domain } => say!(
                lang,
                "no [[sign.source]] may sign as {domain}: its mail goes unsigned",
                "{domain} で署名できる [[sign.source]] がありません。そのメールは署名されません"
            ),
            FaultKind::AllowedIsOver => {
                say!(
                    lang,
                    "this date has passed: the pair has no effect",
                    "この日付は過ぎているため、この組は無効です"
                )
            }
            FaultKind::PortalNeedsTls => say!(
                lang,
                "other machines may reach the portal at this address, and there is no TLS",
                "このアドレスのポータルにはほかのマシンからも到達できますが、TLS がありません"
            ),
            FaultKind::TlsIdentity(error) => {
                say!(lang, "the certificate cannot be used: {error}", "証明書を使えません: {error}")
            }
            FaultKind::HttpNotLoopback => say!(
                lang,
                "other machines may reach the metrics at this address",
                "このアドレスのメトリクスにはほかのマシンからも到達できる可能性があります"
            ),
        }
    }

    /// What to do about it, in one line or more.
    pub(crate) fn advice(&self, lang: Lang) -> Option<String> {
        Some(match self {
            FaultKind::Unreadable(_) => {
                say!(lang, "check the path and its permissions", "パスと権限を確認してください")
            }
            FaultKind::UnknownKey { nearest: Some(nearest), .. } => {
                say!(lang, "did you mean {nearest:?}?", "{nearest:?} の誤りではありませんか")
            }
            FaultKind::UnknownKey { known, .. } => known_words(known, lang),
            FaultKind::MissingKey { key, example, .. } => {
                say!(lang, "add {key} = {example:?}", "{key} = {example:?} のように加えてください")
            }
            FaultKind::WrongType { expected, .. } => {
                let example = expected.example();
                say!(lang, "write it as in {example}", "{example} のように書いてください")
            }
            FaultKind::NotOneOf { known, .. } => known_words(known, lang),
            FaultKind::Number { min, max } => {
                say!(lang, "from {min} to {max}", "{min} から {max} までの値")
            }
            FaultKind::Duration { .. } => say!(
                lang,
                "a whole number and ms, s, m, h or d: \"2s\", \"14d\"",
                "整数と ms、s、m、h、d のいずれか: \"2s\"、\"14d\""
            ),
            FaultKind::DurationRange { min, max } | FaultKind::SizeRange { min, max } => {
                say!(lang, "from \"{min}\" to \"{max}\"", "\"{min}\" から \"{max}\" までの値")
            }
            FaultKind::Size { .. } => say!(
                lang,
                "a whole number and B, kB, MB or GB: \"64MB\"",
                "整数と B、kB、MB、GB のいずれか: \"64MB\""
            ),
            FaultKind::Mode { .. } => {
                say!(lang, "octal digits, as chmod takes them: \"0660\"", "chmod と同じ 8 進数: \"0660\"")
            }
            FaultKind::Group { .. } => say!(
                lang,
                "the MTA's group, by its name in /etc/group or by its number: \"postfix\"",
                "MTA のグループを /etc/group の名前か番号で: \"postfix\""
            ),
            FaultKind::Date => {
                say!(lang, "a date without quotes: 2027-01-31", "引用符のない日付: 2027-01-31")
            }
            FaultKind::Contact { .. } => say!(
                lang,
                "an address or a URL in ASCII: \"postmaster@example.net\"",
                "ASCII のアドレスか URL: \"postmaster@example.net\""
            ),
            FaultKind::EmptyText => {
                say!(lang, "write a value, or remove the key", "値を書くか、キーを削除してください")
            }
            FaultKind::NameServer { .. } => {
                say!(lang, "\"127.0.0.1:53\" or \"[::1]:53\"", "\"127.0.0.1:53\" または \"[::1]:53\"")
            }
            FaultKind::Address { .. } => {
                say!(lang, "\"192.0.2.1\" or \"2001:db8::1\"", "\"192.0.2.1\" または \"2001:db8::1\"")
            }
            FaultKind::Sender { .. } => say!(
                lang,
                "one in each text: \"ip4:192.0.2.25\", \"include:spf.example.net\"",
                "1 つの文字列に 1 つずつ書いてください: \"ip4:192.0.2.25\"、\"include:spf.example.net\""
            ),
            FaultKind::KeySource => say!(
                lang,
                "\"file:/etc/postseal/key-encryption-key\", \"env:NAME\" or \"credential:NAME\"; the key itself does not belong here",
                "\"file:/etc/postseal/key-encryption-key\"、\"env:NAME\"、\"credential:NAME\" のいずれか。鍵そのものはここに書きません"
            ),
            FaultKind::HostedToo { domain, organisation } => say!(
                lang,
                "remove it here, or from the store: postseal domain remove {domain} --org {organisation}",
                "このファイルまたはストアのどちらかから削除してください: postseal domain remove {domain} --org {organisation}"
            ),
            FaultKind::StoreNotRead { .. } => say!(
                lang,
                "run it as the user of the node or as root",
                "ノードのユーザーか root で実行してください"
            ),
            FaultKind::Organisation { .. } => {
                say!(lang, "as in \"contoso\"", "\"contoso\" のように書いてください")
            }
            FaultKind::NeedsStore { .. } => say!(
                lang,
                "add [store], which keeps organisations and their keys, or remove this table",
                "組織と鍵を保存する [store] を加えるか、このテーブルを削除してください"
            ),
            FaultKind::NameServerWithoutAddress { name } => say!(
                lang,
                "add \"{name}\" = [\"192.0.2.1\"] under [hosting.addresses]",
                "[hosting.addresses] に \"{name}\" = [\"192.0.2.1\"] を加えてください"
            ),
            FaultKind::OutsideZone { .. } => say!(
                lang,
                "remove it: its own zone has its addresses",
                "削除してください。そのアドレスは、その名前のゾーンにあります"
            ),
            FaultKind::ListenAddress { .. } => say!(
                lang,
                "\"inet:127.0.0.1:8891\", \"inet:[::1]:8891\", \"unix:/run/postseal/milter.sock\" or \"systemd:NAME\"",
                "\"inet:127.0.0.1:8891\"、\"inet:[::1]:8891\"、\"unix:/run/postseal/milter.sock\"、\"systemd:NAME\" のいずれか"
            ),
            FaultKind::HttpAddress { .. } => say!(lang, "\"127.0.0.1:9117\"", "\"127.0.0.1:9117\""),
            FaultKind::Network { error: NetworkError::HostBits { network }, .. } => {
                say!(lang, "write \"{network}\"", "\"{network}\" と書いてください")
            }
            FaultKind::Network { .. } => say!(
                lang,
                "\"192.0.2.0/24\", \"2001:db8::/32\", or one address",
                "\"192.0.2.0/24\"、\"2001:db8::/32\"、または 1 つのアドレス"
            ),
            FaultKind::Domain { .. } => {
                say!(lang, "as in \"contoso.example\"", "\"contoso.example\" のように書いてください")
            }
            FaultKind::Selector { .. } => say!(
                lang,
                "letters, digits, hyphens and dots, as in \"s1\"",
                "英字、数字、ハイフン、ドットを使い、\"s1\" のように書いてください"
            ),
            FaultKind::KeyName { .. } => {
                say!(lang, "choose a shorter selector", "より短いセレクターを選んでください")
            }
            FaultKind::AuthservId { .. } | FaultKind::HostName { .. } => say!(
                lang,
                "the name of this mail system, as in authserv_id = \"mx.example.net\"",
                "このメールシステムの名前を authserv_id = \"mx.example.net\" のように書いてください"
            ),
            FaultKind::Login(_) => {
                say!(
                    lang,
                    "\"jo\", \"*@contoso.example\" or \"*\"",
                    "\"jo\"、\"*@contoso.example\"、\"*\" のいずれか"
                )
            }
            FaultKind::Headers(_) => say!(
                lang,
                "names with colons between them, From among them: \"From:To:Subject:Date\"",
                "From を含む名前をコロンで区切ってください: \"From:To:Subject:Date\""
            ),
            FaultKind::Canonicalization { .. } => say!(
                lang,
                "header section and body, each \"relaxed\" or \"simple\": \"relaxed/relaxed\"",
                "ヘッダーと本文をそれぞれ「relaxed」か「simple」で: \"relaxed/relaxed\""
            ),
            FaultKind::SameSocket { .. } => {
                say!(lang, "give each its own path or port", "それぞれ別のパスかポートにしてください")
            }
            FaultKind::DuplicateDomain { .. } => say!(
                lang,
                "remove one of them; a second signature is [sign.domain.ed25519]",
                "どちらかを削除してください。2 つ目の署名は [sign.domain.ed25519] に書きます"
            ),
            FaultKind::DomainsFileLine { .. } => say!(
                lang,
                "three, with blanks between them: DOMAIN SELECTOR KEY-FILE",
                "空白で区切った 3 列: ドメイン セレクター 鍵ファイル"
            ),
            FaultKind::SourceDomain { domain } => say!(
                lang,
                "add a [[sign.domain]] with name = \"{domain}\", or one above it with subdomains = true",
                "name = \"{domain}\" の [[sign.domain]] を加えるか、上位のドメインに subdomains = true を付けてください"
            ),
            FaultKind::SourceListener { listener } => listener_advice(listener, lang),
            FaultKind::OrganisationWithoutStore => say!(
                lang,
                "add [store], or name domains in place of organisations",
                "[store] を加えるか、組織の代わりにドメインを書いてください"
            ),
            FaultKind::SourceWithoutCondition => say!(
                lang,
                "add login, network, listener or daemon_name, or local = true; login = \"*\" is everyone who logs in",
                "login、network、listener、daemon_name、local = true のいずれかを加えてください。login = \"*\" はログインした全員です"
            ),
            FaultKind::SourceWithoutDomains => say!(
                lang,
                "add domains = [\"contoso.example\"], organisations = [\"contoso\"] or all_domains = true",
                "domains = [\"contoso.example\"]、organisations = [\"contoso\"]、all_domains = true のいずれかを加えてください"
            ),
            FaultKind::SourceWithBoth | FaultKind::AllowedWithBoth => {
                say!(lang, "remove one of them", "どちらかを削除してください")
            }
            FaultKind::AllowedWithoutInfrastructure => say!(
                lang,
                "add client = \"198.51.100.0/24\" or authenticated = \"bulk.example\"",
                "client = \"198.51.100.0/24\" か authenticated = \"bulk.example\" を加えてください"
            ),
            FaultKind::KeyFile { domain, error } => key_file_advice(domain.as_str(), error, lang),
            FaultKind::NotEd25519 => say!(
                lang,
                "postseal keygen --algorithm ed25519 makes an Ed25519 key",
                "Ed25519 鍵は postseal keygen --algorithm ed25519 で作れます"
            ),
            FaultKind::OnlyEd25519 => say!(
                lang,
                "put an RSA key here, and this one under [sign.domain.ed25519]",
                "ここには RSA 鍵を書き、この鍵は [sign.domain.ed25519] に移してください"
            ),
            FaultKind::Unused { domain } => say!(
                lang,
                "add a [[sign.source]] with domains = [\"{domain}\"]",
                "domains = [\"{domain}\"] を持つ [[sign.source]] を加えてください"
            ),
            FaultKind::AllowedIsOver => {
                say!(lang, "remove it, or set a later date", "削除するか、日付を延ばしてください")
            }
            FaultKind::PortalNeedsTls => say!(
                lang,
                "add certificate and private_key (PEM files), or listen on \"127.0.0.1:8480\"",
                "certificate と private_key(PEM ファイル)を加えるか、\"127.0.0.1:8480\" で待ち受けてください"
            ),
            FaultKind::TlsIdentity(_) => say!(
                lang,
                "both are PEM files: the certificate with its chain, and its private key, readable by the node only",
                "どちらも PEM ファイルです。証明書には中間証明書を含め、秘密鍵はノードだけが読めるようにしてください"
            ),
            FaultKind::HttpNotLoopback => {
                say!(
                    lang,
                    "\"127.0.0.1:9117\" is for this machine only",
                    "\"127.0.0.1:9117\" ならこのマシンだけです"
                )
            }
            FaultKind::TooLarge { .. } | FaultKind::NotUtf8 | FaultKind::Syntax(_) => return None,
        })
    }
}

impl ValueType {
    fn words(self, lang: Lang) -> &'static str {
        let (en, ja) = match self {
            ValueType::Text => ("a text", "文字列"),
            ValueType::Texts => ("a text or an array of texts", "文字列、または文字列の配列"),
            ValueType::Integer => ("a whole number", "整数"),
            ValueType::Boolean => ("true or false", "true か false"),
            ValueType::Date => ("a date", "日付"),
            ValueType::Table => ("a table", "テーブル"),
            ValueType::Tables => ("a list of tables", "テーブルの配列"),
        };
        lang.pick(en, ja)
    }

    fn example(self) -> &'static str {
        match self {
            ValueType::Text => "key = \"text\"",
            ValueType::Texts => "key = [\"one\", \"two\"]",
            ValueType::Integer => "key = 5000",
            ValueType::Boolean => "key = true",
            ValueType::Date => "key = 2027-01-31",
            ValueType::Table => "[table]",
            ValueType::Tables => "[[table]]",
        }
    }
}

/// What the TOML parser calls a type.
fn found_type(found: &'static str, lang: Lang) -> &'static str {
    let (en, ja) = match found {
        "string" => ("a text", "文字列"),
        "integer" => ("a whole number", "整数"),
        "float" => ("a number with a point", "小数"),
        "boolean" => ("true or false", "true か false"),
        "datetime" => ("a date", "日付"),
        "array" => ("an array", "配列"),
        "table" => ("a table", "テーブル"),
        other => (other, other),
    };
    lang.pick(en, ja)
}

fn known_words(known: &[&'static str], lang: Lang) -> String {
    let list = known.join(", ");
    say!(lang, "known are: {list}", "使えるもの: {list}")
}

fn network_words(error: &NetworkError, lang: Lang) -> String {
    match error {
        _ if lang == Lang::En => error.to_string(),
        NetworkError::Address => "IP アドレスではありません".to_owned(),
        NetworkError::Prefix { max } => format!("プレフィックス長は 0 から {max} までの数です"),
        NetworkError::HostBits { network } => {
            format!("アドレスのホスト部が 0 ではありません。ネットワークは {network} です")
        }
    }
}

fn login_words(error: LoginPatternError, lang: Lang) -> String {
    match error {
        _ if lang == Lang::En => error.to_string(),
        LoginPatternError::Empty => "ログイン名が空です".to_owned(),
        LoginPatternError::Star => "「*」は単独か、「@」とドメインの前だけに書けます".to_owned(),
    }
}

fn listener_advice(listener: &MilterAddress, lang: Lang) -> String {
    say!(
        lang,
        "name a socket of [milter] listen, or add \"{listener}\" there",
        "[milter] listen にあるソケットを書くか、そこに \"{listener}\" を加えてください"
    )
}
