use postseal_core::hosting::OrganisationNameError;

use crate::api::{Problem as ApiProblem, ProblemKind};
use crate::words::{Lang, say};

/// Why something was not done, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProblemWords {
    pub(crate) what: String,
    pub(crate) next: Option<String>,
}

/// Why a node did not do what it was asked for, with what to do next.
pub(crate) fn api_problem(problem: &ApiProblem, lang: Lang) -> ProblemWords {
    let Some(kind) = problem.kind() else { return ProblemWords { what: problem.detail.clone(), next: None } };
    let subject = problem.subject.as_deref().unwrap_or_default();
    ProblemWords { what: what(kind, problem, subject, lang), next: next(kind, subject, lang) }
}

/// What happened.
fn what(kind: ProblemKind, problem: &ApiProblem, subject: &str, lang: Lang) -> String {
    match lang {
        Lang::En => what_en(kind, problem, subject),
        Lang::Ja => what_ja(kind, problem, subject),
    }
}

/// The node's own words, where they say enough.
fn what_en(kind: ProblemKind, problem: &ApiProblem, subject: &str) -> String {
    use ProblemKind as K;
    match kind {
        K::NotConfigured => "this node has no store: postseal.toml has no [store]".to_owned(),
        K::StoreNotOpen => "the node's store is not open yet".to_owned(),
        K::NoDomain => format!("{subject}: not found"),
        K::NoDkimKeys => format!("{subject}: no DKIM keys are saved for this domain"),
        K::RotationRunning => match &problem.until {
            Some(until) => format!("{subject}: a rotation runs; the next may begin at {until}"),
            None => format!("{subject}: a rotation runs"),
        },
        K::NotEnabled => format!("{subject}: signing is not enabled"),
        K::NoPortal => "this node has no portal: postseal.toml has no [portal]".to_owned(),
        _ => problem.detail.clone(),
    }
}

fn what_ja(kind: ProblemKind, problem: &ApiProblem, subject: &str) -> String {
    use ProblemKind as K;
    let detail = &problem.detail;
    match kind {
        K::NotConfigured => {
            "このノードにはストアがありません(postseal.toml に [store] がありません)".to_owned()
        }
        K::StoreNotOpen => "ノードのストアがまだ開いていません".to_owned(),
        K::StoreFailed => format!("ストアに障害が発生しました: {detail}"),
        K::NoAllowedPair => "その許可ペアはありません".to_owned(),
        K::AllowedPairTaken => format!("{subject} はその送信元からすでに許可されています"),
        K::AllowedPairUnfit => format!("このペアは許可できません: {detail}"),
        K::TooManyAllowedPairs => "許可ペアは 1000 件までです。不要なものを削除してください".to_owned(),
        K::NoMessage => "そのメッセージは記録されていないか、保存期間を過ぎています".to_owned(),
        K::NoOrganisation => format!("{subject} という組織はありません"),
        K::OrganisationTaken => {
            format!("{subject} という名前は使われているか、以前使われていました。名前は再利用されません")
        }
        K::NoDomain => format!("{subject} は見つかりません"),
        K::NotVerified => format!("{subject} の所有がまだ確認されていません"),
        K::HeldByAnother => format!("{subject} は別の組織が所有しています"),
        K::InFile => format!("{subject} の鍵は設定ファイルにあります"),
        K::InHostingZone => format!("{subject} はホスティングゾーンの中の名前です"),
        K::InitialDomain => format!("{subject} は初期ドメインのため、組織とは別に扱えません"),
        K::NoNameServers => format!("ドメインの DNS サーバーが見つかりません: {detail}"),
        K::NoDkimKeys => format!("{subject}: このドメインの DKIM キーが保存されていません"),
        K::AlreadyConfigured => format!("{subject} の DKIM キーはすでにあります"),
        K::NotVisible => format!("{subject} の鍵が DNS で確認できません"),
        K::RotationRunning => match &problem.until {
            Some(until) => format!("{subject} は鍵のローテーション中です。次は {until} から始められます"),
            None => format!("{subject} は鍵のローテーション中です"),
        },
        K::NotEnabled => format!("{subject} の署名が有効になっていません"),
        K::KeySize => "鍵の長さは 2048、3072、4096 ビットのいずれかです".to_owned(),
        K::SelectorsInUse => "セレクターは使用中です".to_owned(),
        K::SelectorsAlike => "2 つのセレクターの名前が同じです".to_owned(),
        K::DisplayName => "表示名が 256 文字を超えているか、制御文字を含んでいます".to_owned(),
        K::Selector => format!("この名前では鍵を登録できません: {detail}"),
        K::TooManySealers => "信頼する封印者は 1000 件までです".to_owned(),
        K::BackupFile => format!("ファイルを使用できません: {detail}"),
        K::ForeignBackup => "別のストアのバックアップで、このストアは空ではありません".to_owned(),
        K::DamagedBackup => format!("バックアップが壊れています: {detail}"),
        K::WrongKey => "バックアップの鍵暗号化鍵が違います".to_owned(),
        K::ConfigurationWrong => "設定ファイルに誤りがあります。以前の設定を引き続き使用します".to_owned(),
        K::ReloadFailed => format!("設定を読み直せませんでした: {detail}"),
        K::NotLoggedIn => "ログインしていません".to_owned(),
        K::WrongPassword => "名前またはパスワードが正しくありません".to_owned(),
        K::TooManyTries => "試行の回数が多すぎます。しばらくしてからやり直してください".to_owned(),
        K::Busy => "ノードが混み合っています。1 分ほどしてからやり直してください".to_owned(),
        K::PasswordUnfit => {
            "このパスワードは使えません。12 文字以上で、同じ文字の繰り返しや名前そのものでないものにしてください".to_owned()
        }
        K::NotFromHere => "このノードのページからの要求ではありません".to_owned(),
        K::WrongHost => "このノードには、その名前では接続できません".to_owned(),
        K::NoPortal => {
            "このノードにはポータルがありません(postseal.toml に [portal] がありません)".to_owned()
        }
        K::NoAccount => "アカウントがまだありません".to_owned(),
        K::NoSetupLink => {
            "設定用リンクは使用済みか、期限切れか、新しいリンクに置き換えられています".to_owned()
        }
        K::NoToken => format!("{subject} という API トークンはありません"),
        K::TokenTaken => {
            format!("{subject} という名前は使われているか、以前使われていました。名前は再利用されません")
        }
        K::TokenScope => "operate のトークンは 1 つの組織に限定できません".to_owned(),
        K::TooManyTokens => "API トークンは 1000 個までです".to_owned(),
        K::Forbidden => format!("ノードが拒否しました: {detail}"),
        K::BadRequest | K::TooLarge => format!("ノードが受け付けませんでした: {detail}"),
        K::NoSuchRoute | K::MethodNotAllowed => {
            format!("ノードがこのコマンドを知りません。バージョンが異なる可能性があります: {detail}")
        }
        K::TooSlow => format!("時間がかかりすぎました: {detail}"),
        K::Fault => format!("ノードのプログラムに障害が発生しました: {detail}"),
    }
}

/// What to do about it.
fn next(kind: ProblemKind, subject: &str, lang: Lang) -> Option<String> {
    use ProblemKind as K;
    Some(match kind {
        K::NotConfigured => say!(
            lang,
            "Add [store] to postseal.toml and restart the node: docs/hosting.md.",
            "postseal.toml に [store] を加えてノードを再起動してください(docs/hosting.md)。"
        ),
        K::StoreNotOpen => say!(
            lang,
            "Its log says why: journalctl -u postseal",
            "理由はログにあります: journalctl -u postseal"
        ),
        K::NoOrganisation => "postseal org list".to_owned(),
        K::NoDomain => format!("postseal domain add {subject}"),
        K::NotVerified => format!("postseal domain verify {subject}"),
        K::NoDkimKeys => format!("postseal dkim new {subject} --enabled true"),
        K::AlreadyConfigured | K::NotEnabled => format!("postseal dkim set {subject} --enabled true"),
        K::NoNameServers => say!(
            lang,
            "Is the name right, and delegated to name servers? Servers that are not public go into [keys] private_servers.",
            "名前が正しく、DNS サーバーに委任されていることを確認してください。公開されていないサーバーは [keys] private_servers に書きます。"
        ),
        K::InFile => say!(
            lang,
            "Remove its [[sign.domain]] from postseal.toml and reload, then add it here.",
            "postseal.toml から [[sign.domain]] を消して postseal reload を実行してから、ここに加えてください。"
        ),
        K::SelectorsInUse => say!(
            lang,
            "They are renamed while signing is off and no rotation runs.",
            "署名が無効で、ローテーション中でないときに変更できます。"
        ),
        K::NotLoggedIn => say!(
            lang,
            "Show a good token: --token FILE; postseal token add NAME --out FILE makes one.",
            "有効なトークンを --token FILE で指定してください。postseal token add NAME --out FILE で作れます。"
        ),
        K::NoPortal => say!(
            lang,
            "Add [portal] to postseal.toml and restart the node: docs/portal.md.",
            "postseal.toml に [portal] を加えてノードを再起動してください(docs/portal.md)。"
        ),
        K::WrongHost => say!(
            lang,
            "Add the name to [portal] hosts in postseal.toml.",
            "postseal.toml の [portal] hosts にその名前を加えてください。"
        ),
        K::NotFromHere => {
            say!(lang, "Open the page anew and try again.", "ページを開き直して、もう一度お試しください。")
        }
        K::NoAccount | K::NoSetupLink => "postseal setup-link".to_owned(),
        K::NoToken => "postseal token list".to_owned(),
        K::HeldByAnother => say!(
            lang,
            "Who proves it newly gets it: add it without --trust, then domain verify.",
            "--trust を付けずに追加し、domain verify で所有を示せば移ります。"
        ),
        _ => return None,
    })
}

/// Why a text is no name of an organisation.
pub(crate) fn organisation_name_error(text: &str, error: OrganisationNameError, lang: Lang) -> String {
    let (min, max) = (2, 40);
    let ja = match error {
        _ if lang == Lang::En => return format!("{text:?}: {error}"),
        OrganisationNameError::TooShort => format!("組織の名前は {min} 文字以上です"),
        OrganisationNameError::TooLong => format!("組織の名前は {max} 文字までです"),
        OrganisationNameError::BadCharacter(bad) => {
            format!("組織の名前に使えるのは a から z、数字、ハイフンだけで、{bad:?} は使えません")
        }
        OrganisationNameError::HyphenAtEnd => "組織の名前の両端にハイフンは使えません".to_owned(),
        OrganisationNameError::LooksEncoded => {
            "組織の名前の 3 文字目と 4 文字目をともにハイフンにすることはできません".to_owned()
        }
        OrganisationNameError::Reserved => {
            "この名前はホスティングゾーン自身のために予約されています".to_owned()
        }
    };
    format!("{text:?}: {ja}")
}
