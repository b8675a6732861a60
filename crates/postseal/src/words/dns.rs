use postseal_core::dns::{Failure, Question};

use crate::words::Lang;

/// Why the DNS gave no usable answer.
pub(crate) fn dns_failure(failure: Failure, lang: Lang) -> &'static str {
    let (en, ja) = match failure {
        Failure::ServFail => ("the name server failed (SERVFAIL)", "DNS サーバーが失敗しました (SERVFAIL)"),
        Failure::Refused => ("the name server refused the question", "DNS サーバーが質問を拒否しました"),
        Failure::Timeout => ("no answer in time", "時間内に回答がありませんでした"),
        Failure::Unreachable => ("no name server could be reached", "DNS サーバーに到達できませんでした"),
        Failure::Malformed => (
            "the answer could not be read, or did not fit the question",
            "回答を読み取れないか、質問に合いませんでした",
        ),
        Failure::TooManyAliases => {
            ("more than eight CNAMEs in a row, or a loop", "CNAME が 8 を超えて続くか、循環しています")
        }
        Failure::QueryLimit => (
            "not asked: the message had used up its DNS queries",
            "このメッセージの DNS 質問数の上限に達したため、質問しませんでした",
        ),
        Failure::RoundLimit => (
            "not asked: the message had used up its rounds of DNS queries",
            "このメッセージの DNS 質問回数の上限に達したため、質問しませんでした",
        ),
        Failure::TimeLimit => (
            "not answered before the time for the message was over",
            "メッセージに許された時間内に回答がありませんでした",
        ),
        Failure::NotRecorded => {
            ("not recorded in the file that is replayed", "再生するファイルに記録がありません")
        }
    };
    lang.pick(en, ja)
}

/// A question as people write it.
pub(crate) fn record_type_and_name(question: &Question) -> String {
    format!("{} {}", question.record_type, question.name)
}
