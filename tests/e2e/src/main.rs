//! The embedded host as a program of this package, so that cargo builds it before these tests and tells them where it
//! is. It is `cargo run` by another name.

fn main() -> std::process::ExitCode {
    host::cli::main()
}
