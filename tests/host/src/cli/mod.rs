//! The command line program: `cargo run`, `cargo run -- up` and `cargo run -- demo`.
//!
//! - `options`: the command line
//! - `run`: the application with fakes for the systems that are not configured
//! - `up`: the application alone, as `spin up` runs it
//! - `demo`: plays and checks the path from sign-in to attendance
//! - `variables`: lists what is missing before the start
//! - `seed`: the initial data of the fakes
//! - `project`: the project's paths and build; `address`: local addresses; `runtime`: the tokio runtime and stop signals

mod address;
mod demo;
mod options;
mod project;
mod run;
mod runtime;
mod seed;
mod up;
mod variables;

use std::process::ExitCode;

use clap::Parser;

use self::options::{Cli, Command};

/// Runs the command. Prints an error as one line on standard error and returns a failing exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        None => run::main(cli.run),
        Some(Command::Up(up)) => up::main(up),
        Some(Command::Demo) => demo::main(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
