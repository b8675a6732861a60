use super::Texts;
use crate::service::PasswordFault;
use crate::words::Lang;

/// The ways in: log-in and set-up.
pub(in crate::portal) struct LetInWords {
    pub(in crate::portal) log_in: &'static str,
    pub(in crate::portal) log_in_lead: &'static str,
    pub(in crate::portal) forgotten: &'static str,
    pub(in crate::portal) name: &'static str,
    pub(in crate::portal) password: &'static str,
    pub(in crate::portal) wrong: &'static str,
    pub(in crate::portal) changed: &'static str,
    pub(in crate::portal) set_up: &'static str,
    pub(in crate::portal) set_up_lead: &'static str,
    pub(in crate::portal) reset_lead: &'static str,
    pub(in crate::portal) name_rule: &'static str,
    pub(in crate::portal) password_rule: &'static str,
    pub(in crate::portal) again: &'static str,
    pub(in crate::portal) differ: &'static str,
    pub(in crate::portal) make: &'static str,
    pub(in crate::portal) reset: &'static str,
    pub(in crate::portal) back: &'static str,
}

pub(in crate::portal) static LET_IN: Texts<LetInWords> = Texts {
    en: LetInWords {
        log_in: "Log in",
        log_in_lead: "This is the portal of a Postseal node.",
        forgotten: "Password forgotten? On the node's machine, postseal setup-link makes a link that sets another one.",
        name: "Name",
        password: "Password",
        wrong: "The name or the password is not right.",
        changed: "Your password is changed, and all sessions have ended. Log in with the new one.",
        set_up: "Set up your account",
        set_up_lead: "You are the first here. Choose a name and a password for the administrator of this node.",
        reset_lead: "Choose another password for this account. All its sessions end.",
        name_rule: "2 to 64 of a–z, 0–9 and . _ - @, beginning with a letter or a digit.",
        password_rule: "At least 12 characters. A few words in a row are easy to remember and hard to guess.",
        again: "The same password again",
        differ: "The two passwords differ.",
        make: "Make the account",
        reset: "Set the password",
        back: "To the first page",
    },
    ja: LetInWords {
        log_in: "ログイン",
        log_in_lead: "Postseal ノードのポータルです。",
        forgotten: "パスワードを忘れた場合は、ノードのマシンで postseal setup-link を実行すると、新しいパスワードを設定するリンクを作れます。",
        name: "名前",
        password: "パスワード",
        wrong: "名前またはパスワードが正しくありません。",
        changed: "パスワードを変更し、すべてのセッションを終了しました。新しいパスワードでログインしてください。",
        set_up: "アカウントの設定",
        set_up_lead: "最初のアカウントを作ります。このノードの管理者の名前とパスワードを決めてください。",
        reset_lead: "このアカウントの新しいパスワードを決めてください。すべてのセッションが終了します。",
        name_rule: "英小文字、数字、. _ - @ を使って 2 から 64 文字。先頭は英字か数字にしてください。",
        password_rule: "12 文字以上。いくつかの単語を並べると、覚えやすく推測されにくくなります。",
        again: "パスワード(確認)",
        differ: "2 つのパスワードが一致しません。",
        make: "アカウントを作成",
        reset: "パスワードを設定",
        back: "最初のページへ",
    },
};

/// Why a password is not taken.
pub(in crate::portal) fn password_words(fault: PasswordFault, lang: Lang) -> &'static str {
    match fault {
        PasswordFault::TooShort => {
            lang.pick("A password has at least 12 characters.", "パスワードは 12 文字以上にしてください。")
        }
        PasswordFault::TooLong => {
            lang.pick("A password has at most 1024 octets.", "パスワードは 1024 オクテットまでです。")
        }
        PasswordFault::TooPlain => lang.pick(
            "This password repeats a few characters. Choose another one.",
            "同じ文字の繰り返しが多すぎます。別のパスワードにしてください。",
        ),
        PasswordFault::TheName => lang.pick(
            "This password is the name of the account. Choose another one.",
            "アカウントの名前と同じです。別のパスワードにしてください。",
        ),
    }
}
