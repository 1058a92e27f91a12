//! The same faults for single leads within requests.

use super::case::{A_WHILE, Call, Case, Lasting};
use super::stage::{NAMELESS, Stage, address};
use super::{end_state, play_all};
use crate::tests::world::PROGRAM;
use crate::tests::world::WEBINAR;
use crate::tests::zoom::link;
use domain::time::SignedDuration;
use serde_json::{Value, json};

/// In the order in which their requests come; those of the second group come to another instance.
const REQUESTS: [&[u64]; 2] = [&[1, 2, 3, 4, 5], &[6, 7, 8]];

fn is_on_the_way(case: &Case) -> bool {
    !matches!(
        case.call,
        Call::Callback | Call::OutboxRead | Call::OutboxClaim | Call::OutboxDelete | Call::OutboxPartDelete
    )
}

fn body(id: u64) -> Value {
    // Without a status Marketo is asked.
    let status = if [5, 6].contains(&id) { "" } else { "Registered" };
    let last_name = (!NAMELESS.contains(&id)).then_some("L");
    json!({
        "program_id": PROGRAM, "lead_id": id, "email": address(id), "first_name": "F", "last_name": last_name,
        "status": status,
    })
}

/// What is wrong with an answer.
fn wrong(case: Case, id: u64, status: u16, answer: &Value) -> Option<String> {
    let is_right = match status {
        200 if answer["outcome"] == "registered" => answer["join_url"] == link(WEBINAR, &address(id)),
        200 if NAMELESS.contains(&id) => answer["outcome"] == "failed" && answer["code"] == "MISSING_FIELD",
        200 => answer["outcome"] == "failed" && case.may_fail_first() && answer["code"].is_string(),
        503 => answer["code"].is_string(),
        _ => false,
    };
    (!is_right).then(|| format!("lead {id} is answered {status} {answer}"))
}

/// Whether whoever asked has to ask again: nobody is told of a request that died with its process, and a failure that
/// could not be written down cannot be mended by the tick.
fn must_ask_again(case: Case, answer: Option<&(u16, Value)>) -> bool {
    let is_forgotten = matches!(case.call, Call::ConnectionRead | Call::FailureRead | Call::FailureWrite);
    answer.is_none_or(|(status, _)| *status == 503 && is_forgotten)
}

fn play(case: Case) -> Vec<String> {
    let mut stage = Stage::new(case);
    let mut wrongs = Vec::new();
    for group in REQUESTS {
        for &id in group {
            loop {
                let answer = stage.send("/registration/webhook", &body(id));
                wrongs.extend(answer.as_ref().and_then(|(status, answer)| wrong(case, id, *status, answer)));
                if !must_ask_again(case, answer.as_ref()) {
                    break;
                }
                let later = stage.timeline.now() + case.length() + SignedDuration::from_mins(1);
                stage.timeline.move_to(later, &stage.faults);
            }
        }
        stage.start();
    }
    stage.tick_until_quiet();
    // Each lead is a request of its own.
    let leads = REQUESTS.concat();
    let requests: Vec<_> = leads.iter().map(std::slice::from_ref).collect();
    wrongs.extend(end_state::of_people(case, &stage, &requests));
    wrongs
}

#[test]
fn a_single_lead_is_answered_and_registered_in_the_end_whatever_fails() {
    let mut cases = Case::all(&[Lasting::Once, A_WHILE]);
    cases.retain(is_on_the_way);
    play_all("webhook", &cases, 900, play);
}
