//! Targets of `postseal-dns`.

use postseal_dns::master_file::{MasterFile, read_data, write_data};

/// A target: any octets, and a panic where a property does not hold.
pub type Target = fn(&[u8]);

/// Every target, by name.
pub const TARGETS: &[(&str, Target)] = &[("master_file", master_file)];

/// Any file is read or refused with a place that lies within it; data that was
/// read is read again from how it is written.
pub fn master_file(data: &[u8]) {
    let lines = 1 + data.iter().filter(|b| **b == b'\n').count();
    if let Ok(file) = MasterFile::read(data) {
        for record in &file.records {
            assert!((1..=lines).contains(&record.line));
            let written = write_data(&record.data);
            let again = read_data(record.data.record_type(), &written);
            assert_eq!(again.as_ref(), Ok(&record.data), "{written}");
        }
    }
}
