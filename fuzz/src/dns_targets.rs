//! Targets of `postseal-dns`.

use postseal_dns::master_file::MasterFile;

/// A target: any octets, and a panic where a property does not hold.
pub type Target = fn(&[u8]);

/// Every target, by name.
pub const TARGETS: &[(&str, Target)] = &[("master_file", master_file)];

/// Any file is read or refused with a place that lies within it.
pub fn master_file(data: &[u8]) {
    let lines = 1 + data.iter().filter(|b| **b == b'\n').count();
    if let Ok(file) = MasterFile::read(data) {
        assert!(file.records.iter().all(|r| (1..=lines).contains(&r.line)));
    }
}
