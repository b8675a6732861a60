//! The `postseal` program. See `postseal --help`.

use std::process::ExitCode;

// What the node is told.
mod config;

// The keys of organisations.
mod keys;
mod service;

// What the node does with mail.
mod inbound;
mod signing;
mod verdicts;

// The node as a process: sockets, settings in force, log, metrics.
mod serve;

// What is asked beside the DNS.
mod at_source;
mod tls_client;

// What others ask of it.
mod api;
mod portal;

// What is to be registered for a domain.
mod registration;

// What receivers are known to refuse, what they do with a domain's mail, and what their answers mean.
mod explanation;
mod predictions;
mod receiver_rules;

// The whole walk on one machine.
mod sandbox;

// What is said to people, in each language.
mod words;

mod cli;
mod host_name;
mod system_group;

fn main() -> ExitCode {
    cli::run(&std::env::args_os().collect::<Vec<_>>())
}
