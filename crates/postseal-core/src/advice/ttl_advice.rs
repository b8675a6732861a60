use super::{Cause, Finding};
use crate::dns::{Answer, DomainName};

/// Seconds under which a time to live is worth a word.
const SHORT: u32 = 300;

/// Judges the time to live of one of the domain's own records. An unknown one (0) is not judged.
pub(super) fn judge(answer: &Answer, name: &DomainName) -> Option<Finding> {
    let short = (1..SHORT).contains(&answer.ttl);
    let cause = Cause::DnsTtlShort { record_type: answer.question.record_type, ttl: answer.ttl };
    short.then(|| Finding::at(cause, name))
}
