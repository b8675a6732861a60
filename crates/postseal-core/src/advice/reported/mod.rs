//! What others have written into a message's header section about its authentication: read
//! for whoever wants to know what it means. Nothing of it is believed by a verdict.

mod arc_sets;
mod composite;
mod pasted;
mod results;

pub use arc_sets::{ReportedArcSet, ReportedArcSets};
pub use composite::{CompositeAuthentication, CompositeReason};
pub use pasted::{Pasted, header_fields};
pub use results::{MAX_REPORTED, Method, ReportedResult, ReportedResults};
