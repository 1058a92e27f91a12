//! Deletes the records of an account that removed the app (R17).

use crate::state::AppState;
use domain::records::{AnyKey, AttendanceKey};
use domain::{Error, ProgramId};
use platform::forget_account::{ForgetAccountReport, ForgetAccountRequest, Forgetting};

/// Returns the program that a record of attendance belongs to; `None` for records of other kinds.
pub(crate) const fn program_of(key: &AnyKey) -> Option<ProgramId> {
    match key {
        AnyKey::Attendance(key) => Some(key.program),
        AnyKey::RunState(key) => Some(key.program),
        AnyKey::Page(key) => Some(key.program),
        AnyKey::SyncRequested(key) => Some(key.program),
        _ => None,
    }
}

/// Deletes the attendance of the account's programs, their checkpoints, signals and joins until the deadline. So it does for
/// programs whose attendance came about through the account, although they were disconnected or connected to another webinar
/// since.
pub(crate) async fn forget_account(
    state: &AppState,
    request: &ForgetAccountRequest,
) -> Result<ForgetAccountReport, Error> {
    let mut forgetting = Forgetting::new(&state.ports, request.deadline);
    let mut keys = forgetting.list().await?;
    let mut account = forgetting.find(request, &keys).await?;
    // The records that tell of the programs come last, so that an interrupted deletion finds the others again.
    keys.sort_by_key(|key| matches!(key, AnyKey::Attendance(_)));
    for key in &keys {
        let AnyKey::Attendance(AttendanceKey { program }) = key else { continue };
        let Some(record) = state.store().get_readable(&AttendanceKey { program: *program }).await? else { continue };
        if record.source.is_some_and(|source| request.includes_source(&source)) {
            account.programs.insert(*program);
            account.add_webinar(record.webinar);
        }
    }
    for key in keys {
        let is_of_account = match &key {
            AnyKey::WebinarEnded(key) => account.webinars.contains(&key.webinar),
            AnyKey::WebinarStarted(key) => account.webinars.contains(&key.webinar),
            AnyKey::LiveJoins(key) => account.webinars.contains(&key.webinar),
            AnyKey::LiveDone(key) => account.webinars.contains(&key.webinar),
            AnyKey::LiveWorker(key) => account.webinars.contains(&key.webinar),
            key => program_of(key).is_some_and(|program| account.programs.contains(&program)),
        };
        if !is_of_account {
            continue;
        }
        if !forgetting.has_time() {
            return Ok(forgetting.report(false));
        }
        forgetting.delete(&key).await?;
    }
    Ok(forgetting.report(true))
}
