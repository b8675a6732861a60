use std::str::FromStr;

use super::FindingId;

impl FromStr for FindingId {
    type Err = UnknownFindingId;

    fn from_str(text: &str) -> Result<FindingId, UnknownFindingId> {
        let known = FindingId::ALL.iter().find(|id| id.as_str() == text);
        known.copied().ok_or_else(|| UnknownFindingId(text.to_owned()))
    }
}

/// Not the id of a finding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the id of a finding")]
pub struct UnknownFindingId(pub String);
