//! The `postseal` program. See `postseal --help`.

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    cli::run(&std::env::args_os().collect::<Vec<_>>())
}
