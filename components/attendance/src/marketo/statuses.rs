//! Setting statuses, batch by batch. Forward only: Marketo skips who is in or past the status already, and that is
//! success (R16).

use crate::app::App;
use domain::status::ProgressionStatus;
use domain::time::Timestamp;
use domain::{Error, LeadId, ProgramId};
use marketo_client::members::MemberOutcome;
use marketo_client::{BATCH, Marketo};

/// What became of writing.
pub(super) enum Written {
    /// Everything was sent; so many leads were not taken.
    All { refused: usize },
    /// The run's time was over. What was written stays, and the next run finds it so.
    CutOff,
}

/// Sets a status for some leads.
pub(super) async fn set(
    app: &App,
    marketo: &Marketo,
    program: ProgramId,
    status: &ProgressionStatus,
    leads: &[LeadId],
    deadline: Timestamp,
) -> Result<Written, Error> {
    let mut refused = 0;
    for batch in leads.chunks(BATCH) {
        if !app.has_time(deadline) {
            return Ok(Written::CutOff);
        }
        let outcomes = marketo.set_status(program, status, batch).await?;
        for (lead, outcome) in batch.iter().zip(outcomes) {
            if let MemberOutcome::Skipped(code) = outcome {
                refused += 1;
                platform::log!("attendance.status_refused", program = program, lead = lead, code = code);
            }
        }
    }
    Ok(Written::All { refused })
}
