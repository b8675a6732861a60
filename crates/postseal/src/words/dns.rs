use postseal_core::dns::{Failure, Question};

use crate::words::Lang;

/// Why the DNS gave no usable answer.
pub(crate) fn dns_failure(failure: Failure, lang: Lang) -> &'static str {
    let (en, ja) = match failure {
        Failure::ServFail => {
            ("the name server failed (SERVFAIL)", "DNS サーバーがエラー(SERVFAIL)を返しました")
        }
        Failure::Refused => {
            ("the name server refused the question", "DNS サーバーが問い合わせを拒否しました")
        }
        Failure::Timeout => ("no answer in time", "時間内に応答がありませんでした"),
        Failure::Unreachable => ("no name server could be reached", "DNS サーバーに到達できませんでした"),
        Failure::Malformed => (
            "the answer could not be read, or did not fit the question",
            "応答を読み取れないか、問い合わせに対する応答ではありませんでした",
        ),
        Failure::TooManyAliases => {
            ("more than eight CNAMEs in a row, or a loop", "CNAME が 8 段を超えて続くか、循環しています")
        }
        Failure::QueryLimit => (
            "not asked: the message had used up its DNS queries",
            "このメッセージの DNS 問い合わせ数の上限に達したため、問い合わせませんでした",
        ),
        Failure::RoundLimit => (
            "not asked: the message had used up its rounds of DNS queries",
            "このメッセージの DNS 問い合わせ回数の上限に達したため、問い合わせませんでした",
        ),
        Failure::TimeLimit => (
            "not answered before the time for the message was over",
            "このメッセージの制限時間内に応答がありませんでした",
        ),
        Failure::NotRecorded => {
            ("not recorded in the file that is replayed", "再現に使うファイルに記録がありません")
        }
    };
    lang.pick(en, ja)
}

/// A question as people write it.
pub(crate) fn record_type_and_name(question: &Question) -> String {
    format!("{} {}", question.record_type, question.name)
}
