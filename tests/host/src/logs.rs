//! The output of components: one file for each stream of each component and, on request, the terminal.
//!
//! The files have Spin's names: `{state_dir}/logs/{component}_stdout.txt` and `{component}_stderr.txt`. The host's own
//! file `{state_dir}/logs/host.txt` has a line for each instance that ended.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use anyhow::Context as _;
use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// The destination of component output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Logs {
    /// To the log files.
    #[default]
    Files,
    /// To the log files and to standard output, where each line starts with the component's name.
    FilesAndStdout,
}

/// Maximum size of one write of a guest. Only partial lines are buffered, so the value is arbitrary.
const MAX_WRITE_SIZE: usize = 1024 * 1024;

/// The logs of one component, shared by its instances, and the host's log.
#[derive(Clone)]
pub(crate) struct ComponentLogs {
    component: Arc<str>,
    stdout: Arc<Log>,
    stderr: Arc<Log>,
    host: Arc<Log>,
}

struct Log {
    file: File,
    /// The prefix of each line on standard output; `None` if the log goes to its file only.
    prefix: Option<String>,
}

impl ComponentLogs {
    /// Opens the log files of `component` in `state_dir` for appending.
    pub(crate) fn open(state_dir: &Path, component: &str, logs: Logs) -> anyhow::Result<Self> {
        let folder = state_dir.join("logs");
        std::fs::create_dir_all(&folder).with_context(|| format!("can't create {}", folder.display()))?;
        let log = |name: String, prefix| {
            let path = folder.join(name);
            let file = OpenOptions::new().create(true).append(true).open(&path);
            let file = file.with_context(|| format!("can't open {}", path.display()))?;
            anyhow::Ok(Arc::new(Log { file, prefix }))
        };
        let stream = |stream| {
            let prefix = (logs == Logs::FilesAndStdout).then(|| format!("[{component}] "));
            log(format!("{component}_{stream}.txt"), prefix)
        };
        Ok(Self {
            component: component.into(),
            stdout: stream("stdout")?,
            stderr: stream("stderr")?,
            host: log("host.txt".to_owned(), None)?,
        })
    }

    /// Logs the end of an instance: its number of requests, its peak linear memory and its key-value writes.
    pub(crate) fn instance_ended(&self, requests: usize, peak_bytes: u64, sets: u64, deletes: u64) {
        let line = format!(
            "instance of {} ended: requests={requests} peak_memory={peak_bytes} key_value_sets={sets} \
             key_value_deletes={deletes}\n",
            self.component
        );
        self.host.write(line.as_bytes()).ok();
    }

    /// Returns the standard output of a new instance.
    pub(crate) fn stdout(&self) -> LineStream {
        LineStream::new(self.stdout.clone())
    }

    /// Returns the standard error of a new instance.
    pub(crate) fn stderr(&self) -> LineStream {
        LineStream::new(self.stderr.clone())
    }

    /// Writes a line from the host about the component to the component's standard error.
    pub(crate) fn host_line(&self, line: &str) {
        // A failed write to a log must not stop the application. Spin ignores it, too.
        self.stderr.write(format!("{line}\n").as_bytes()).ok();
    }
}

impl Log {
    /// Writes complete lines in one call, so that lines of several instances do not mix.
    fn write(&self, lines: &[u8]) -> io::Result<()> {
        (&self.file).write_all(lines)?;
        if let Some(prefix) = &self.prefix {
            let mut stdout = io::stdout().lock();
            for line in lines.split_inclusive(|&byte| byte == b'\n') {
                stdout.write_all(prefix.as_bytes())?;
                stdout.write_all(line)?;
            }
        }
        Ok(())
    }
}

/// The output stream of one instance, buffered by line.
///
/// Writes to the file block the thread: a line is short, and the guest waits for the write in any case.
#[derive(Clone)]
pub(crate) struct LineStream {
    lines: Arc<Mutex<Lines>>,
}

struct Lines {
    log: Arc<Log>,
    /// The start of an incomplete line.
    partial: Vec<u8>,
}

impl LineStream {
    fn new(log: Arc<Log>) -> Self {
        Self { lines: Arc::new(Mutex::new(Lines { log, partial: Vec::new() })) }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }
}

impl Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        let (complete, rest) = bytes.split_at(end);
        if !complete.is_empty() {
            let mut lines = std::mem::take(&mut self.partial);
            lines.extend_from_slice(complete);
            self.log.write(&lines)?;
        }
        self.partial.extend_from_slice(rest);
        Ok(())
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if !self.partial.is_empty() {
            self.partial.push(b'\n');
            self.log.write(&self.partial).ok();
        }
    }
}

impl IsTerminal for LineStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LineStream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for LineStream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.write(bytes).map(|()| bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl OutputStream for LineStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        LineStream::write(self, &bytes).map_err(|error| StreamError::LastOperationFailed(error.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_WRITE_SIZE)
    }
}

#[async_trait::async_trait]
impl Pollable for LineStream {
    async fn ready(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_two_instances_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let logs = ComponentLogs::open(folder.path(), "oauth", Logs::Files).unwrap();
        let (one, two) = (logs.stdout(), logs.stdout());
        one.write(b"the first ").unwrap();
        two.write(b"another\nand half").unwrap();
        one.write(b"line\n").unwrap();
        drop(two);
        logs.host_line("trap");
        let read = |stream| std::fs::read_to_string(folder.path().join(format!("logs/oauth_{stream}.txt"))).unwrap();
        assert_eq!(read("stdout"), "another\nthe first line\nand half\n");
        assert_eq!(read("stderr"), "trap\n");
    }

    #[test]
    fn a_restart_appends_to_the_log() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            ComponentLogs::open(folder.path(), "oauth", Logs::Files).unwrap().host_line("started");
        }
        let log = std::fs::read_to_string(folder.path().join("logs/oauth_stderr.txt")).unwrap();
        assert_eq!(log, "started\nstarted\n");
    }
}
