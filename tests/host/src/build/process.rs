//! Runs other programs, reads their output, and describes a failure in one line.

use std::io::{BufRead, BufReader, ErrorKind, pipe};
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// Number of a program's last output lines that are kept to explain its failure. apt and rustup print errors last.
const MAX_LAST_LINES: usize = 8;

/// Runs `command` and returns its standard output.
///
/// # Errors
/// The program can't be run or fails. The error is one line with the program's name and the reason.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let name = name(command);
    let output = command.output().map_err(|error| cannot_run(&name, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = stderr.lines().collect();
    Err(failure(&name, output.status, &lines))
}

/// Runs `command` and calls `on_line` with each line of its standard output and standard error.
/// Kills the program if it prints nothing for `idle_timeout`.
///
/// # Errors
/// The program can't be run, fails, or hangs. The error is one line with the program's name and the reason.
pub(crate) fn stream(
    mut command: Command,
    idle_timeout: Duration,
    on_line: &mut dyn FnMut(&str),
) -> Result<(), String> {
    let name = name(&command);
    let (reader, writer) = pipe().map_err(|error| cannot_run(&name, &error))?;
    let second = writer.try_clone().map_err(|error| cannot_run(&name, &error))?;
    command.stdout(writer).stderr(second);
    let mut child = command.spawn().map_err(|error| cannot_run(&name, &error))?;
    // The command keeps this process's copies of the pipe's write end open; without the drop, the reader never ends.
    drop(command);

    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });

    let mut last = Vec::new();
    loop {
        match lines.recv_timeout(idle_timeout) {
            Ok(line) => {
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                on_line(&line);
                if last.len() == MAX_LAST_LINES {
                    last.remove(0);
                }
                last.push(line);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                // Either call fails only if the child has just exited.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("`{name}` printed nothing for {} s and was killed", idle_timeout.as_secs()));
            }
        }
    }
    let status = child.wait().map_err(|error| cannot_run(&name, &error))?;
    if status.success() {
        return Ok(());
    }
    let last: Vec<&str> = last.iter().map(String::as_str).collect();
    Err(failure(&name, status, &last))
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn cannot_run(name: &str, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => format!("`{name}` is not installed"),
        _ => format!("can't run `{name}`: {error}"),
    }
}

/// Describes a failure by the program's error lines (`E: ...` of apt, `error: ...` of rustup), or else by its last line.
fn failure(name: &str, status: ExitStatus, lines: &[&str]) -> String {
    let errors: Vec<&str> = lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| line.starts_with("E: ") || line.to_lowercase().starts_with("error"))
        .collect();
    let reason = if errors.is_empty() {
        let last = lines.iter().rev().map(|line| line.trim());
        last.clone().find(|line| !line.is_empty()).map_or_else(|| "no message".to_owned(), str::to_owned)
    } else {
        errors.join("; ")
    };
    format!("`{name}` failed ({status}): {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(script);
        command
    }

    #[test]
    fn output_returns_standard_output() {
        assert_eq!(output(&mut shell("echo hello; echo no >&2")).unwrap(), "hello\n");
    }

    #[test]
    fn distinguishes_a_missing_program_from_a_failing_one() {
        let missing = output(&mut Command::new("no-such-program-here")).unwrap_err();
        assert_eq!(missing, "`no-such-program-here` is not installed");
        let failing = output(&mut shell("echo 'error: not today' >&2; exit 3")).unwrap_err();
        assert_eq!(failing, "`sh` failed (exit status: 3): error: not today");
    }

    #[test]
    fn stream_reads_both_outputs_line_by_line() {
        let mut seen = Vec::new();
        stream(shell("echo one; echo two >&2"), Duration::from_secs(60), &mut |line| {
            seen.push(line.to_owned());
        })
        .unwrap();
        assert_eq!(seen, ["one", "two"]);
    }

    #[test]
    fn stream_explains_a_failure_by_its_error_lines() {
        let script = "echo Hit:1; echo 'E: no such release'; echo 'E: some index failed'; echo bye; exit 100";
        let error = stream(shell(script), Duration::from_secs(60), &mut |_| {}).unwrap_err();
        assert_eq!(error, "`sh` failed (exit status: 100): E: no such release; E: some index failed");
    }

    #[test]
    fn stream_kills_a_program_that_hangs() {
        let error = stream(shell("exec sleep 600"), Duration::from_millis(50), &mut |_| {}).unwrap_err();
        assert!(error.contains("printed nothing"), "{error}");
    }
}
