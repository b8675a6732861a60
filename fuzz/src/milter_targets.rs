//! Targets of `postseal-milter`.

use postseal_milter::fuzzing;

/// A target: any octets, and a panic where a property does not hold.
pub type Target = fn(&[u8]);

/// Every target, by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("milter_frames", frames),
    ("milter_session", session),
    ("milter_edits", edits),
    ("milter_client", client),
];

/// Any octets are cut into packets, and each is a command or refused.
pub fn frames(data: &[u8]) {
    fuzzing::frames(data);
}

/// A session does the same however its octets are cut; the first octet says into which pieces.
pub fn session(data: &[u8]) {
    let Some((cut, octets)) = data.split_first() else { return };
    fuzzing::session(octets, 1 + usize::from(*cut));
}

/// Edits made of any octets are refused or stay inside their packets.
pub fn edits(data: &[u8]) {
    fuzzing::edits(data);
}

/// Any octets are replies or none; a header section that can be shown comes out as it went in.
pub fn client(data: &[u8]) {
    fuzzing::client(data);
}
