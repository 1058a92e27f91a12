//! `cargo run`: builds the application and runs it; see [`host::cli`].

fn main() -> std::process::ExitCode {
    host::cli::main()
}
