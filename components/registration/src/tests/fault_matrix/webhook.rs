//! The same faults for the webhook. A caller that gets an outcome or 503 does not call again, nor does one whose
//! request is cut off by a crash: the tick finishes the lead. A caller may also call again, and that costs nothing.

use super::case::{A_WHILE, Call, Case};
use super::end_state;
use super::fixture::{FaultFixture, NAMELESS, address};
use crate::tests::fixture::{PROGRAM, lead_id};
use domain::time::SignedDuration;
use platform::testing::fault_injection::{Fault, FaultDuration, StoreKind, run_cases};
use serde_json::{Value, json};

/// The leads, in the order of their requests. Another instance gets those of the second group.
const REQUESTS: [&[u64]; 2] = [&[1, 2, 3, 4, 5], &[6, 7, 8]];

/// Maximum number of repetitions of a request.
const MAX_REPEATS: usize = 5;

/// What the caller does when a crash cuts its request off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AfterCrash {
    /// Does not call again, unless there is no record of the lead.
    GivesUp,
    /// Calls again a second later.
    Repeats,
}

/// Returns whether the webhook makes the call of a case.
fn is_made_by_the_webhook(case: &Case) -> bool {
    !matches!(
        case.injection.call,
        Call::Callback | Call::OutboxRead | Call::OutboxClaim | Call::OutboxDelete | Call::OutboxPartDelete
    )
}

fn body(id: u64) -> Value {
    // Without a status, the component reads it from Marketo.
    let status = if [5, 6].contains(&id) { "" } else { "Registered" };
    let last_name = (!NAMELESS.contains(&id)).then_some("L");
    json!({
        "program_id": PROGRAM, "lead_id": lead_id(id), "email": address(id), "first_name": "F", "last_name": last_name,
        "status": status,
    })
}

/// Returns the error of an answer.
fn answer_error(case: Case, fixture: &FaultFixture, id: u64, status: u16, answer: &Value) -> Option<String> {
    let is_right = match status {
        200 if answer["outcome"] == "registered" => answer["join_url"] == fixture.base.link(&address(id)),
        200 if NAMELESS.contains(&id) => answer["outcome"] == "failed" && answer["code"] == "MISSING_FIELD",
        200 => answer["outcome"] == "failed" && case.may_fail_first() && answer["code"].is_string(),
        503 => answer["code"].is_string(),
        _ => false,
    };
    (!is_right).then(|| format!("lead {id} is answered {status} {answer}"))
}

/// Returns whether the worker crashes after the last write, when no record is needed any more. The second read of the service is
/// that of the counts, which are written last.
fn crashes_at_the_end(case: Case) -> bool {
    let injection = case.injection;
    (injection.call == Call::FailureDelete && injection.fault == Fault::KilledAfter)
        || (injection.call == Call::ServiceRead && injection.nth == 2 && injection.fault.kills())
}

/// Returns whether a lead without an outcome may lack a record: the store failed or the worker crashed before or at the
/// write of that record.
fn may_lack_a_record(case: Case) -> bool {
    case.store == StoreKind::FailingHalfway
        || matches!(case.injection.call, Call::ConnectionRead | Call::FailureRead | Call::FailureWrite)
}

/// Calls the webhook for a lead until there is an outcome or a record. Returns errors.
fn call_until_recorded(case: Case, after_crash: AfterCrash, fixture: &mut FaultFixture, id: u64) -> Vec<String> {
    let mut errors = Vec::new();
    let mut repeats = 0;
    loop {
        let answer = fixture.send("/registration/webhook", &body(id));
        let is_recorded = fixture.base.memory.dump().contains_key(&format!("failure:{PROGRAM}:{}", lead_id(id)));
        let pause = match &answer {
            Some((status, answer)) => {
                errors.extend(answer_error(case, fixture, id, *status, answer));
                if *status == 200 || is_recorded {
                    return errors;
                }
                SignedDuration::from_mins(1)
            }
            None if after_crash == AfterCrash::Repeats && repeats < MAX_REPEATS => SignedDuration::from_secs(1),
            None if is_recorded || crashes_at_the_end(case) => return errors,
            None => SignedDuration::from_mins(1),
        };
        if !is_recorded && !may_lack_a_record(case) && !crashes_at_the_end(case) {
            errors.push(format!("lead {id} has no record"));
        }
        let length = if answer.is_none() && repeats < MAX_REPEATS {
            SignedDuration::ZERO
        } else {
            case.injection.duration.length()
        };
        repeats += 1;
        let later = fixture.simulation.now() + length + pause;
        fixture.simulation.move_to(later);
    }
}

fn run(case: Case, after_crash: AfterCrash) -> Vec<String> {
    let mut fixture = FaultFixture::new(case);
    let mut errors = Vec::new();
    for group in REQUESTS {
        for &id in group {
            errors.extend(call_until_recorded(case, after_crash, &mut fixture, id));
        }
        fixture.restart();
    }
    fixture.tick_until_idle();
    // Each lead is a request of its own.
    let leads = REQUESTS.concat();
    let requests: Vec<_> = leads.iter().map(std::slice::from_ref).collect();
    errors.extend(end_state::people_errors(case, &fixture, &requests));
    let records = fixture.base.memory.dump();
    let left: Vec<_> = records.keys().filter(|key| key.starts_with("failure:")).collect();
    // The records of leads that cannot be registered.
    if left != NAMELESS.map(|id| format!("failure:{PROGRAM}:{}", lead_id(id))).iter().collect::<Vec<_>>() {
        errors.push(format!("left over: {left:?}"));
    }
    errors
}

#[test]
fn the_webhook_survives_every_transient_fault() {
    let mut cases = Case::all(&[FaultDuration::Once, A_WHILE]);
    cases.retain(is_made_by_the_webhook);
    run_cases("webhook", &cases, 950, |case| run(case, AfterCrash::GivesUp));
}

#[test]
fn r12_the_webhook_survives_every_transient_fault_on_a_store_whose_reads_lag() {
    let mut cases = Case::some_on(StoreKind::Lagging, &[FaultDuration::Once, A_WHILE]);
    cases.retain(is_made_by_the_webhook);
    run_cases("webhook, a store that lags", &cases, 180, |case| run(case, AfterCrash::GivesUp));
}

#[test]
fn r12_the_webhook_survives_every_transient_fault_on_a_store_that_fails_half_way() {
    let mut cases = Case::some_on(StoreKind::FailingHalfway, &[FaultDuration::Once, A_WHILE]);
    cases.retain(is_made_by_the_webhook);
    run_cases("webhook, a store that fails half-way", &cases, 180, |case| run(case, AfterCrash::GivesUp));
}

#[test]
fn r12_a_call_repeated_after_each_crash_needs_three_add_calls_at_most() {
    let mut cases = Case::all(&[FaultDuration::Once, A_WHILE]);
    cases.retain(|case| is_made_by_the_webhook(case) && case.injection.fault.kills());
    run_cases("webhook, repeated after each crash", &cases, 60, |case| run(case, AfterCrash::Repeats));
}
