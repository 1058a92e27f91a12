//! A real Redis server for tests and benchmarks: a process with its own port and folder, ended on drop.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;

/// The environment variable that names another program than `redis-server`.
const VARIABLE: &str = "REDIS_SERVER";

/// What the server prints once it accepts connections.
const READY: &str = "Ready to accept connections";

/// Number of ports to try. Another program can take a free port before the server does.
const ATTEMPTS: usize = 5;

/// A running Redis server, which keeps its data in memory only.
pub struct RedisServer {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl RedisServer {
    /// Starts a server on a free port and waits until it accepts connections. Where there is no `redis-server`, prints that
    /// a test is skipped and returns `None`.
    ///
    /// # Errors
    /// The server does not start, or there is none and the environment variable `CI` is set.
    pub fn start() -> anyhow::Result<Option<Self>> {
        if !is_installed()? {
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        for _ in 0..ATTEMPTS {
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            if let Some(process) = spawn(port, &folder)? {
                return Ok(Some(Self { process, port, folder }));
            }
        }
        bail!("redis-server does not start")
    }

    /// Starts a server on this port, for a configuration that names it. Where there is no `redis-server`, or another
    /// server has the port, prints that a test is skipped and returns `None`.
    ///
    /// # Errors
    /// As [`RedisServer::start`]; with `CI` set, also if the port is taken.
    pub fn start_at(port: u16) -> anyhow::Result<Option<Self>> {
        if !is_installed()? {
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        if let Some(process) = spawn(port, &folder)? {
            return Ok(Some(Self { process, port, folder }));
        }
        skip(&format!("another server has port {port}: stop it"))?;
        Ok(None)
    }

    /// Returns the URL of its first database.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Kills the server like a power failure. Its data is lost.
    pub fn kill(&mut self) {
        // An error means that the process has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts a killed server on the same port, without data.
    ///
    /// # Errors
    /// The server does not start.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.process = spawn(self.port, &self.folder)?.context("redis-server does not start again")?;
        Ok(())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns whether there is a `redis-server`; if not, prints that a test is skipped.
fn is_installed() -> anyhow::Result<bool> {
    let installed = Command::new(program()).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if installed.is_err() {
        skip(&format!("there is no redis-server: apt-get install redis-server, or {VARIABLE}=/path"))?;
    }
    Ok(installed.is_ok())
}

/// Prints that a test is skipped; with `CI` set, that is an error.
fn skip(reason: &str) -> anyhow::Result<()> {
    ensure!(std::env::var_os("CI").is_none(), "{reason}");
    // Not `eprintln!`, which the test harness captures.
    let _ = writeln!(std::io::stderr(), "SKIPPED: a test on Redis, because {reason}");
    Ok(())
}

fn program() -> std::ffi::OsString {
    std::env::var_os(VARIABLE).unwrap_or_else(|| "redis-server".into())
}

/// Returns the process once it accepts connections, or `None` if it ends before.
fn spawn(port: u16, folder: &TempDir) -> anyhow::Result<Option<Child>> {
    let mut command = Command::new(program());
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    command.arg("--dir").arg(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut process = command.spawn().context("can't start redis-server")?;
    let output = process.stdout.take().context("redis-server has no output")?;
    let mut lines = BufReader::new(output).lines();
    let is_ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains(READY));
    if !is_ready {
        process.wait()?;
        return Ok(None);
    }
    // Drains the pipe, so that the server never blocks on it.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    Ok(Some(process))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_takes_the_port_that_a_configuration_names() {
        let Some(first) = RedisServer::start().unwrap() else { return };
        let port = first.port;
        // With `CI` set a taken port is an error, else a test that is skipped.
        assert!(!matches!(RedisServer::start_at(port), Ok(Some(_))), "two servers have one port");
        drop(first);
        let second = RedisServer::start_at(port).unwrap().unwrap();
        assert_eq!(second.url(), format!("redis://127.0.0.1:{port}/0"));
    }
}
