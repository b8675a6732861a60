//! `postseal serve`: the node. It holds the sockets and the settings in force, and
//! ends well.
//!
//! ```text
//! Listeners ─► Inlet ─► Session ─► Message ─► JudgedMessage (inbound) ──┐
//!                                     └─────► OwnMessage (signing) ─────┴─► answer, log line, counters
//! ```
//!
//! A message is handled by the [`snapshot::Snapshot`] that was in force when it began.

// What is in force, and who shares it.
mod node;
mod snapshot;

// One connection, one message.
mod judged_message;
mod limits;
mod message;
mod message_event;
mod own_message;
mod session;

// Where MTAs come in, those who ask for hosted keys, and people.
mod hosted_dns;
mod listeners;
mod portal_server;
mod side_listeners;

// From the start to the end.
mod run;
pub(crate) mod running;

// What others see of it.
mod counters;
mod http;
mod log;
mod log_writer;
mod metrics;
mod timestamp;

// What others tell it, and it them.
mod inherited;
mod reload;
mod service_manager;
pub(crate) mod take_over;

// The organisations of its store.
mod organisations;

// The system and its files.
mod key_check;
mod process;

pub(crate) use hosted_dns::HostedDnsError;
pub(crate) use inherited::InheritedSockets;
pub(crate) use reload::{ReloadReply, Reloaded};
pub(crate) use run::{Begin, StartError, run};
pub(crate) use running::Running;
pub(crate) use timestamp::timestamp;
