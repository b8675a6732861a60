use postseal_core::advice::{BimiObstacle, RecordFault};

use crate::words::{Lang, say};

/// Which rule a TLSRPT, MTA-STS or BIMI record breaks, in one sentence. `text` is the place.
pub(super) fn record_fault(protocol: &str, text: &str, fault: RecordFault, lang: Lang) -> String {
    match fault {
        RecordFault::Version { expected } => say!(
            lang,
            "The {protocol} record begins with \"{text}\", not with \"{expected};\".",
            "{protocol} レコードが「{expected};」ではなく「{text}」で始まっています。"
        ),
        RecordFault::Several { count } => say!(
            lang,
            "There are {count} {protocol} records; there may be one.",
            "{protocol} レコードが {count} 個あります。登録できるのは 1 個だけです。"
        ),
        RecordFault::Field if text.is_empty() => say!(
            lang,
            "Two semicolons in the {protocol} record have nothing between them.",
            "{protocol} レコードのセミコロンとセミコロンの間に何もありません。"
        ),
        RecordFault::Field => say!(
            lang,
            "\"{text}\" in the {protocol} record is not of the form name=value, separated by \";\".",
            "{protocol} レコードの「{text}」は「名前=値」を「;」で区切る書式に合っていません。"
        ),
        RecordFault::Missing { tag } => {
            say!(lang, "The {protocol} record has no {tag}=.", "{protocol} レコードに {tag}= がありません。")
        }
        RecordFault::Duplicate { tag } => say!(
            lang,
            "{tag}= stands twice in the {protocol} record.",
            "{protocol} レコードに {tag}= が 2 回あります。"
        ),
        RecordFault::Value { tag } => say!(
            lang,
            "\"{text}\" is not a value that {tag}= of the {protocol} record may have.",
            "{protocol} レコードの {tag}= に「{text}」という値は使えません。"
        ),
    }
}

/// Why no indicator is shown although there is a BIMI record.
pub(super) fn bimi_obstacle(obstacle: BimiObstacle, lang: Lang) -> &'static str {
    match obstacle {
        BimiObstacle::NoPolicy => lang.pick(
            "There is a BIMI record, but no DMARC policy applies to the domain.",
            "BIMI レコードがありますが、このドメインに適用される DMARC ポリシーがありません。",
        ),
        BimiObstacle::PolicyNone => lang.pick(
            "There is a BIMI record, but the DMARC policy is none.",
            "BIMI レコードがありますが、DMARC ポリシーが「なし」(none)です。",
        ),
        BimiObstacle::SubdomainNone => lang.pick(
            "There is a BIMI record, but the DMARC policy for subdomains is none (sp=none).",
            "BIMI レコードがありますが、サブドメインの DMARC ポリシーが「なし」(sp=none)です。",
        ),
        BimiObstacle::TestMode => lang.pick(
            "There is a BIMI record, but the DMARC policy is being tested (t=y).",
            "BIMI レコードがありますが、DMARC ポリシーがテスト中(t=y)です。",
        ),
    }
}
