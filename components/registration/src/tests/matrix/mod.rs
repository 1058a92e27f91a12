//! The fault matrix: every upstream call × every fault, struck at the first or the second such call, once, for a while,
//! or for longer than a chunk waits. In the end everybody is in Zoom exactly once, with their link in Marketo.

mod case;
mod end_state;
mod faults;
mod stage;
mod webhook;

use case::{A_WHILE, Call, Case, Lasting, TOO_LONG};
use stage::{Stage, person};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The first chunk, and one that comes to another instance. Its lead 8 has lead 4's address.
const CHUNKS: [(&str, &[u64]); 2] = [("first", &[1, 2, 3, 4, 5]), ("second", &[6, 7, 8])];

/// Plays cases and tells of those that end wrongly. `floor`: fewer cases would mean that the matrix has shrunk.
fn play_all(name: &str, cases: &[Case], floor: usize, play: impl Fn(Case) -> Vec<String>) {
    // Past the capture of a test that passes.
    writeln!(std::io::stderr(), "{name}: {} cases", cases.len()).unwrap();
    assert!(cases.len() >= floor, "only {} cases", cases.len());
    let mut failed = Vec::new();
    for &case in cases {
        let wrongs = catch_unwind(AssertUnwindSafe(|| play(case))).unwrap_or_else(|_| vec!["it panicked".to_owned()]);
        if !wrongs.is_empty() {
            failed.push(format!("{case:?}: {}", wrongs.join("; ")));
        }
    }
    assert!(failed.is_empty(), "{} of {} cases end wrongly:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

/// A lead of a chunk is kept in the outbox, so nothing is left to forget when it is registered at once.
fn is_on_the_way(case: &Case) -> bool {
    case.call != Call::FailureDelete
}

fn play_chunks(case: Case) -> Vec<String> {
    let mut stage = Stage::new(case);
    // Enough to need parts.
    let notes = if case.call == Call::OutboxPartDelete { 25_000 } else { 0 };
    for (token, ids) in CHUNKS {
        let leads: Vec<_> = ids.iter().map(|&id| person(id, notes)).collect();
        stage.deliver(token, &leads);
        stage.start();
    }
    stage.tick_until_quiet();
    let mut wrongs = end_state::of_people(case, &stage, &CHUNKS.map(|(_, leads)| leads));
    wrongs.extend(end_state::of_chunks(case, &stage, &CHUNKS));
    wrongs
}

#[test]
fn a_chunk_comes_through_every_fault_that_passes() {
    let mut cases = Case::all(&[Lasting::Once, A_WHILE]);
    cases.retain(|case| is_on_the_way(case) && !case.may_fail_first());
    play_all("chunks, faults that pass", &cases, 900, play_chunks);
}

#[test]
fn who_was_told_to_have_failed_is_registered_later() {
    let mut cases = Case::all(&[Lasting::Once, A_WHILE, TOO_LONG]);
    cases.retain(|case| is_on_the_way(case) && case.may_fail_first());
    play_all("chunks, faults that last", &cases, 300, play_chunks);
}
