use super::Texts;
use crate::words::Lang;

pub(in crate::portal) struct SettingsWords {
    pub(in crate::portal) parts: &'static str,
    pub(in crate::portal) account: &'static str,
    pub(in crate::portal) tokens: &'static str,
    pub(in crate::portal) audit: &'static str,
    pub(in crate::portal) name: &'static str,
    pub(in crate::portal) role: &'static str,
    pub(in crate::portal) administrator: &'static str,
    pub(in crate::portal) made: &'static str,
    pub(in crate::portal) password_set: &'static str,
    pub(in crate::portal) change_password: &'static str,
    pub(in crate::portal) change_lead: &'static str,
    pub(in crate::portal) current: &'static str,
    pub(in crate::portal) new: &'static str,
    pub(in crate::portal) wrong_current: &'static str,
    pub(in crate::portal) tokens_lead: &'static str,
    pub(in crate::portal) no_tokens: &'static str,
    pub(in crate::portal) scope: &'static str,
    pub(in crate::portal) organisation: &'static str,
    pub(in crate::portal) every: &'static str,
    pub(in crate::portal) until: &'static str,
    pub(in crate::portal) over: &'static str,
    pub(in crate::portal) used: &'static str,
    pub(in crate::portal) never: &'static str,
    pub(in crate::portal) made_by: &'static str,
    pub(in crate::portal) remove: &'static str,
    pub(in crate::portal) add_token: &'static str,
    pub(in crate::portal) token_name: &'static str,
    pub(in crate::portal) token_name_hint: &'static str,
    pub(in crate::portal) only: &'static str,
    pub(in crate::portal) only_hint: &'static str,
    pub(in crate::portal) days: &'static str,
    pub(in crate::portal) made_title: &'static str,
    pub(in crate::portal) made_lead: &'static str,
    pub(in crate::portal) audit_lead: &'static str,
    pub(in crate::portal) no_rows: &'static str,
    pub(in crate::portal) at: &'static str,
    pub(in crate::portal) actor: &'static str,
    pub(in crate::portal) action: &'static str,
    pub(in crate::portal) subject: &'static str,
    pub(in crate::portal) detail: &'static str,
    pub(in crate::portal) older: &'static str,
    pub(in crate::portal) verify: &'static str,
}

pub(in crate::portal) static SETTINGS: Texts<SettingsWords> = Texts {
    en: SettingsWords {
        parts: "Settings",
        account: "Account",
        tokens: "API tokens",
        audit: "Audit log",
        name: "Name",
        role: "Role",
        administrator: "Administrator: everything",
        made: "Made",
        password_set: "Password set",
        change_password: "Change the password",
        change_lead: "All sessions of this account end, this one among them.",
        current: "Current password",
        new: "New password",
        wrong_current: "The current password is not right.",
        tokens_lead: "A program shows a token to use the API under /v1, or a command with --server and --token. Each has its own, so that one can be removed and the audit log tells them apart.",
        no_tokens: "There are no tokens yet. Make one below for each program that uses the API.",
        scope: "What it may do",
        organisation: "Organisation",
        every: "all",
        until: "Until",
        over: "expired",
        used: "Last used",
        never: "never",
        made_by: "Made by",
        remove: "Remove",
        add_token: "Make a token",
        token_name: "Name",
        token_name_hint: "The audit log calls it so. It is never given to another.",
        only: "Only this organisation",
        only_hint: "Empty: all of them.",
        days: "Days until it expires, 1 to 366",
        made_title: "Your new token",
        made_lead: "Copy it now. It is not kept and will not be shown again.",
        audit_lead: "Everything that was changed, by whom, the newest first. Rows are chained: none can be changed or taken out unseen.",
        no_rows: "Nothing was changed yet. What you and others do will be here.",
        at: "When",
        actor: "Who",
        action: "What",
        subject: "To what",
        detail: "Particulars",
        older: "Older rows",
        verify: "Check that no row was changed",
    },
    ja: SettingsWords {
        parts: "設定",
        account: "アカウント",
        tokens: "API トークン",
        audit: "監査ログ",
        name: "名前",
        role: "役割",
        administrator: "管理者(すべての操作)",
        made: "作成",
        password_set: "パスワードの設定",
        change_password: "パスワードを変更",
        change_lead: "このアカウントのセッションは、今のものも含めてすべて終了します。",
        current: "現在のパスワード",
        new: "新しいパスワード",
        wrong_current: "現在のパスワードが正しくありません。",
        tokens_lead: "プログラムが /v1 の API を使うときや、コマンドに --server と --token を付けるときに使います。プログラムごとに作ると、個別に削除でき、監査ログでも区別できます。",
        no_tokens: "トークンはまだありません。API を使うプログラムごとに、下で作成してください。",
        scope: "できること",
        organisation: "組織",
        every: "すべて",
        until: "有効期限",
        over: "期限切れ",
        used: "最終使用",
        never: "未使用",
        made_by: "作成者",
        remove: "削除",
        add_token: "トークンを作成",
        token_name: "名前",
        token_name_hint: "監査ログに表示される名前です。一度使った名前は再利用できません。",
        only: "この組織だけ",
        only_hint: "空欄にすると、すべての組織が対象です。",
        days: "有効な日数(1 から 366)",
        made_title: "新しいトークン",
        made_lead: "今すぐコピーしてください。保存されないため、二度と表示できません。",
        audit_lead: "誰が何を変えたかを、新しい順に表示します。各行はつながっていて、気付かれずに書き換えたり取り除いたりすることはできません。",
        no_rows: "まだ何も変更されていません。今後の操作がここに表示されます。",
        at: "日時",
        actor: "操作元",
        action: "内容",
        subject: "対象",
        detail: "詳細",
        older: "以前の記録",
        verify: "書き換えの有無を確認",
    },
};

/// What a token of this scope may do.
pub(in crate::portal) fn scope_words(scope: &str, lang: Lang) -> &'static str {
    match scope {
        "read-organisation" => lang.pick("see domains and keys", "ドメインと鍵の閲覧"),
        "change-organisation" => lang.pick("see and change domains and keys", "ドメインと鍵の閲覧と変更"),
        "operate" => lang.pick(
            "run the node: all of it, organisations, the audit log, backups, the configuration",
            "ノードの運用(組織、監査ログ、バックアップ、設定を含むすべて)",
        ),
        _ => lang.pick("of a newer program", "新しいバージョンのもの"),
    }
}

/// What an action of the audit log is; its word in the log is stable, and shown beside it.
pub(in crate::portal) fn action_words(action: &str, lang: Lang) -> Option<&'static str> {
    let (en, ja) = match action {
        "account.add" => ("made the account", "アカウントを作成"),
        "account.password" => ("changed the password", "パスワードを変更"),
        "account.reset" => ("set another password by a set-up link", "設定用リンクでパスワードを再設定"),
        "receiver.set" => ("changed the receiver policy", "受信ポリシーを変更"),
        "exception.add" => ("allowed a pair", "ペアを許可"),
        "exception.remove" => ("removed an allowed pair", "許可ペアを削除"),
        "arc.add" => ("trusted more ARC sealers", "信頼する ARC 封印者を追加"),
        "arc.remove" => ("trusted fewer ARC sealers", "信頼する ARC 封印者を削除"),
        "arc.set" => ("replaced the trusted ARC sealers", "信頼する ARC 封印者を置き換え"),
        "dkim.advance" => ("went on with a rotation", "鍵のローテーションが進行"),
        "dkim.lost" => ("missed a key in the DNS", "DNS から鍵が見えなくなった"),
        "dkim.new" => ("made keys", "鍵を作成"),
        "dkim.remove" => ("destroyed the keys", "鍵を破棄"),
        "dkim.rotate" => ("began a rotation", "鍵のローテーションを開始"),
        "dkim.rotate_compromised" => ("revoked a key in other hands", "漏れた鍵を失効"),
        "dkim.set" => ("changed how it signs", "署名の設定を変更"),
        "domain.add" => ("claimed a domain", "ドメインを追加"),
        "domain.lost" => ("lost a domain", "ドメインの所有を失った"),
        "domain.moved" => ("moved a domain", "ドメインが別の組織へ移動"),
        "domain.remove" => ("removed a domain", "ドメインを削除"),
        "domain.trust" => ("took a domain without proof", "所有の証明なしにドメインを追加"),
        "domain.verify" => ("proved a domain", "ドメインの所有を確認"),
        "node.reload" => ("took the configuration file again", "設定ファイルを再読み込み"),
        "node.set" => ("changed a setting of the node", "ノードの設定を変更"),
        "org.add" => ("made an organisation", "組織を作成"),
        "session.begin" => ("logged in", "ログイン"),
        "session.end" => ("logged out", "ログアウト"),
        "setup-link.add" => ("made a set-up link", "設定用リンクを作成"),
        "store.backup" => ("wrote a backup", "バックアップを作成"),
        "store.restore" => ("restored a backup", "バックアップから復元"),
        "token.add" => ("made an API token", "API トークンを作成"),
        "token.remove" => ("removed an API token", "API トークンを削除"),
        _ => return None,
    };
    Some(lang.pick(en, ja))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the store writes into the audit log is said in words: its source is read for what looks like one.
    #[test]
    fn every_action_has_words() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../postseal-store/src/sqlite");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).expect("the store's source").flatten() {
            let Ok(text) = std::fs::read_to_string(file.path()) else { continue };
            for word in text.split('"').filter(|word| looks_like_an_action(word)) {
                assert!(action_words(word, Lang::En).is_some(), "{word} has no words");
                seen += 1;
            }
        }
        assert!(seen > 20, "only {seen} actions were found");
    }

    fn looks_like_an_action(word: &str) -> bool {
        let groups = [
            "account",
            "arc",
            "dkim",
            "domain",
            "exception",
            "node",
            "org",
            "receiver",
            "session",
            "setup-link",
            "store",
            "token",
        ];
        let is_name = |part: &str| part.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        word.split_once('.').is_some_and(|(group, rest)| groups.contains(&group) && is_name(rest))
    }
}
