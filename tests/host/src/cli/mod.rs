//! The program that people run: `cargo run`, `cargo run -- up`, `cargo run -- demo`.
//!
//! - `run`: the application with stand-ins for whichever of Zoom and Marketo is not given
//! - `up`: the application alone, as `spin up` runs it
//! - `demo`: the main path from sign-in to attendance, played and checked
//! - `scene`: what the stand-ins hold at first; `place`: files and addresses; `signals`: being asked to stop

mod demo;
mod options;
mod place;
mod run;
mod scene;
mod signals;
mod up;

use std::future::Future;
use std::process::ExitCode;

use clap::Parser;

use self::options::{Command, Options};

/// Does what the command line says. An error is one line on standard error and a failing exit code.
pub fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.command {
        None => run::main(options.run),
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

/// Runs a future to its end, with everything that a server needs.
fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Runtime::new()?.block_on(future)
}
