//! `postseal sandbox`: the whole walk on this machine, with real parts on its loopback interface.
//!
//! ```text
//! user ─► provider's mail server ─► receiver's mail server ─► mailbox
//!            │ milter       └─► forwarder ─┘      │ milter
//!         provider's node                      receiver's node      impostor ─► receiver
//!            │ hosted DNS                          │
//!            └──────────────► resolver ◄───────────┘      DNS host (the owner's records)
//! ```

// The parts that are not a node's.
mod dns_host;
mod letter;
mod mail_host;
mod private_directory;
mod receiver_policy;
mod smtp;

// All of them together, and what they go through.
mod walk;
mod world;

// The world as somebody plays in it.
mod chapters;
mod ledger;
mod living;
mod registrar;

// What that looks like.
mod pages;
mod words;

pub(crate) use pages::{Pages, PagesError};
pub(crate) use walk::{Event, Reporter, Step, walk};

/// The domain whose owner the walk follows.
const CONTOSO: &str = "contoso.example";
/// Signs and hosts keys for others.
const PROVIDER: &str = "provider.example";
/// Where the provider hosts keys.
const HOSTING_ZONE: &str = "keys.provider.example";
/// Takes the mail.
const RECEIVER: &str = "fabrikam.example";
/// Forwards mail of its former students.
const ALUMNI: &str = "alumni.example";
