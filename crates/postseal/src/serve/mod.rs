//! `postseal serve`: the node. It holds the sockets and the settings in force, and
//! ends well.

// What others see of it.
mod counters;
mod http;
mod log;
mod metrics;
mod timestamp;

// What others tell it, and it them.
pub(crate) mod control;
mod inherited;
mod reload;
mod service_manager;
