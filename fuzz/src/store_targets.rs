//! Targets of `postseal-store`.

/// A target: any octets, and a panic where a property does not hold.
pub type Target = fn(&[u8]);

/// Every target, by name.
pub const TARGETS: &[(&str, Target)] = &[("verdict_record", record), ("verdict_segment", segment)];

/// Any octets are a verdict of the spool or none; what was read is read again from how it is written.
pub fn record(data: &[u8]) {
    postseal_store::fuzz_record(data);
}

/// Any octets are a segment of the spool, up to the first that no record was made of.
pub fn segment(data: &[u8]) {
    postseal_store::fuzz_segment(data);
}
