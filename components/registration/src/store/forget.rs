//! Deletes the records of an account that removed the app (R17). An unreadable record is logged and skipped, so that it
//! does not keep the others.

use super::keys::RegistrationKeys;
use super::{chosen_webinars, chunk_leads, failure_index, outbox};
use crate::flow_step::end_chunk;
use crate::state::AppState;
use domain::Error;
use domain::records::{FailureKey, Outbox, OutboxId, OutboxKey, OutboxLead, Registration, RegistrationKey};
use futures::FutureExt;
use platform::concurrency::run_bounded;
use platform::forget_account::{AccountData, ForgetAccountReport, ForgetAccountRequest, Forgetting};
use std::collections::BTreeSet;

/// Number of records that are read together.
const BATCH: usize = 64;

/// Maximum number of records read at once.
const MAX_CONCURRENT: usize = 16;

/// Deletes ledger entries, failures and chunks of the account until the deadline. Chunks come first, so that their workers write
/// no more entries.
pub async fn forget_account(state: &AppState, request: &ForgetAccountRequest) -> Result<ForgetAccountReport, Error> {
    let mut forgetting = Forgetting::new(&state.ports, request.deadline);
    let keys = forgetting.list().await?;
    let mut account = forgetting.find(request, &keys).await?;
    let RegistrationKeys { chunks, failures, registrations, marks, comparisons, counts, .. } =
        RegistrationKeys::of(keys);
    let mut is_complete = true;
    for OutboxKey { id } in chunks {
        if !forgetting.has_time() {
            return Ok(forgetting.report(false));
        }
        let Some(head) = outbox::load_readable_head(state, &id).await? else { continue };
        // An earlier call may have begun to end it, and deleted since what showed its account.
        let is_known = head.ending.is_some() || account.has(head.source.as_ref(), head.program);
        if !is_known && !is_chosen(state, &account, &id, &head).await? {
            continue;
        }
        if end_chunk::end(state, &id, request.deadline).await? {
            forgetting.count();
        } else {
            is_complete = false;
        }
    }
    for batch in registrations.chunks(BATCH) {
        if !forgetting.has_time() {
            return Ok(forgetting.report(false));
        }
        let reads = batch.iter().map(|key| read_unless_known(state, &account, key).boxed()).collect();
        for (key, read) in batch.iter().zip(run_bounded(MAX_CONCURRENT, reads).await) {
            let is_of_account = match read? {
                Entry::Known(is_of_account) => is_of_account,
                Entry::Read(entry) => {
                    let is_of_account = account.has(entry.source.as_ref(), Some(entry.program));
                    if is_of_account && entry.source.is_some() {
                        account.add_webinar(key.webinar);
                    }
                    is_of_account
                }
            };
            if is_of_account {
                forgetting.delete(key).await?;
            }
        }
    }
    for key in marks.iter().filter(|key| account.webinars.contains(&key.webinar)) {
        forgetting.delete(key).await?;
    }
    for key in counts {
        let stored = forgetting.store().get_readable(&key).await?;
        let source = stored.and_then(|counts| counts.source);
        if account.webinars.contains(&key.webinar) || account.has(source.as_ref(), Some(key.program)) {
            forgetting.delete(&key).await?;
        }
    }
    for key in comparisons {
        let stored = forgetting.store().get_readable(&key).await?;
        let source = stored.and_then(|comparison| comparison.source);
        if account.webinars.contains(&key.webinar) || account.has(source.as_ref(), None) {
            forgetting.delete(&key).await?;
        }
    }
    let mut gone = BTreeSet::new();
    for key in failures {
        if !forgetting.has_time() {
            return Ok(forgetting.report(false));
        }
        let stored = forgetting.store().get_readable(&key).await?;
        let source = stored.and_then(|failure| failure.source);
        if account.has(source.as_ref(), Some(key.program)) {
            forgetting.delete(&key).await?;
            gone.insert((key.program, key.lead));
        }
    }
    let is_gone = |key: &FailureKey| account.programs.contains(&key.program) || gone.contains(&(key.program, key.lead));
    failure_index::forget(state, is_gone).await?;
    chosen_webinars::forget(state, &account).await?;
    Ok(forgetting.report(is_complete))
}

/// Returns whether all leads of another account's chunk chose webinars of the account. A chunk that also has others remains:
/// its run reports the outcome of each lead.
async fn is_chosen(state: &AppState, account: &AccountData<'_>, id: &OutboxId, head: &Outbox) -> Result<bool, Error> {
    let is_of_account = |lead: &OutboxLead| {
        let webinar = lead.choice.as_ref().and_then(|choice| choice.trim().parse().ok());
        webinar.is_some_and(|webinar| account.webinars.contains(&webinar))
    };
    if head.leads.is_empty() || !head.leads.iter().all(is_of_account) {
        return Ok(false);
    }
    Ok(chunk_leads::readable_leads(state, id, head.clone()).await?.iter().all(is_of_account))
}

/// A ledger entry of which it is to be decided whether it belongs to the account.
enum Entry {
    /// Its webinar tells, or it is gone or unreadable.
    Known(bool),
    /// The entry itself tells.
    Read(Registration),
}

async fn read_unless_known(state: &AppState, account: &AccountData<'_>, key: &RegistrationKey) -> Result<Entry, Error> {
    if account.webinars.contains(&key.webinar) {
        return Ok(Entry::Known(true));
    }
    // A webinar belongs to one account.
    if account.kept_webinars.contains(&key.webinar) {
        return Ok(Entry::Known(false));
    }
    // A program was disconnected, or connected to this webinar before.
    let entry = state.ports.store().get_readable(key).await?;
    Ok(entry.map_or(Entry::Known(false), Entry::Read))
}
