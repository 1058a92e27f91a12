//! Deletes the records of an account that removed the app (R17). An unreadable record is logged and skipped, so that it
//! does not keep the others.

use super::keys::RegistrationKeys;
use super::{chosen_webinars, failure_index, given_up, outbox, slots};
use crate::state::AppState;
use domain::records::{MappingCrashMarkerKey, OutboxKey, OutboxLead, OutboxPartKey, RegistrationKey};
use domain::{Error, ProgramId};
use platform::forget_account::{AccountData, ForgetAccountReport, ForgetAccountRequest, Forgetting};

/// Deletes ledger entries, failures and chunks of the account until the deadline.
pub async fn forget_account(state: &AppState, request: &ForgetAccountRequest) -> Result<ForgetAccountReport, Error> {
    let mut forgetting = Forgetting::new(&state.ports, request.deadline);
    let account = forgetting.find(request).await?;
    let RegistrationKeys { chunks, failures, registrations, marks, comparisons, counts, .. } =
        RegistrationKeys::list(state).await?;
    for key in registrations {
        if !forgetting.has_time() {
            return Ok(forgetting.report(false));
        }
        if is_registration_of(&forgetting, &account, &key).await? {
            forgetting.delete(&key).await?;
        }
    }
    for key in marks.iter().filter(|key| account.webinars.contains(&key.webinar)) {
        forgetting.delete(key).await?;
    }
    let is_of_account = |webinar, program| account.webinars.contains(webinar) || account.programs.contains(program);
    for key in counts.iter().filter(|key| is_of_account(&key.webinar, &key.program)) {
        forgetting.delete(key).await?;
    }
    for key in comparisons.iter().filter(|key| account.webinars.contains(&key.webinar)) {
        forgetting.delete(key).await?;
    }
    for OutboxKey { id } in chunks {
        if !forgetting.has_time() {
            return Ok(forgetting.report(false));
        }
        let Some(head) = outbox::load_readable_head(state, &id).await? else { continue };
        let (program, more_parts, was_resumed, slot) = (head.program, head.more_parts, head.runs > 1, head.slot);
        let leads = outbox::readable_leads(state, &id, head).await?;
        if is_chunk_of(&account, program, &leads) {
            // The head comes last, so that an interrupted deletion is found again.
            for part in 1..=more_parts {
                forgetting.delete(&OutboxPartKey { id: id.clone(), part }).await?;
            }
            if was_resumed {
                forgetting.delete(&MappingCrashMarkerKey { id: id.clone() }).await?;
            }
            if let Some(slot) = slot {
                slots::free(state, &id, slot).await?;
            }
            given_up::remove(state, &id).await?;
            forgetting.delete(&OutboxKey { id }).await?;
        }
    }
    for key in failures.iter().filter(|key| account.programs.contains(&key.program)) {
        if !forgetting.has_time() {
            return Ok(forgetting.report(false));
        }
        forgetting.delete(key).await?;
    }
    failure_index::forget(state, &account.programs).await?;
    chosen_webinars::forget(state, &account).await?;
    Ok(forgetting.report(true))
}

async fn is_registration_of(
    forgetting: &Forgetting<'_>,
    account: &AccountData,
    key: &RegistrationKey,
) -> Result<bool, Error> {
    if account.webinars.contains(&key.webinar) {
        return Ok(true);
    }
    if account.kept_webinars.contains(&key.webinar) {
        return Ok(false);
    }
    // One of the programs may have been connected to this webinar before.
    let entry = forgetting.store().get_readable(key).await?;
    Ok(entry.is_some_and(|entry| account.programs.contains(&entry.program)))
}

/// Returns whether all leads of a chunk are of the account. A chunk that also has others remains: its run reports the
/// outcome of each lead.
fn is_chunk_of(account: &AccountData, program: Option<ProgramId>, leads: &[OutboxLead]) -> bool {
    let is_of_account = |lead: &OutboxLead| match lead.choice.as_ref().and_then(|choice| choice.parse().ok()) {
        Some(webinar) => account.webinars.contains(&webinar),
        None => program.is_some_and(|program| account.programs.contains(&program)),
    };
    !leads.is_empty() && leads.iter().all(is_of_account)
}
