//! What arrives: the header section and the envelope, octets as received.

mod envelope;
mod header_section;
mod line_ends;
mod splitter;

pub use envelope::{Envelope, HeloIdentity, MailFrom};
pub use header_section::{Defect, DefectKind, Field, HeaderSection, MAX_FIELDS, MAX_HEADER_SECTION};
pub use line_ends::{LineEnds, to_wire};
pub use splitter::{Oversized, Splitter};
