//! Running other programs: their output for us to read, their failures in one line for a person.

use std::io::{BufRead, BufReader, ErrorKind, pipe};
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// How many of a program's last lines are kept to explain its failure; apt and rustup say what is wrong at the end.
const LAST_LINES: usize = 8;

/// Runs `command` to its end and gives its standard output.
///
/// # Errors
/// One line that names the program and says why it could not be run or why it failed.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let name = name(command);
    let output = command.output().map_err(|error| cannot_run(&name, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().collect();
    Err(failure(&name, output.status, &lines))
}

/// Runs `command` and gives each line that it prints, on either stream, to `on_line` as it comes.
/// A program that prints nothing for `quiet` is taken to hang and is ended.
///
/// # Errors
/// One line that names the program and says why it could not be run or why it failed.
pub(crate) fn watch(mut command: Command, quiet: Duration, on_line: &mut dyn FnMut(&str)) -> Result<(), String> {
    let name = name(&command);
    let (reader, writer) = pipe().map_err(|error| cannot_run(&name, &error))?;
    let second = writer.try_clone().map_err(|error| cannot_run(&name, &error))?;
    command.stdout(writer).stderr(second);
    let mut child = command.spawn().map_err(|error| cannot_run(&name, &error))?;
    // The command still holds our copies of the pipe's writing end; the reader would never see the end.
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
        match lines.recv_timeout(quiet) {
            Ok(line) => {
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                on_line(&line);
                if last.len() == LAST_LINES {
                    last.remove(0);
                }
                last.push(line);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                // Either may fail only because the child has just ended by itself.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("`{name}` said nothing for {} s", quiet.as_secs()));
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
        _ => format!("`{name}` cannot be run: {error}"),
    }
}

/// The lines that say what went wrong (`E: ...` of apt, `error: ...` of rustup), or else the last one.
fn failure(name: &str, status: ExitStatus, lines: &[&str]) -> String {
    let errors: Vec<&str> = lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| line.starts_with("E: ") || line.to_lowercase().starts_with("error"))
        .collect();
    let said = if errors.is_empty() {
        let last = lines.iter().rev().map(|line| line.trim());
        last.clone().find(|line| !line.is_empty()).map_or_else(|| "no message".to_owned(), str::to_owned)
    } else {
        errors.join("; ")
    };
    format!("`{name}` failed ({status}): {said}")
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
    fn output_is_what_the_program_printed() {
        assert_eq!(output(&mut shell("echo hello; echo no >&2")).unwrap(), "hello\n");
    }

    #[test]
    fn a_missing_program_is_told_apart_from_a_failing_one() {
        let missing = output(&mut Command::new("no-such-program-here")).unwrap_err();
        assert_eq!(missing, "`no-such-program-here` is not installed");
        let failing = output(&mut shell("echo 'error: not today' >&2; exit 3")).unwrap_err();
        assert_eq!(failing, "`sh` failed (exit status: 3): error: not today");
    }

    #[test]
    fn watch_passes_both_streams_on_line_by_line() {
        let mut seen = Vec::new();
        watch(shell("echo one; echo two >&2"), Duration::from_secs(60), &mut |line| {
            seen.push(line.to_owned());
        })
        .unwrap();
        assert_eq!(seen, ["one", "two"]);
    }

    #[test]
    fn watch_explains_a_failure_by_its_error_lines() {
        let script = "echo Hit:1; echo 'E: no such release'; echo 'E: some index failed'; echo bye; exit 100";
        let error = watch(shell(script), Duration::from_secs(60), &mut |_| {}).unwrap_err();
        assert_eq!(error, "`sh` failed (exit status: 100): E: no such release; E: some index failed");
    }

    #[test]
    fn watch_ends_a_program_that_hangs() {
        let error = watch(shell("exec sleep 600"), Duration::from_millis(50), &mut |_| {}).unwrap_err();
        assert!(error.contains("said nothing"), "{error}");
    }
}
