//! Retries failed leads that are due, one program at a time.

use crate::registering::retry::retry_leads;
use crate::registering::target;
use crate::state::AppState;
use crate::store::{due_failures, failures};
use anyhow::Context;
use domain::records::Failure;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId};
use platform::store::Stored;

/// Minimum time left to start a program.
const MIN_TIME_LEFT: SignedDuration = SignedDuration::from_secs(5);

/// Maximum number of failures that a tick looks at. A program's leads take about as long as a tick.
const MAX_FAILURES: usize = 1000;

/// How long an entry of the index is kept whose record is not there: the record may show later.
const ENTRY_RETENTION: SignedDuration = SignedDuration::from_mins(5);

/// Retries due failures until the deadline. Returns the number of programs.
pub async fn retry_due(state: &AppState, deadline: Timestamp) -> anyhow::Result<u64> {
    let mut due = read_due(state).await.context("reading failures to retry")?;
    let mut programs = 0;
    // The program with the most overdue failure comes first.
    while let Some(program) = due.iter().min_by_key(|failure| failure.next_try).map(|failure| failure.program) {
        if state.ports.clock.now() + MIN_TIME_LEFT >= deadline {
            break;
        }
        let (of_program, others) = due.into_iter().partition(|failure| failure.program == program);
        due = others;
        if let Err(error) = retry_program(state, program, of_program, deadline).await {
            platform::log!(Warn, "failure.retry_failed", program = program, error = error.problem().code);
        }
        programs += 1;
    }
    Ok(programs)
}

/// Reads the records that the index shows as due, and corrects the index.
async fn read_due(state: &AppState) -> Result<Vec<Failure>, Error> {
    let now = state.ports.clock.now();
    let (mut due, mut changes) = (Vec::new(), Vec::new());
    for (key, at) in due_failures::due(state, now).await?.into_iter().take(MAX_FAILURES) {
        match state.ports.store().inspect(&key).await? {
            Stored::Readable(failure) if failure.next_try.is_some_and(|at| at <= now) => due.push(failure),
            Stored::Readable(failure) => changes.push((key, failure.next_try)),
            Stored::Absent if at + ENTRY_RETENTION > now => {}
            Stored::Absent | Stored::Unreadable => changes.push((key, None)),
        }
    }
    due_failures::apply(state, changes).await?;
    Ok(due)
}

/// Retries failures of one program.
pub async fn retry_program(
    state: &AppState,
    program: ProgramId,
    failed: Vec<Failure>,
    deadline: Timestamp,
) -> Result<(), Error> {
    let connection = match target::program_connection(state, Some(program)).await {
        Ok(connection) => connection,
        Err(Error::Rejected(problem)) => {
            for failure in failed {
                // A first attempt that was interrupted: the program was connected then, and its account may have
                // removed the app since (R17).
                if failure.tries == 0 {
                    failures::delete(state, program, failure.lead).await?;
                } else if failures::read(state, program, failure.lead).await?.is_some() {
                    let failure = Failure { problem: problem.clone(), next_try: None, claim: None, ..failure };
                    failures::write(state, &failure).await?;
                }
            }
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let results = retry_leads(state, &connection, &failed, deadline).await?;
    platform::log!(Info, "failure.retried", program = program, leads = results.len());
    Ok(())
}
