//! The bodies of the fuzz targets: functions that take any octets and panic
//! where a property does not hold. The crates run them as ordinary tests too,
//! over the seeds and bounded random inputs.

pub mod core_targets;
pub mod dns_targets;
pub mod milter_targets;
pub mod store_targets;
