use super::spf_fix::{Edit, apply_to_valid};
use super::{Finding, Fix};
use crate::dns::TxtRecord;

/// Findings about SPF records, with what each would change. In the end one
/// record has all changes, so that whoever puts it there is done.
#[derive(Default)]
pub(super) struct Drafts<'t> {
    drafts: Vec<Draft<'t>>,
}

struct Draft<'t> {
    finding: Finding,
    /// The record and what would change in it; nothing where it is somebody else's.
    change: Option<(&'t TxtRecord, Vec<Edit>)>,
}

impl<'t> Drafts<'t> {
    /// Adds a finding that changes nothing, or has its fix already.
    pub(super) fn push(&mut self, finding: Finding) {
        self.drafts.push(Draft { finding, change: None });
    }

    /// Adds a finding that would change its record.
    pub(super) fn push_with(&mut self, finding: Finding, record: &'t TxtRecord, edits: Vec<Edit>) {
        let change = (!edits.is_empty()).then_some((record, edits));
        self.drafts.push(Draft { finding, change });
    }

    /// The findings so far.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.drafts.iter().map(|draft| &draft.finding)
    }

    /// The findings, each with the record that puts right all of them, or else
    /// the one that puts right its own.
    pub(super) fn finish(self) -> Vec<Finding> {
        let fixes: Vec<Option<Fix>> = self.drafts.iter().map(|draft| self.fix(draft)).collect();
        let drafts = self.drafts.into_iter().zip(fixes);
        drafts.map(|(draft, fix)| Finding { fix: draft.finding.fix.or(fix), ..draft.finding }).collect()
    }

    fn fix(&self, draft: &Draft<'t>) -> Option<Fix> {
        let (record, own) = draft.change.as_ref()?;
        let name = draft.finding.name.as_ref()?;
        let same = |other: &&Draft<'t>| other.finding.name.as_ref() == Some(name);
        let changes = self.drafts.iter().filter(same).filter_map(|draft| draft.change.as_ref());
        let all: Vec<Edit> = changes.flat_map(|(_, edits)| edits.iter().cloned()).collect();
        let value = apply_to_valid(record, &all).or_else(|| apply_to_valid(record, own))?;
        Some(Fix::txt(name, value))
    }
}
