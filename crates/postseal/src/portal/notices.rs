use aws_lc_rs::rand;
use quick_cache::sync::Cache;

use super::page::Notice;

/// What is to be said on the next page, after an operation has led there (303): a page that is
/// loaded again does nothing again.
pub(super) struct Notices(Cache<String, Notice>);

impl Default for Notices {
    fn default() -> Notices {
        Notices(Cache::new(MAX_NOTICES))
    }
}

impl Notices {
    /// Keeps a notice under a name that nobody guesses; `None` without random octets.
    pub(super) fn keep(&self, notice: Notice) -> Option<String> {
        let mut random = [0; 16];
        rand::fill(&mut random).ok()?;
        let name: String = random.iter().map(|octet| format!("{octet:02x}")).collect();
        self.0.insert(name.clone(), notice);
        Some(name)
    }

    /// What was kept under this name.
    pub(super) fn take(&self, name: &str) -> Option<Notice> {
        self.0.remove(name).map(|(_, notice)| notice)
    }
}

/// Notices that nobody has looked at yet.
const MAX_NOTICES: usize = 1_000;
