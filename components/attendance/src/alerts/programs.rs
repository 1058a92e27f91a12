//! The programs by phase, by the index of the connections.

use crate::state::AppState;
use crate::store::record;
use domain::records::{AttendanceKey, Phase};
use domain::{Error, ErrorCode, ProgramId};

/// The phases and their names, in their order.
pub(crate) const PHASES: [(Phase, &str); 7] = [
    (Phase::Waiting, "waiting"),
    (Phase::Due, "due"),
    (Phase::Reading, "reading"),
    (Phase::Writing, "writing"),
    (Phase::Settling, "settling"),
    (Phase::Done, "done"),
    (Phase::Failed, "failed"),
];

/// The connected programs.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    /// Number of programs in each of [`PHASES`].
    pub(crate) by_phase: [usize; PHASES.len()],
    /// Those that failed, and why.
    pub(crate) failed: Vec<(ProgramId, ErrorCode)>,
    /// The problems of the others.
    pub(crate) problems: Vec<ErrorCode>,
    /// Number of programs whose record cannot be read.
    pub(crate) unreadable: usize,
}

/// Counts the connected programs.
pub(crate) async fn count(state: &AppState) -> Result<Programs, Error> {
    let connections = state.ports.connections().all().await?;
    let keys: Vec<_> = connections.iter().map(|connection| AttendanceKey { program: connection.program }).collect();
    let stored = state.store().get_all(&keys).await?;
    let mut programs = Programs { unreadable: stored.unreadable, ..Programs::default() };
    for record in stored.records {
        let connection = connections.iter().find(|connection| connection.program == record.program);
        if !connection.is_some_and(|connection| record::applies(&record, connection)) {
            continue;
        }
        for ((phase, _), number) in PHASES.iter().zip(&mut programs.by_phase) {
            *number += usize::from(record.phase == *phase);
        }
        match record.problem.map(|problem| problem.code) {
            code if record.phase == Phase::Failed => {
                programs.failed.push((record.program, code.unwrap_or(ErrorCode::Internal)));
            }
            code => programs.problems.extend(code),
        }
    }
    // A program has no record before its first run.
    let counted: usize = programs.by_phase.iter().sum();
    programs.by_phase[0] += connections.len().saturating_sub(counted + programs.unreadable);
    Ok(programs)
}
