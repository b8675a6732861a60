//! Master files (RFC 1035 §5, RFC 2308 §4): records from a file, as an owner
//! would paste them into a DNS host, so that they can be tried before they are
//! published.
//!
//! ```
//! use postseal_dns::master_file::MasterFile;
//!
//! let file = MasterFile::read(b"$ORIGIN contoso.example.\n_dmarc 3600 IN TXT \"v=DMARC1; p=none\"\n")?;
//! assert_eq!(file.records[0].name.as_str(), "_dmarc.contoso.example");
//! # Ok::<(), postseal_dns::master_file::MasterFileError>(())
//! ```

mod data;
mod entry;
mod error;
mod reader;
mod zones;

pub use data::{read_data, write_data};
pub use error::{Field, Finding, FindingKind, MasterFileError, Wrong};
pub use reader::{MAX_FILE, MasterFile, SourceRecord};
pub use zones::Zones;
