use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use postseal_core::dkim::{MIN_SIGNING_BITS, SigningKey, SigningKeyError};
use zeroize::Zeroizing;

use super::problem::Problem;
use super::terminal::Terminal;
use crate::words::{Lang, say};

/// Octets that a key file may have: a PEM key of 8192 bits has 6 kB.
const MAX_KEY_FILE: u64 = 64 * 1024;

/// Reads the private key of a PEM file. One that every user of the machine can
/// read is used, with a remark.
pub(super) fn read_signing_key(path: &Path, terminal: &Terminal) -> Result<SigningKey, Problem> {
    let lang = terminal.lang;
    let shown = path.display();
    let mut text = Zeroizing::new(Vec::new());
    let read = File::open(path).and_then(|file| {
        remark_on_mode(&file, path, terminal);
        file.take(MAX_KEY_FILE).read_to_end(&mut text)
    });
    read.map_err(|error| {
        Problem::with_next(
            say!(lang, "the key {shown} cannot be read: {error}", "鍵 {shown} を読み取れません: {error}"),
            say!(
                lang,
                "Give the path of a PEM private key that you may read. A new one: postseal keygen --out key.pem",
                "読み取り権限のある PEM 形式の秘密鍵を指定してください。新しく作るには: postseal keygen --out key.pem"
            ),
        )
    })?;
    SigningKey::from_pem(&text).map_err(|error| {
        let why = key_error(error, lang);
        let what = say!(lang, "the key {shown}: {why}", "鍵 {shown}: {why}");
        Problem::with_next(what, next_step(error, lang))
    })
}

#[cfg(unix)]
fn remark_on_mode(file: &File, path: &Path, terminal: &Terminal) {
    use std::os::unix::fs::PermissionsExt as _;
    let Ok(metadata) = file.metadata() else { return };
    if metadata.is_file() && metadata.permissions().mode() & 0o004 != 0 {
        let shown = path.display();
        terminal.remark(&say!(
            terminal.lang,
            "every user of this machine can read the key {shown}; chmod 600 {shown}",
            "鍵 {shown} はこのマシンの全ユーザーが読めます。chmod 600 {shown} を実行してください"
        ));
    }
}

#[cfg(not(unix))]
fn remark_on_mode(_: &File, _: &Path, _: &Terminal) {}

fn key_error(error: SigningKeyError, lang: Lang) -> String {
    match error {
        _ if lang == Lang::En => error.to_string(),
        SigningKeyError::NoPrivateKey => "PEM 形式の秘密鍵がありません".to_owned(),
        SigningKeyError::DamagedPem => "PEM のテキストが壊れています".to_owned(),
        SigningKeyError::Encrypted => "秘密鍵がパスフレーズで暗号化されています".to_owned(),
        SigningKeyError::UnsupportedType => "秘密鍵が RSA でも Ed25519 でもありません".to_owned(),
        SigningKeyError::TooShort { bits } => {
            format!("RSA 鍵が {bits} ビットです。署名には {MIN_SIGNING_BITS} ビット以上が必要です")
        }
        SigningKeyError::Rejected(why) => format!("秘密鍵が正しくありません: {why}"),
    }
}

fn next_step(error: SigningKeyError, lang: Lang) -> String {
    match error {
        SigningKeyError::TooShort { .. } => say!(
            lang,
            "Make a new key, publish its record under a new selector, and sign with it:\npostseal keygen --bits 2048 --out key.pem",
            "新しい鍵を作り、新しいセレクターでレコードを公開してから、その鍵で署名してください:\npostseal keygen --bits 2048 --out key.pem"
        ),
        SigningKeyError::Encrypted => say!(
            lang,
            "Write it out without a passphrase: openssl pkey -in key.pem -out plain.pem",
            "パスフレーズなしで書き出してください: openssl pkey -in key.pem -out plain.pem"
        ),
        SigningKeyError::NoPrivateKey
        | SigningKeyError::DamagedPem
        | SigningKeyError::UnsupportedType
        | SigningKeyError::Rejected(_) => say!(
            lang,
            "A key file begins with \"-----BEGIN PRIVATE KEY-----\" or \"-----BEGIN RSA PRIVATE KEY-----\". A new one: postseal keygen --out key.pem",
            "鍵ファイルは「-----BEGIN PRIVATE KEY-----」または「-----BEGIN RSA PRIVATE KEY-----」で始まります。新しく作るには: postseal keygen --out key.pem"
        ),
    }
}
