use postseal_core::advice::{BadValue, Cause, KeyFault, PctReading, PolicyFault, PrivateRange};
use postseal_core::dns::Failure;
use postseal_core::spf::TermError;

use super::finding::FindingWords;
use super::{
    bimi_obstacle, dns_failure, mta_sts_effect, mta_sts_fault, policy_unavailable, record_fault, term_error,
    tlsa_fault,
};
use crate::words::Lang;

/// The sentences of a finding in Japanese: what is wrong, and what it does to mail.
pub(super) fn words(cause: &Cause) -> FindingWords {
    let (message, effect) = match cause {
        Cause::SpfMissing { broken: false } => (
            "このドメインには SPF レコードがありません。".to_owned(),
            "受信サーバーは、正規の送信サーバーとなりすましを区別できません。迷惑メールに振り分けられたり拒否されたりします。\
             Gmail や Yahoo では、DKIM もない場合は拒否されます。",
        ),
        Cause::SpfMissing { broken: true } => (
            "「v=spf1 」で始まる TXT レコードがないため、SPF レコードがないものとして扱われます。".to_owned(),
            "SPF レコードのつもりで登録された TXT レコードは無視されます。受信サーバーからは SPF のないドメインに見えます。",
        ),
        Cause::SpfMultiple { count } => (
            format!("SPF レコードが {count} 個あります。1 つのドメインに登録できるのは 1 個だけです。"),
            "すべてのメールで SPF が permerror になり、何も許可していないのと同じです。1 つのレコードにまとめてください。",
        ),
        Cause::SpfSyntax { term, error } => (
            match error {
                Some(error) => {
                    format!("「{term}」は SPF の書式に合っていません。{}。", term_error(*error, Lang::Ja))
                }
                None => {
                    format!("「{term}」は SPF のバージョンではありません。「v=spf1」の後に空白が必要です。")
                }
            },
            "ほかの記述に関係なく、すべてのメールで SPF が permerror になります。",
        ),
        Cause::SpfUnknownModifier { modifier, mechanism: true } => (
            format!("「{modifier}=」は未知の修飾子と解釈されます。機構の場合は「{modifier}:」と書きます。"),
            "この記述は無視されるため、許可したつもりの送信元が許可されません。",
        ),
        Cause::SpfUnknownModifier { modifier, mechanism: false } => (
            format!("「{modifier}=」という修飾子は定義されていません。"),
            "受信サーバーはこの記述を無視します。",
        ),
        Cause::SpfLookupLimit { lookups } => (
            format!("このレコードの評価には DNS 参照が {lookups} 回必要です。上限は 10 回です。"),
            "11 回目に達すると SPF は permerror になります。先頭の方の記述に一致するメールは通りますが、それ以外のメールは失敗します。",
        ),
        Cause::SpfLookupNearLimit { lookups } => (
            format!("このレコードの評価には、上限 10 回のうち {lookups} 回の DNS 参照が必要です。"),
            "サービスを 1 つ追加するか、事業者が include を 1 つ増やすだけで、SPF が permerror になります。",
        ),
        Cause::SpfVoidLimit { voids, target } => (
            format!("結果のない DNS 参照が {voids} 回あります(最初は {target})。上限は 2 回です。"),
            "3 回目で SPF を permerror とする受信サーバーがあります。",
        ),
        Cause::SpfVoidLookup { voids, target } => (
            match voids {
                1 => format!("{target} を問い合わせても結果がありません。"),
                _ => format!("結果のない DNS 参照が {voids} 回あります(最初は {target})。"),
            },
            "この記述は何も許可しません。3 回になると SPF が permerror になることがあります。",
        ),
        Cause::SpfIncludeMissing { target, redirect } => (
            match redirect {
                false => format!("include の参照先 {target} に SPF レコードがありません。"),
                true => format!("redirect の参照先 {target} に SPF レコードがありません。"),
            },
            "評価がこの記述に達すると、SPF が permerror になります。",
        ),
        Cause::SpfLoop { target } => (
            format!("参照が循環しています。すでに評価した {target} に戻ります。"),
            "それより前の記述に一致しないメールは、すべて SPF が permerror になります。",
        ),
        Cause::SpfPassAll { term, included: false, .. } => (
            format!("「{term}」はインターネット上のすべてのアドレスを許可します。"),
            "誰でもこのドメインを名乗って SPF にも DMARC にも合格できます。",
        ),
        Cause::SpfPassAll { term, at, included: true } => (
            format!("{at} のレコードにある「{term}」は、インターネット上のすべてのアドレスを許可します。"),
            "このドメインのレコードにも引き継がれます。誰でもこのドメインを名乗って SPF にも DMARC にも合格できます。",
        ),
        Cause::SpfNeutralAll => (
            "「?all」は、記載のないサーバーについて何も判断しません。".to_owned(),
            "なりすましメールは SPF で合格にも不合格にもならず、SPF レコードがない場合と同じように扱われます。",
        ),
        Cause::SpfNoAll => (
            "レコードの最後に「all」も「redirect=」もありません。".to_owned(),
            "記載のないサーバーは「?all」と同じく neutral になり、SPF ではなりすましを防げません。",
        ),
        Cause::SpfAfterAll { terms } => (
            format!("「{terms}」は「all」より後ろにあるため、評価されません。"),
            "許可したつもりの送信元が許可されません。",
        ),
        Cause::SpfRedirectIgnored { term } => (
            format!("レコードに「all」があるため、「{term}」は無視されます。"),
            "参照先のレコードの内容は、このドメインには適用されません。",
        ),
        Cause::SpfPtr { term } => (
            format!("「{term}」の ptr は、使用すべきでない機構とされています。"),
            "評価が遅く不確実で、無視する受信サーバーもあります。代わりに IP アドレスを記載してください。",
        ),
        Cause::SpfTooBroad { addresses } => (
            format!("このドメインの ip4 の記述だけで {addresses} 個のアドレスを許可しています。"),
            "この範囲のサーバーを借りた人は、誰でもこのドメインを名乗って SPF に合格できます。Gmail はこのような記述を不審と判断します。",
        ),
        Cause::SpfPrivateAddress { term, range } => (
            format!(
                "「{term}」は{}です。ほかのネットワークにここからメールが届くことはありません。",
                private_range(*range)
            ),
            "この記述には意味がありません。多くの場合、同じサーバーのグローバル アドレスの記載が漏れています。",
        ),
        Cause::SpfDuplicateTerm { term } => (
            format!("「{term}」は、前にある記述と同じ内容です。"),
            "結果は変わりませんが、DNS 参照の回数が増えることがあります。",
        ),
        Cause::SpfMxLimit { target, count } => (
            format!("{target} には MX が {count} 個あります。mx で参照できるのは 10 個までです。"),
            "評価がこの記述に達すると、SPF が permerror になります。",
        ),
        Cause::SpfMacro { term, error } => (
            format!(
                "「{term}」のマクロを解釈できません。{}。",
                term_error(TermError::Macro(*error), Lang::Ja)
            ),
            "ほかの記述に関係なく、すべてのメールで SPF が permerror になります。",
        ),
        Cause::SpfType99 { same: true } => (
            "TXT レコードのほかに、SPF 型(タイプ 99)のレコードが残っています。".to_owned(),
            "この型を参照する受信サーバーはもうありません。内容が食い違う前に削除してください。",
        ),
        Cause::SpfType99 { same: false } => (
            "TXT レコードと内容の異なる SPF 型(タイプ 99)のレコードが残っています。".to_owned(),
            "この型を参照する受信サーバーはもうありません。TXT レコードの内容が正しいことを確認してから削除してください。",
        ),
        Cause::SpfTooLong { octets } => (
            format!(
                "このドメインの TXT レコード全体の応答が {octets} オクテットあり、通常の UDP に収まる 512 オクテットを超えています。"
            ),
            "応答が途中で切られ、TCP で問い合わせ直されます。TCP が通らない環境では SPF が temperror になります。",
        ),
        Cause::SpfStringJoin { left, right } => (
            format!(
                "レコードの 2 つの文字列の間に空白がないため、「{left}」と「{right}」がつながって 1 つの記述になっています。"
            ),
            "受信サーバーは 2 つを 1 つの記述として解釈します。1 つ目の文字列の最後に空白を入れてください。",
        ),
        Cause::SpfOverlap { term, other } => (
            format!("「{term}」が許可するアドレスは、「{other}」でも許可されています。"),
            "結果は変わりません。どちらか一方は不要な可能性があります。",
        ),
        Cause::SpfIncludeUnregistered { target, registrable } => (
            format!(
                "このレコードは {target} を信頼していますが、{registrable} は登録されていないドメインです。"
            ),
            "このドメインを登録した人は誰でも送信元を自由に決められ、SPF にも DMARC にも合格します。この記述を削除してください。",
        ),
        Cause::SpfQuotes => (
            "レコードの中に引用符が含まれています。".to_owned(),
            "引用符は DNS の設定画面での書き方であり、レコードの値ではありません。受信サーバーは SPF レコードと認識しないか、permerror とします。",
        ),
        Cause::SpfSenderNotAuthorized { ip, result } => (
            format!("{ip} から送ったメールの SPF の結果は {result} です。"),
            "このサーバーから送るこのドメインのメールは SPF に合格しません。DMARC に合格するのは、アライメント(From との一致)の取れた DKIM 署名がある場合だけです。",
        ),

        Cause::DkimNoneFound { tried } => (
            format!("よく使われるセレクター({tried})に DKIM の鍵が見つかりません。"),
            "メールに DKIM 署名がないと、転送されたメールは認証に失敗し、大手のメールサービスは大量送信メールを拒否します。\
             署名している場合は、DKIM-Signature の s= にあるセレクターを指定してください。",
        ),
        Cause::DkimKeyMissing { selector } => (
            format!("セレクター {selector} に鍵がありません。"),
            "このセレクターで署名したメールは、DKIM の検証に失敗します(署名に対応する鍵がないため)。",
        ),
        Cause::DkimKeySyntax { selector, fault } => (
            format!("セレクター {selector} の鍵レコードは使用できません。{}。", key_fault(*fault)),
            "このセレクターで署名したメールは、DKIM が permerror になります。",
        ),
        Cause::DkimKeyMultiple { selector, count } => (
            format!(
                "セレクター {selector} に TXT レコードが {count} 個あります。登録できるのは 1 個だけです。"
            ),
            "受信サーバーはどれか 1 つを選ぶか、すべて無視します。合格するかどうかは運次第です。",
        ),
        Cause::DkimKeyRevoked { selector } => (
            format!("セレクター {selector} の鍵は失効しています(p= が空です)。"),
            "このセレクターで署名したメールは合格しません。使い終わったセレクターなら正しい状態ですが、使用中なら問題です。",
        ),
        Cause::DkimKeyTestMode { selector } => (
            format!("セレクター {selector} の鍵はテスト中(t=y)になっています。"),
            "受信サーバーは、署名のないメールと同じように扱うことがあります。署名できることを確認したら、このフラグを削除してください。",
        ),
        Cause::DkimKeyTooShort { selector, bits } => (
            format!("セレクター {selector} の鍵は {bits} ビットです。1024 ビット未満の鍵は合格しません。"),
            "この鍵の署名はどの受信サーバーでも失敗し、鍵を破られるおそれもあります。2048 ビットの鍵を作成してください。",
        ),
        Cause::DkimKey1024 { selector, bits } => (
            format!("セレクター {selector} の鍵は {bits} ビットです。2048 ビットが推奨されています。"),
            "現在は合格します。受信側が受け付けなくなる前に、2048 ビットの鍵にローテーションしてください。",
        ),
        Cause::DkimQuotes { selector } => (
            format!("セレクター {selector} の鍵レコードの中に引用符が含まれています。"),
            "引用符は DNS の設定画面での書き方であり、レコードの値ではありません。DKIM は permerror になります。",
        ),
        Cause::DkimKeySplit { selector } => (
            format!("セレクター {selector} の鍵の途中に引用符が入っています。"),
            "DNS ホスティング事業者が、2 つに分けた文字列を 1 つの文字列として登録しています。鍵が壊れ、DKIM は permerror になります。",
        ),
        Cause::DkimHashSha1 { selector } => (
            format!("セレクター {selector} の鍵は sha1 だけを許可しています(h=)。"),
            "sha256 の署名はこの鍵では使えず、sha1 の署名は合格しません。どの署名も合格しません。",
        ),
        Cause::DkimService { selector, value } => (
            format!("セレクター {selector} の鍵はメール用ではありません(s={value})。"),
            "この鍵の署名は合格しません。このタグを削除してください。",
        ),
        Cause::DkimEd25519Only { selector } => (
            format!("セレクター {selector} は Ed25519 の鍵ですが、併用する RSA の鍵が見つかりません。"),
            "Microsoft をはじめ多くの受信サーバーは RSA だけに対応しており、署名のないメールとして扱われます。RSA の鍵でも署名してください。",
        ),
        Cause::DkimWildcard => (
            "ワイルドカード レコードがあり、_domainkey の下のどの名前にも応答があります。".to_owned(),
            "鍵がないのか間違っているのかを区別できず、存在しないセレクターも存在するように見えます。",
        ),
        Cause::DkimCnameDangling { selector, target } => (
            format!("セレクター {selector} の CNAME が指す {target} は存在しません。"),
            "このセレクターで署名したメールは、DKIM の検証に失敗します。事業者側で署名を有効にするか、CNAME を修正してください。",
        ),
        Cause::DkimCnameWrong { selector, target, expected } => (
            format!(
                "セレクター {selector} の CNAME は {target} を指していますが、この形式では {expected} になるはずです。"
            ),
            "受信サーバーは別のドメインまたは別のセレクターの鍵を取得するため、署名の検証に失敗します。",
        ),
        Cause::DkimTxtNotCname { selector } => (
            format!("セレクター {selector} に鍵ではない TXT レコードがあります。ここには CNAME が必要です。"),
            "このセレクターで署名したメールは、DKIM の検証に失敗します。同じ値を CNAME として登録してください。",
        ),
        Cause::DkimProxied { selector, address } => (
            format!("セレクター {selector} にアドレス {address} があります。ここには CNAME が必要です。"),
            "DNS ホスティング事業者が CNAME の代わりにプロキシのアドレスを応答しており、署名の検証に失敗します。このレコードのプロキシを無効にしてください。",
        ),
        Cause::DkimDoubledSuffix { selector, found_at } => (
            format!("セレクター {selector} の鍵が {found_at} にあります。ドメイン名が二重に付いています。"),
            "受信サーバーは鍵を見つけられません。ホスト名は、末尾のドメイン名を除いて入力してください。",
        ),

        Cause::DmarcMissing { broken: false } => (
            "このドメインに適用される DMARC ポリシーがありません。".to_owned(),
            "なりすましメールの扱いは受信側の判断に任されます。Gmail、Yahoo、Outlook.com は DMARC のない大量送信メールを拒否し、\
             ドコモは受信者に警告を表示します。",
        ),
        Cause::DmarcMissing { broken: true } => (
            "DMARC レコードとして有効なものがないため、適用されるポリシーがありません。".to_owned(),
            "DMARC レコードのつもりで登録されたレコードは無視されます。受信サーバーからは DMARC のないドメインに見えます。",
        ),
        Cause::DmarcMultiple { count } => (
            format!("同じ名前に DMARC レコードが {count} 個あるため、どれも有効になりません。"),
            "受信サーバーからは DMARC のないドメインに見えます。1 個だけ残してください。",
        ),
        Cause::DmarcSyntax { fault: PolicyFault::VersionNotFirst, .. } => {
            ("v=DMARC1 が先頭のタグになっていません。".to_owned(), "受信サーバーはレコード全体を無視します。")
        }
        Cause::DmarcSyntax { fault: PolicyFault::VersionMissing, .. } => (
            "レコードが v=DMARC1 で始まっていません。".to_owned(),
            "受信サーバーはレコード全体を無視します。",
        ),
        Cause::DmarcSyntax { text, fault: PolicyFault::TagList } => (
            format!("「{text}」は「タグ=値」を「;」で区切る書式に合っていません。"),
            "受信サーバーは、この部分またはレコード全体を無視します。",
        ),
        Cause::DmarcBadValue { tag, value, consequence } => (
            format!("{tag}= に「{value}」という値は使えません。"),
            match consequence {
                BadValue::CountsAsNone => {
                    "p=none として扱われます。レポートは届きますが、なりすましは拒否されません。"
                }
                BadValue::NoRecord => "DMARC レコードがないものとして扱われます。",
                BadValue::Discarded => "受信サーバーは、このタグがないものとして扱います。",
            },
        ),
        Cause::DmarcDuplicateTag { tag } => (
            format!("{tag}= がレコードの中に 2 回あります。"),
            "どちらを使うか、レコード全体を無視するかは、受信サーバーによって異なります。",
        ),
        Cause::DmarcAtApex => (
            "DMARC レコードがドメイン自体に登録されています。_dmarc に登録する必要があります。".to_owned(),
            "受信サーバーはこの場所を参照しません。",
        ),
        Cause::DmarcDoubledSuffix { found_at } => (
            format!("DMARC レコードが {found_at} にあります。ドメイン名が二重に付いています。"),
            "受信サーバーはこの場所を参照しません。ホスト名には、末尾のドメイン名を除いて _dmarc と入力してください。",
        ),
        Cause::DmarcQuotes => (
            "レコードの中に引用符が含まれています。".to_owned(),
            "引用符は DNS の設定画面での書き方であり、レコードの値ではありません。受信サーバーはレコードの全体または一部を無視します。",
        ),
        Cause::DmarcCase { text, expected } => (
            format!("「{text}」は「{expected}」と書く必要があります。"),
            "ここでは大文字と小文字が区別されます。受信サーバーはこのレコードを無視します。",
        ),
        Cause::DmarcTagOrder { second } => (
            format!("v= と p= の間に {second}= があります。"),
            "RFC 9989 では v= の後の順序は自由ですが、古い RFC 7489 に従う受信サーバーはレコードを無視することがあります。",
        ),
        Cause::DmarcPolicyMissing => (
            "レコードに p= がないか、値が空です。".to_owned(),
            "RFC 9989 に従う受信サーバーは p=none として扱い、古い受信サーバーはレコードを無視することがあります。",
        ),
        Cause::DmarcPolicyNone => (
            "ポリシーは「なし」(none)です。監視だけを行います。".to_owned(),
            "DMARC に失敗したメールも、これまでどおり配信されます。レポートを確認しながら、検疫、拒否へ進めてください。",
        ),
        Cause::DmarcPct { value, reading } => (
            format!("pct={value}: このタグは 2026 年の RFC 9989 で廃止されました。"),
            match reading {
                PctReading::TestMode => {
                    "pct=0 は、t=y と同じに扱う受信サーバーと、無視する受信サーバーがあります。代わりに t=y と書いてください。"
                }
                PctReading::Nothing => "pct=100 は既定値で、書いても意味は変わりません。削除してください。",
                PctReading::FullEnforcement => {
                    "ポリシーは一部ではなく、失敗したすべてのメールに適用されます。このタグを削除してください。"
                }
                PctReading::Unreadable => "このタグは無視されます。削除してください。",
            },
        ),
        Cause::DmarcRemovedTag { tag } => (
            format!("{tag}= は 2026 年の RFC 9989 で廃止されました。"),
            "このタグは無視されます。削除してください。",
        ),
        Cause::DmarcUnknownTag { tag } => {
            (format!("{tag}= というタグは定義されていません。"), "このタグは無視されます。")
        }
        Cause::DmarcTestMode => (
            "t=y: ポリシーはテスト中です。".to_owned(),
            "受信サーバーは 1 段階弱いポリシーを適用します。拒否は検疫に、検疫はなしになります。",
        ),
        Cause::DmarcRuaMissing => (
            "レコードに rua= がないため、集計レポートがどこにも届きません。".to_owned(),
            "どのメールが認証に失敗しているか、誰がこのドメインを名乗って送信しているかを確認できません。",
        ),
        Cause::DmarcRuaSyntax { address, bare_address: true } => (
            format!("「{address}」は URI になっていません。先頭に「mailto:」が必要です。"),
            "この宛先にはレポートが送られません。",
        ),
        Cause::DmarcRuaSyntax { address, bare_address: false } => (
            format!("「{address}」は、レポートを送れる URI ではありません。"),
            "この宛先にはレポートが送られません。",
        ),
        Cause::DmarcRuaUnauthorized { outside, permission } => (
            format!(
                "{outside} は、このドメインのレポートを受け取ることを公開していません。{permission} がありません。"
            ),
            "この宛先にはレポートが送られません。宛先ドメインの管理者がこのレコードを登録する必要があります。",
        ),
        Cause::DmarcRuaSize { limit } => {
            (format!("サイズの上限「{limit}」は廃止されました。"), "レポートの送信側はこの記述を無視します。")
        }
        Cause::DmarcWeakerSubdomain { tag, value, policy } => (
            match *tag {
                "np" => format!(
                    "np={value} は p={policy} より弱い設定です。存在しないサブドメインに適用されます。"
                ),
                _ => format!("{tag}={value} は p={policy} より弱い設定です。サブドメインに適用されます。"),
            },
            "ドメイン自体の代わりに、サブドメインを使ったなりすましが可能になります。",
        ),
        Cause::DmarcInherited { policy_domain, policy, tag, walk } => (
            format!(
                "ポリシーは上位の {policy_domain}({tag}={policy})から適用されます。問い合わせた名前: {walk}。"
            ),
            "このドメインのメールの扱いは、上位ドメインのレコードで決まります。",
        ),
        Cause::DmarcRfc7489Differs { organization, old_organization, policy, old_policy } => (
            format!(
                "RFC 9989 では組織ドメインは {organization}、{}です。Public Suffix List を使う RFC 7489 では {old_organization}、{}です。",
                policy_or_nothing(*policy),
                policy_or_nothing(*old_policy)
            ),
            match policy == old_policy {
                true => {
                    "すべての受信サーバーが RFC 9989 に移行するまで、どの署名や MAIL FROM ドメインでアライメントが取れるかは受信サーバーによって異なります。\
                     RFC 7489 での組織ドメインに DMARC レコードを登録すれば解消します。"
                }
                false => {
                    "すべての受信サーバーが RFC 9989 に移行するまで、このドメインの扱いは受信サーバーによって異なります。\
                     ドメイン自体に DMARC レコードを登録すれば解消します。"
                }
            },
        ),
        Cause::DmarcEnforcedUnprepared { policy } => (
            format!(
                "ポリシーは {policy} ですが、SPF でも DKIM でもアライメント(From との一致)が取れません。"
            ),
            "正規のメールも含め、このドメインのメールはすべて DMARC に失敗します。先に SPF と DKIM を設定するか、p=none から始めてください。",
        ),

        Cause::DnsTtlShort { record_type, ttl } => (
            format!(
                "{record_type} レコードの TTL が {ttl} 秒しかありません。1 時間(3600 秒)が推奨されています。"
            ),
            "受信サーバーからの問い合わせが増え、DNS の短い障害でも temperror になります。",
        ),
        Cause::DnsError { record_type, failure } => (
            format!(
                "{record_type} の問い合わせに対して有効な応答が得られませんでした。{}。",
                dns_failure(*failure, Lang::Ja)
            ),
            "受信サーバーでも同じことが起きると temperror になり、配信が遅れたり、意図しない扱いになったりします。",
        ),
        Cause::DnsServersDiffer { record_type, said } => (
            format!("権威 DNS サーバーの間で {record_type} レコードの内容が異なります。{said}"),
            "受信サーバーがどの内容を受け取るかは偶然に左右され、同じメールが認証に成功したり失敗したりします。\
             変更の直後であれば自然に解消します。解消しない場合は、セカンダリ サーバーにゾーンが転送されていません。",
        ),
        Cause::DnsServerSilent { server } => (
            format!("権威 DNS サーバー {server} から応答がありません。"),
            "このサーバーに問い合わせた受信サーバーは、待った後で別のサーバーに問い合わせます。そこでも失敗すると temperror になります。",
        ),
        Cause::NsLame { server, failure: Failure::ServFail } => (
            format!("{server} は NS レコードで指定されていますが、SERVFAIL を返します。"),
            "このサーバーにはゾーンの有効なデータがありません。ここに問い合わせた受信サーバーでは temperror になることがあります。",
        ),
        Cause::NsLame { server, .. } => (
            format!(
                "{server} は NS レコードで指定されていますが、このゾーンを提供していません(問い合わせを拒否するか、AA ビットのない応答を返します)。"
            ),
            "ここに問い合わせた受信サーバーは、別のサーバーに問い合わせ直すか、temperror になります。このサーバーにゾーンを設定するか、NS レコードを削除してください。",
        ),
        Cause::DnssecBogus { record_type } => (
            format!(
                "{record_type} の問い合わせが DNSSEC の検証に失敗します。検証しない場合は同じ問い合わせに応答があります。"
            ),
            "DNSSEC を検証するリゾルバーを使う受信サーバーからは、レコードを取得できません。SPF、DKIM、DMARC は temperror になります。\
             ゾーンに署名し直すか、DS レコードを修正してください。",
        ),
        Cause::DaneTlsaUnusable { fault } => (
            tlsa_fault(*fault, Lang::Ja),
            "DANE に対応した送信サーバーはこのレコードを無視します。ほかに有効なレコードがない場合は、通信相手を確認せずに暗号化します。",
        ),
        Cause::MxMissing { address: true } => (
            "MX レコードがないため、ドメイン自体のアドレスがメールの宛先になります。".to_owned(),
            "返信や配信不能通知はそのアドレスに送られます。メールを受信しないドメインなら、Null MX を登録してください。",
        ),
        Cause::MxMissing { address: false } => (
            "MX レコードがありません。".to_owned(),
            "返信や配信不能通知を届けられません。このようなドメインからのメールを拒否する受信サーバーもあります。",
        ),
        Cause::MxNull { sends: true } => (
            "メールを受信しない設定(Null MX)ですが、SPF レコードが「v=spf1 -all」ではありません。".to_owned(),
            "返信を受け取れないドメインからのメールは拒否されることがあります。送信もしないドメインなら「v=spf1 -all」を登録してください。",
        ),
        Cause::MxNull { sends: false } => (
            "メールを受信も送信もしないドメインです(Null MX)。".to_owned(),
            "このドメイン宛てに送信した人には、メールボックスがないことがすぐに伝わります。",
        ),
        Cause::MxCname { exchange, target } => (
            format!("MX の {exchange} は {target} の別名(CNAME)です。"),
            "MX にはアドレスを持つホスト名を指定する必要があり、このままでは配送しないサーバーがあります。MX に別名の参照先を指定してください。",
        ),
        Cause::MxUnresolvable { exchange } => (
            format!("MX の {exchange} にアドレスがありません。"),
            "このホストには、メールも返信も配信不能通知も届けられません。",
        ),
        Cause::PtrMissing { ip } => (
            format!("{ip} に PTR レコードがありません。"),
            "Gmail や Yahoo をはじめ多くの受信サーバーは、逆引きできないアドレスからのメールを拒否します。PTR は、アドレスを割り当てた事業者が設定します。",
        ),
        Cause::PtrMismatch { ip, host } => (
            format!("{ip} の逆引きは {host} ですが、{host} の正引きは {ip} になりません。"),
            "Gmail や Yahoo をはじめ多くの受信サーバーは、このようなアドレスからのメールを拒否します。この名前にアドレス レコードを登録してください。",
        ),

        Cause::TlsrptMissing => (
            "このドメインには TLSRPT レコードがありません。".to_owned(),
            "受信サーバーとの通信を暗号化できない場合や、証明書が受け入れられない場合でも、誰からも通知が届きません。",
        ),
        Cause::TlsrptSyntax { text, fault } => (
            record_fault("TLSRPT", text, *fault, Lang::Ja),
            "送信側はレコードの全体またはこの部分を無視します。暗号化の失敗に関するレポートが届きません。",
        ),
        Cause::MtaStsMissing { policy: None } => (
            "このドメインには MTA-STS レコードがありません。".to_owned(),
            "このドメイン宛てのメールは、双方が対応していれば暗号化されますが、経路の途中にいる第三者が気付かれずに暗号化を妨害できます。\
             レコードは、https://mta-sts.DOMAIN/.well-known/mta-sts.txt のポリシー ファイルと合わせて初めて機能します。",
        ),
        Cause::MtaStsMissing { policy: Some(why) } => (
            policy_unavailable(why, Lang::Ja),
            "ポリシーをまだ取得していない送信側からは MTA-STS がないものとして扱われ、取得済みの送信側は期限が切れるまで古いポリシーに従います。メールの配送には影響しません。",
        ),
        Cause::MtaStsSyntax { text, fault } => {
            (mta_sts_fault(text, *fault, Lang::Ja), mta_sts_effect(*fault, Lang::Ja))
        }
        Cause::BimiSyntax { text, fault } => (
            record_fault("BIMI", text, *fault, Lang::Ja),
            "受信側でロゴが表示されません。配信には影響しません。",
        ),
        Cause::BimiNotEnforced { obstacle } => (
            bimi_obstacle(*obstacle, Lang::Ja).to_owned(),
            "受信側でロゴが表示されません。BIMI では、ドメイン全体のポリシーを検疫または拒否にする必要があります。配信には影響しません。",
        ),
    };
    FindingWords { message, effect: effect.to_owned() }
}

fn private_range(range: PrivateRange) -> &'static str {
    match range {
        PrivateRange::Private => "プライベート アドレス",
        PrivateRange::Loopback => "ループバック アドレス",
        PrivateRange::LinkLocal => "リンクローカル アドレス",
        PrivateRange::Documentation => "文書用のアドレス",
    }
}

fn key_fault(fault: KeyFault) -> &'static str {
    match fault {
        KeyFault::TagList => "「タグ=値」を「;」で区切る書式に合っていません",
        KeyFault::Version => "v= が DKIM1 でないか、先頭にありません",
        KeyFault::KeyMissing => "p= がありません",
        KeyFault::KeyData => "p= の値が公開鍵ではありません",
        KeyFault::Algorithm => "k= のアルゴリズムは DKIM で定義されていません",
        KeyFault::Value => "使えない値のタグがあります",
    }
}

fn policy_or_nothing(policy: Option<&'static str>) -> String {
    match policy {
        Some(policy) => format!("ポリシーは {policy} "),
        None => "ポリシーはなし".to_owned(),
    }
}
