//! The `postseal` program. See `postseal --help`.

use std::process::ExitCode;

// What the node is told.
mod config;

// The keys of organisations.
mod keys;
#[allow(dead_code, unused_imports, reason = "the HTTP API that calls it comes next")]
mod service;

// What the node does with mail.
mod inbound;
mod signing;
mod verdicts;

// The node as a process: sockets, settings in force, log, metrics.
mod serve;

mod cli;

fn main() -> ExitCode {
    cli::run(&std::env::args_os().collect::<Vec<_>>())
}
