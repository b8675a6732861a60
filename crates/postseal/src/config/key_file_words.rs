//! Why a key file cannot be used, for people, in each language.

use postseal_core::dkim::SigningKeyError;
use postseal_store::{PrivateFileError, UnsafePath};

use crate::signing::KeyFileError;
use crate::words::{Lang, say};

/// What is wrong with it.
pub(super) fn key_file_words(error: &KeyFileError, lang: Lang) -> String {
    match error {
        KeyFileError::File(PrivateFileError::Read { path, source }) => {
            format!("{}: {source}", path.display())
        }
        KeyFileError::File(PrivateFileError::NotAFile { path }) => {
            say!(lang, "{} is not a regular file", "{} は通常のファイルではありません", path.display())
        }
        KeyFileError::File(PrivateFileError::TooLarge { path, .. }) => {
            say!(
                lang,
                "{} is too large for a key file",
                "{} は鍵ファイルとしては大きすぎます",
                path.display()
            )
        }
        KeyFileError::File(PrivateFileError::Unsafe { path, problem }) => {
            let (path, why) = (path.display(), unsafe_words(*problem, lang));
            format!("{path}: {why}")
        }
        KeyFileError::Key { path, error } => {
            format!("{}: {}", path.display(), signing_key_words(*error, lang))
        }
    }
}

fn unsafe_words(problem: UnsafePath, lang: Lang) -> String {
    match problem {
        _ if lang == Lang::En => problem.to_string(),
        UnsafePath::Owner { owner } => format!("ユーザー {owner} のもので、鍵を書き換えられます"),
        UnsafePath::Writable { mode } => format!("他のユーザーが書き込めます(モード {mode:04o})"),
        UnsafePath::Readable { mode } => format!("すべてのユーザーが読めます(モード {mode:04o})"),
        UnsafePath::GroupReadable { mode } => format!("グループが読めます(モード {mode:04o})"),
    }
}

fn signing_key_words(error: SigningKeyError, lang: Lang) -> String {
    match error {
        _ if lang == Lang::En => error.to_string(),
        SigningKeyError::NoPrivateKey => "PEM 形式の秘密鍵がありません".to_owned(),
        SigningKeyError::DamagedPem => "PEM のテキストが壊れています".to_owned(),
        SigningKeyError::Encrypted => "秘密鍵がパスフレーズで暗号化されています".to_owned(),
        SigningKeyError::UnsupportedType => "秘密鍵が RSA でも Ed25519 でもありません".to_owned(),
        SigningKeyError::TooShort { bits } => {
            format!("RSA 鍵が {bits} ビットです。署名には 2048 ビット以上が必要です")
        }
        SigningKeyError::Rejected(why) => format!("秘密鍵が正しくありません({why})"),
    }
}

/// What to do about it.
pub(super) fn key_file_advice(domain: &str, error: &KeyFileError, lang: Lang) -> String {
    match error {
        KeyFileError::File(PrivateFileError::Unsafe { path, problem }) => {
            let path = path.display();
            match problem {
                UnsafePath::Owner { .. } => {
                    say!(lang, "chown root {path}", "chown root {path} を実行してください")
                }
                UnsafePath::Writable { .. } => {
                    say!(lang, "chmod go-w {path}", "chmod go-w {path} を実行してください")
                }
                UnsafePath::GroupReadable { .. } => {
                    say!(lang, "chmod 600 {path}", "chmod 600 {path} を実行してください")
                }
                UnsafePath::Readable { .. } => {
                    say!(lang, "chmod o-rwx {path}", "chmod o-rwx {path} を実行してください")
                }
            }
        }
        KeyFileError::Key { path, error: SigningKeyError::Encrypted } => {
            let path = path.display();
            say!(
                lang,
                "write it out without a passphrase: openssl pkey -in {path} -out NEW.pem",
                "パスフレーズなしで書き出してください: openssl pkey -in {path} -out NEW.pem"
            )
        }
        // A key of 1024 bits comes from OpenDKIM: the new one must be seen in the DNS before it signs.
        KeyFileError::Key { error: SigningKeyError::TooShort { .. }, .. } => say!(
            lang,
            "make a new key under a new selector, publish its record, and change both here:\npostseal keygen --domain {domain} --selector s2 --out NEW.pem",
            "新しいセレクターで新しい鍵を作り、レコードを公開してから、ここの両方を変えてください:\npostseal keygen --domain {domain} --selector s2 --out NEW.pem"
        ),
        KeyFileError::File(PrivateFileError::Read { source, .. })
            if source.kind() == std::io::ErrorKind::PermissionDenied =>
        {
            say!(
                lang,
                "let the user that postseal runs as read it, or run this as root",
                "postseal を動かすユーザーに読み取りを許すか、root で実行してください"
            )
        }
        KeyFileError::File(_) | KeyFileError::Key { .. } => say!(
            lang,
            "name the PEM file of a private key; a new one: postseal keygen --domain {domain} --selector s1 --out NEW.pem",
            "秘密鍵の PEM ファイルを書いてください。新しく作るには: postseal keygen --domain {domain} --selector s1 --out NEW.pem"
        ),
    }
}
