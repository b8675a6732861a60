//! The HTTP API of a running node: JSON resources under `/v1`, problems as RFC 9457 has them.
//!
//! ```text
//! control socket ─► server (HTTP/1) ─┐
//! portal's listener ─► guard ────────┤
//! in process ────────────────────────┴► Api: route ─► right ─► tenant ─► operation ─► service
//! ```
//!
//! [`Api::answer`] is all of it without sockets, so that whoever serves it elsewhere brings a
//! [`Caller`] and nothing else. Whose data a caller may see is decided in `caller`, and only there.

// What goes in and out.
mod exchange;
mod problem;
pub(crate) mod resource;

// From a request to its answer.
mod caller;
mod operations;
mod router;
mod routes;

// What is written about it.
mod openapi;

// Where it is reached.
mod client;
mod control_socket;
mod remote;
mod server;

#[cfg(test)]
mod tests;

pub(crate) use caller::{Caller, Right};
pub(crate) use client::{Client, ClientError};
pub(crate) use control_socket::{ControlFile, ControlSocket, ControlSocketError};
pub(crate) use exchange::percent_encoded;
pub(crate) use operations::let_in::setup_url;
pub(crate) use problem::{Problem, ProblemKind};
pub(crate) use remote::{Remote, RemoteError};
pub(crate) use router::Api;
