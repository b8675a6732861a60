//! Serving: an authoritative name server for zones that the program holds in memory.
//!
//! [`Responder::answer`] is the whole server without its sockets: octets of a query, who sent
//! it and the time go in, octets of the answer or silence come out. What is served is asked of
//! the [`Zones`] trait, so that one answer is made of one state of the data. [`Listener`] puts
//! UDP and TCP sockets around it.
//!
//! ```
//! use std::time::Duration;
//! use postseal_core::dns::{DomainName, RecordData};
//! use postseal_dns::serve::{Asker, CookieSecrets, RecordZone, Responder, Sent, StartOfAuthority, Transport};
//!
//! let apex = DomainName::parse("host.example")?;
//! let soa = StartOfAuthority::new(apex.with_prefix("ns1")?, apex.with_prefix("hostmaster")?, 1);
//! let mut zone = RecordZone::new(&apex, &soa);
//! zone.add(&apex, 3600, &RecordData::Ns(apex.with_prefix("ns1")?))?;
//!
//! let responder = Responder::new(CookieSecrets::new([7; 16]));
//! let query = b"\x12\x34\0\0\0\x01\0\0\0\0\0\0\x04host\x07example\0\0\x02\0\x01";
//! let asker = Asker { client: [192, 0, 2, 1].into(), transport: Transport::Udp };
//! let mut answer = Vec::new();
//! let sent = responder.answer(&vec![zone], query, asker, Duration::from_secs(1), &mut answer);
//! assert_eq!(sent, Sent::Answer);
//! assert_eq!(answer[..4], *b"\x12\x34\x84\0");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// What is served.
mod lookup_name;
mod node;
mod record_zone;
mod start_of_authority;
mod zone;

// One query, one answer.
mod client_prefix;
mod cookie;
mod edns;
mod query;
mod rate_limit;
mod responder;
mod response;

// Sockets.
mod listener;

pub use client_prefix::ClientPrefix;
pub use cookie::{CookieSecret, CookieSecrets};
pub(crate) use listener::bind;
pub use listener::{BoundSockets, Listener, ListenerError, ListenerLimits, Source};
pub use lookup_name::{LookupName, WireName};
pub use node::{Node, NodeError};
pub use record_zone::{RecordZone, RecordZoneError};
pub use responder::{Asker, Responder, Sent, ServeCounts, Transport};
pub use start_of_authority::{NEGATIVE_TTL, StartOfAuthority};
pub use zone::{Apex, Found, Zone, Zones};
