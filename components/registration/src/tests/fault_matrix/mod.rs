//! The fault matrix: every upstream call × every fault, on the first or the second such call, once, for a while, or for
//! longer than a chunk waits; over a store that shows each write at once, one whose reads lag, and one that fails half-way. In the
//! end every person is registered in Zoom exactly once, with the join link in Marketo.

mod case;
mod end_state;
mod fault_plan;
mod fixture;
mod webhook;

use case::{A_WHILE, Call, Case, TOO_LONG};
use fixture::{FaultFixture, chunk_lead};
use platform::testing::fault_injection::{FaultDuration, StoreKind, run_cases};

/// The first chunk, and one that another instance gets. Lead 8 shares the address of lead 4.
const CHUNKS: [(&str, &[u64]); 2] = [("first", &[1, 2, 3, 4, 5]), ("second", &[6, 7, 8])];

/// Returns whether a chunk makes the call of a case. A chunk's lead is in the outbox, so its failure record is deleted
/// only after a failure.
fn is_made_by_chunks(case: &Case) -> bool {
    case.injection.call != Call::FailureDelete
}

fn run_chunks(case: Case) -> Vec<String> {
    let mut fixture = FaultFixture::new(case);
    // Enough to need parts.
    let notes_len = if case.injection.call == Call::OutboxPartDelete { 25_000 } else { 0 };
    for (name, ids) in CHUNKS {
        let leads: Vec<_> = ids.iter().map(|&id| chunk_lead(id, notes_len)).collect();
        fixture.submit(name, &leads);
        fixture.restart();
    }
    fixture.tick_until_idle();
    let mut errors = end_state::people_errors(case, &fixture, &CHUNKS.map(|(_, leads)| leads));
    errors.extend(end_state::chunk_errors(case, &fixture, &CHUNKS));
    errors
}

#[test]
fn chunks_survive_every_transient_fault() {
    let mut cases = Case::all(&[FaultDuration::Once, A_WHILE]);
    cases.retain(|case| is_made_by_chunks(case) && !case.may_fail_first());
    run_cases("chunks, transient faults", &cases, 900, run_chunks);
}

#[test]
fn r12_chunks_survive_every_fault_on_a_store_whose_reads_lag() {
    let mut cases = Case::some_on(StoreKind::Lagging, &[FaultDuration::Once, A_WHILE, TOO_LONG]);
    cases.retain(is_made_by_chunks);
    run_cases("chunks, a store that lags", &cases, 250, run_chunks);
}

#[test]
fn r12_chunks_survive_every_fault_on_a_store_that_fails_half_way() {
    let mut cases = Case::some_on(StoreKind::FailingHalfway, &[FaultDuration::Once, A_WHILE, TOO_LONG]);
    cases.retain(is_made_by_chunks);
    run_cases("chunks, a store that fails half-way", &cases, 250, run_chunks);
}

#[test]
fn leads_that_were_called_back_as_failed_are_registered_later() {
    let mut cases = Case::all(&[FaultDuration::Once, A_WHILE, TOO_LONG]);
    cases.retain(|case| is_made_by_chunks(case) && case.may_fail_first());
    run_cases("chunks, lasting faults", &cases, 300, run_chunks);
}
