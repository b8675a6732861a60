//! What arrives: the header section and the envelope, octets as received.

mod address_list;
mod author_domain;
mod envelope;
mod header_section;
mod line_ends;
mod line_feeds;
mod name_hash;
mod received;
mod splitter;

pub use address_list::{MAX_ADDRESS_LIST, MAX_ADDRESSES, MAX_COMMENT_DEPTH};
pub use author_domain::{AddressDefect, AddressError, AuthorDomainError, Authors, author_domain, authors};
pub use envelope::{Envelope, HeloIdentity, MailFrom};
pub use header_section::{Defect, DefectKind, Field, HeaderSection, MAX_FIELDS, MAX_HEADER_SECTION};
pub use line_ends::{LineEnds, to_wire};
pub use received::{Hop, HopUnknown, first_untrusted_hop};
pub use splitter::{Oversized, Splitter};
