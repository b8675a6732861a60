//! DNS for Postseal: asking resolvers, keeping their answers, serving zones, reading zone files.
//!
//! The protocols ask nothing themselves: they note questions in
//! [`Answers`](postseal_core::dns::Answers). [`ask::drive`] asks them, all of a
//! round at once, and calls the protocol again until it has its verdict.

// Questions go out, answers come back.
pub mod ask;

// Questions come in, answers go out.
pub mod serve;

// Records from files instead of servers.
pub mod master_file;

// A whole DNS without the Internet.
mod closed_network;

pub use closed_network::{AskedQuestion, ClosedNetwork};
