//! Setting statuses, batch by batch. Forward only: Marketo skips who is in or past the status already, and that is
//! success (R16).

use domain::status::ProgressionStatus;
use domain::{Error, LeadId, ProgramId};
use marketo_client::Marketo;
use marketo_client::members::MemberOutcome;

/// Sets a status for at most a batch of leads; returns how many Marketo did not take.
pub(super) async fn set(
    marketo: &Marketo,
    program: ProgramId,
    status: &ProgressionStatus,
    leads: &[LeadId],
) -> Result<usize, Error> {
    if leads.is_empty() {
        return Ok(0);
    }
    let mut refused = 0;
    for (lead, outcome) in leads.iter().zip(marketo.set_status(program, status, leads).await?) {
        if let MemberOutcome::Skipped(code) = outcome {
            refused += 1;
            platform::log!("attendance.status_refused", program = program, lead = lead, code = code);
        }
    }
    Ok(refused)
}
