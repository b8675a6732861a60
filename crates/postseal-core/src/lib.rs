//! Email authentication as plain functions: SPF, DKIM, ARC, DMARC and the
//! Authentication-Results field.
//!
//! The core opens no socket and no file, reads no clock, draws no random
//! numbers and never waits. A protocol step is a function of its input, the DNS
//! answers given so far and the time; where an answer is missing it returns
//! [`dns::Missing`] and notes the question, and the caller asks and calls again.
//!
//! Read [`verdict`] first: it is the whole path of a message.
#![deny(clippy::disallowed_methods)]

// What arrives: the header section and the envelope, octets as received.
pub mod message;

// What the core asks of the DNS, and what it was told.
pub mod dns;

// What is evaluated: the path of the client, the signatures, the chain of forwarders.
pub mod arc;
pub mod dkim;
pub mod spf;

// What the Author Domain asks for.
pub mod dmarc;

// What a domain's records mean, for whoever publishes them.
pub mod advice;

// Who holds a domain, and the life of its hosted keys.
pub mod hosting;

// All of it, for one message.
pub mod verdict;
