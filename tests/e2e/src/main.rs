//! The embedded host as a binary of this package, so that cargo builds it before the tests and sets
//! `CARGO_BIN_EXE_host-under-test`. It behaves like `cargo run`.

fn main() -> std::process::ExitCode {
    host::cli::main()
}
