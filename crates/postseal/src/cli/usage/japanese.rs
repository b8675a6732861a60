//! What commands and arguments are for, in Japanese; the English is beside each argument.

/// What each command is for, by its path.
pub(super) fn about(path: &str) -> Option<&'static str> {
    Some(match path {
        "" => "自分でメールサーバーを運用する人のためのメール認証",
        "check" => "ドメインの SPF、DKIM、DMARC、MX レコードの問題を調べます",
        "explain" => "配信不能通知(NDR)、Authentication-Results フィールド、届いたメールの状態を説明します",
        "spf" => "SPF で送信元を判定します(RFC 7208)",
        "verify" => "メッセージを SPF、DKIM、ARC、DMARC で判定します",
        "sign" => "メッセージに DKIM 署名を付けます(RFC 6376)",
        "arc" => "ARC: 転送時の認証結果を封印します(RFC 8617)",
        "arc seal" => "ARC Set を 1 つ追加します",
        "keygen" => "署名鍵と、公開する DNS レコードを作成します",
        "sandbox" => {
            "このマシンの中だけで全体を体験します: レコードのないドメインが、なりすませないドメインになるまで"
        }
        "serve" => "ノードを起動します。メールサーバーのために受信メールを判定し、送信メールに署名します",
        "reload" => "動作中のノードに設定ファイルを読み直させます",
        "config" => "設定ファイルを調べます",
        "org" => "動作中のノードの組織を管理します",
        "org add" => "組織を作成します。ホスティングゾーンがあれば初期ドメインも作り、すぐに署名します",
        "org list" => "組織の一覧を表示します",
        "domain" => "動作中のノードの、組織のドメインを管理します",
        "domain add" => "ドメインを追加し、所有を示す TXT レコードを表示します",
        "domain verify" => {
            "所有を示すレコードをすべての権威 DNS サーバーで確認します(終了ステータス 1: ない)"
        }
        "domain list" => "組織のドメインの一覧を表示します",
        "domain show" => "ドメインを表示します",
        "domain remove" => "ドメインを削除します。鍵は破棄され、ホスト名は失効した鍵として応答します",
        "dkim" => "動作中のノードで、ドメインの DKIM 署名を管理します",
        "dkim get" => "署名の状態、公開するレコード、見つかったものを表示します",
        "dkim new" => "ドメインの鍵を 2 つ作成します(終了ステータス 1: 作ったが有効にできない)",
        "dkim set" => "署名の設定を変更します(終了ステータス 1: 有効にできない)",
        "dkim rotate" => "もう一方の鍵に切り替えます。十分長く公開されてから署名に使います",
        "dkim remove" => "ドメインの鍵を破棄します",
        "records" => {
            "ドメインに登録するレコードを、登録する順序と理由とともに表示します。SPF は既存のレコードに追加し、置き換えません"
        }
        "arc-config" => "組織が ARC の封印を信頼する転送者を管理します",
        "arc-config get" => "一覧を表示します",
        "arc-config set" => "すべて置き換えます。ドメインを指定しなければ何も信頼しません",
        "arc-config add" => "追加します",
        "arc-config remove" => "削除します",
        "receiver-policy" => "動作中のノードの、DMARC に失敗したメールの扱いを管理します",
        "receiver-policy get" => "現在の設定を表示します",
        "receiver-policy set" => "一部を変更します。設定ファイルより優先され、次のメッセージから有効です",
        "allowed-pair" => "動作中のノードの許可ペア: DMARC に失敗しても受け入れるメール",
        "allowed-pair list" => "設定ファイルのものも含め、一覧を表示します",
        "allowed-pair add" => "送信元を限って差出人(From)ドメインを許可します。次のメッセージから有効です",
        "allowed-pair remove" => "許可ペアを削除します",
        "retention" => "動作中のノードの、判定したメッセージの記録の保存期間を管理します",
        "retention get" => "現在の保存期間を表示します",
        "retention set" => "保存期間を変更します。期間を過ぎたものは 1 時間以内に削除されます",
        "audit" => "動作中のノードの監査ログ: 誰が何をしたか",
        "audit list" => "古い順に表示します",
        "audit verify" => "書き換えや削除がないことを確認します(終了ステータス 1: ある)",
        "backup" => "動作中のノードのストアを新しいファイルに書き出します",
        "token" => "動作中のノードの API トークン: プログラムが使うもの",
        "token add" => "トークンを作成します。一度だけ表示されます",
        "token list" => "トークンの一覧を表示します(トークンそのものは表示されない)",
        "token remove" => "トークンを削除します。以後そのトークンは使えません",
        "setup-link" => "ポータルのアカウントの作成またはパスワードの変更に使うリンクを作成します",
        "restore" => "動作中のノードに、バックアップからドメイン、鍵、設定を戻します",
        "config check" => "設定ファイルの誤りを、場所と直し方とともに示します",
        _ => return None,
    })
}

/// What each argument is for, by command and id; those of several commands by id alone.
pub(super) fn argument(path: &str, id: &str) -> Option<&'static str> {
    [alone(path, id), of_node(path, id), shared(id)].into_iter().find(|text| !text.is_empty())
}

/// Arguments of commands that need no running node.
fn alone(path: &str, id: &str) -> &'static str {
    match (path, id) {
        ("check", "domains") => "調べるドメイン(メールアドレスの @ より後ろの部分)",
        ("check", "from_ip") => "このドメインのメールを送信する IP アドレス(繰り返し可)",
        ("check", "selector") => "使用中の DKIM セレクター(繰り返し可) [省略時: よく使われるもの]",
        ("check", "dkim_domain") => "署名するドメイン(d=) [省略時: 調べるドメイン]",
        ("check", "message") => "このドメインから送信したメールのファイル。その DKIM セレクターを調べます",
        ("check", "watch") => "エラーがなくなるまで 5 秒ごとに調べ直します(最長 1 時間)",
        ("check", "volume") => "1 つの受信側に送る 1 日の通数。5000 以上で大量送信者向けのルールを適用します",
        ("check", "rules") | ("explain", "rules") => "このファイルにある受信側のルールを使います",
        ("check", "https_to") => {
            "MTA-STS のポリシーを、DNS のアドレスではなくこのアドレスから取得します(プライベート アドレスも可)"
        }
        ("check", "format") => "出力の形式: text、json、junit、markdown [省略時: text]",
        ("explain", "file") => {
            "配信不能通知(NDR)、Authentication-Results フィールド、ARC フィールド、またはメールのファイル。- は標準入力"
        }
        ("keygen", "algorithm") => "鍵の種類: rsa または ed25519 [省略時: rsa]",
        ("keygen", "bits") => "RSA 鍵の長さ: 2048、3072、4096 [省略時: 2048]",
        ("keygen", "out") => "秘密鍵をこのファイルに書き込みます(モード 0600、既存のファイルは上書きしない)",
        ("keygen", "selector") => "表示する DNS レコードのセレクター [省略時: selector1]",
        ("sandbox", "script") => "すべての手順を進め、テキストで示します",
        ("serve", "config") => "設定ファイル [省略時: /etc/postseal/postseal.toml]",
        ("serve", "take_over") => "動作中のノードからソケットを引き継いで交代します。接続は拒否されません",
        ("config check", "file") => "設定ファイル [省略時: /etc/postseal/postseal.toml]",
        ("keygen", "domain") => "表示する DNS レコードのドメイン",
        ("verify", "message") => "メッセージのファイル。- は標準入力",
        ("verify", "authserv_id") => "書き込む Authentication-Results の authserv-id [省略時: ホスト名]",
        ("verify", "now") => "この時刻に判定します(UNIX 秒) [省略時: 現在]",
        ("verify", "trusted_sealer") => "ARC の封印を信頼するドメイン(繰り返し可)",
        ("verify", "allow_unsigned_body") => "l= により本文の一部が署名されていない署名も認めます",
        ("verify", "trace") => "判定に使った DNS の問い合わせと応答も表示します",
        ("verify", "replay") => "--json --trace の出力から、ネットワークを使わずに再び判定します",
        ("verify", "timeout") => "DNS を待つ時間の合計(秒) [省略時: 4]",
        ("sign", "message") | ("arc seal", "message") => "メッセージのファイル。- は標準入力",
        ("sign", "domain") | ("arc seal", "domain") => "署名するドメイン(d=)",
        ("sign", "selector") | ("arc seal", "selector") => "セレクター(s=)",
        ("sign", "key") | ("arc seal", "key") => "秘密鍵の PEM ファイル",
        ("sign", "headers") | ("arc seal", "headers") => {
            "署名するヘッダーフィールド(h= と同じくコロン区切り)"
        }
        ("sign", "timestamp") | ("arc seal", "timestamp") => "署名の時刻(UNIX 秒) [省略時: 現在]",
        ("arc seal", "field_only") => "メッセージは出さず、3 つのフィールドだけを書き込みます",
        ("sign", "field_only") => "メッセージは出さず、フィールドだけを書き込みます",
        ("arc seal", "authserv_id") => "封印する Authentication-Results の authserv-id",
        _ => "",
    }
}

/// Arguments of commands that ask one.
fn of_node(path: &str, id: &str) -> &'static str {
    match (path, id) {
        ("org add", "name") => "英数字とハイフンで 2 から 40 文字。一度使った名前はほかに使えません",
        ("domain add", "trust") => "運用者の指定を信頼し、所有の証明を求めません",
        ("dkim get", "select") => "表示するプロパティ(コンマ区切り)",
        ("dkim get", "watch") => "2 つの鍵が DNS で確認できるまで待ちます",
        ("dkim new", "enabled") => "レコードが公開されていれば署名します",
        ("dkim new", "key_size") => "鍵の長さ: 2048、3072、4096 [省略時: 2048]",
        ("dkim set", "enabled") => "署名するかどうか",
        ("dkim set", "unseen_key") => {
            "鍵がどの DNS サーバーでも確認できないとき: sign(それでも署名)または defer(配送を保留) [省略時: sign]"
        }
        ("dkim rotate", "key_size") => "まだ署名していない鍵の長さ",
        ("dkim rotate", "compromised") => "署名中の鍵が漏れた: 直ちに失効させる",
        ("token add", "name") => "監査ログでの名前。一度使った名前はほかに使えません",
        ("token add", "scope") => {
            "できること(前のものを含む): read-organisation、change-organisation、operate [省略時: read-organisation]"
        }
        ("token add", "organisation") => "この組織のデータだけ [省略時: すべて]",
        ("token add", "days") => "有効な日数(1 から 366) [省略時: 90]",
        ("token add", "out") => {
            "表示せずにこのファイルに書き込みます(モード 0600、既存のファイルは上書きしない)"
        }
        ("token remove", "name") => "トークンの名前",
        ("receiver-policy set", "changes") => {
            "KEY=VALUE。KEY は設定ファイルの [receive] のキー。VALUE が file の場合は設定ファイルに従います"
        }
        ("allowed-pair add", "author_domain") => "差出人(From)ドメイン",
        ("allowed-pair add", "subdomains") => "サブドメインも含めます",
        ("allowed-pair add", "client") => "接続元のアドレスまたはネットワーク",
        ("allowed-pair add", "authenticated") => {
            "SPF または DKIM で、このドメインかそのサブドメインとして認証されたもの"
        }
        ("allowed-pair add", "until") => "この日の終わり(UTC)、またはこの日時まで [省略時: 削除するまで]",
        ("allowed-pair add", "note") => "許可する理由",
        ("allowed-pair remove", "id") => "list で表示される番号",
        ("retention set", "time") => "1h から 3660d まで。保存しない場合は 0、設定ファイルに従う場合は file",
        ("audit list", "after") => "この行より後だけ",
        ("audit verify", "head") => {
            "別の場所に控えた行番号とリンク。そこまでの行が欠けていないことも確認します"
        }
        ("backup", "file") => "書き出すファイル(既存のファイルは不可)。ノードのユーザーの権限で書き込みます",
        ("restore", "file") => "バックアップのファイル。ノードのユーザーの権限で読み取ります",
        (_, "sealers") => "ARC で封印するドメイン(d=、コンマ区切り)",
        (_, "dry_run") => "何も変更せず、結果の予測だけを表示します",
        (_, "display_name") => "管理用の名前",
        (_, "header_canonicalization") => "ヘッダーの正規化: relaxed または simple [省略時: relaxed]",
        (_, "body_canonicalization") => "本文の正規化: relaxed または simple [省略時: relaxed]",
        (_, "selectors") => "2 つのセレクターの名前 [省略時: selector1,selector2]",
        ("records", "format") => "出力形式: zone、dnscontrol または terraform [省略時: zone]",
        ("records", "spf") => "SPF レコードに必要な機構(例: include:spf.example.net、繰り返し可)",
        ("records", "flatten") => {
            "SPF レコードの名前をアドレスに置き換えます。以後は手作業での更新が必要です"
        }
        _ => "",
    }
}

/// Arguments that mean the same wherever they stand.
fn shared(id: &str) -> &'static str {
    match id {
        "config" => "ノードの設定ファイル。制御ソケットの場所を知るために読み取ります",
        "server" => "ノードのポータルの URL(http はこのマシンの中だけ)。--token と使います",
        "token" => "API トークンのファイル",
        "ca" => "システムの代わりに、この PEM ファイルの認証局を信頼します",
        "socket" => "設定ファイルを読む代わりに、この制御ソケットを使います",
        "domain" => "ドメイン",
        "organisation" => "組織 [省略時: 唯一の組織]",
        "json" => "フィールド名の定まった JSON を出力します",
        "lang" => "表示の言語: en または ja [省略時: ロケールによる]",
        "resolver" => "システムの設定の代わりにこの DNS サーバーに問い合わせる",
        "zone" => "DNS の代わりにこのゾーンファイルだけを使います。ネットワークは使いません(繰り返し可)",
        "ip" => "メッセージを送ってきたクライアントの IP アドレス",
        "helo" => "クライアントが HELO または EHLO で名乗った名前",
        "mail_from" => "MAIL FROM のアドレス。\"\" は空の差出人(null reverse-path)",
        _ => "",
    }
}
