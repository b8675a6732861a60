use std::collections::BTreeMap;

use super::spf_fix::{Edit, apply_to_valid};
use super::{Finding, Fix};
use crate::dns::{DomainName, TxtRecord};

/// Findings of one kind that are kept; who has more will meet the rest later.
const MAX_OF_ONE_KIND: usize = 20;

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
        self.add(Draft { finding, change: None });
    }

    /// Adds a finding that would change its record.
    pub(super) fn push_with(&mut self, finding: Finding, record: &'t TxtRecord, edits: Vec<Edit>) {
        let change = (!edits.is_empty()).then_some((record, edits));
        self.add(Draft { finding, change });
    }

    fn add(&mut self, draft: Draft<'t>) {
        let id = draft.finding.id();
        if self.findings().filter(|finding| finding.id() == id).count() < MAX_OF_ONE_KIND {
            self.drafts.push(draft);
        }
    }

    /// The findings so far.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.drafts.iter().map(|draft| &draft.finding)
    }

    /// The findings, each with the record that puts right all of them, or else
    /// the one that puts right its own.
    pub(super) fn finish(self) -> Vec<Finding> {
        let all = self.all_changes_made();
        let fix = |draft: &Draft<'t>| {
            let (record, edits) = draft.change.as_ref()?;
            let name = draft.finding.name.as_ref()?;
            let all = all.get(name).cloned().flatten();
            all.or_else(|| apply_to_valid(record, edits)).map(|value| Fix::txt(name, value))
        };
        let fixes: Vec<Option<Fix>> = self.drafts.iter().map(fix).collect();
        let drafts = self.drafts.into_iter().zip(fixes);
        drafts.map(|(draft, fix)| Finding { fix: draft.finding.fix.or(fix), ..draft.finding }).collect()
    }

    /// Each changed record with all changes made; nothing where that is no valid record.
    fn all_changes_made(&self) -> BTreeMap<DomainName, Option<String>> {
        let mut changes: BTreeMap<DomainName, (&TxtRecord, Vec<Edit>)> = BTreeMap::new();
        for draft in &self.drafts {
            if let (Some(name), Some((record, edits))) = (&draft.finding.name, &draft.change) {
                let (_, all) = changes.entry(name.clone()).or_insert((record, Vec::new()));
                all.extend(edits.iter().cloned());
            }
        }
        changes.into_iter().map(|(name, (record, edits))| (name, apply_to_valid(record, &edits))).collect()
    }
}
