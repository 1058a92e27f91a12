//! The program behind `cargo run`; see [`host::cli`].

fn main() -> std::process::ExitCode {
    host::cli::main()
}
