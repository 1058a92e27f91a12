//! The same faults for single leads within requests. Who is answered with an outcome or 503 does not ask again, and
//! neither does whoever is cut off by a dying process: the tick finishes what was begun. Or they do ask again, as people
//! who repeat a campaign do, and that costs nothing.

use super::case::{A_WHILE, Call, Case, Lasting};
use super::stage::{NAMELESS, Stage, address};
use super::{end_state, play_all};
use crate::tests::world::{PROGRAM, WEBINAR};
use crate::tests::zoom::link;
use domain::time::SignedDuration;
use platform::rehearsal::Effect;
use serde_json::{Value, json};

/// In the order in which their requests come; those of the second group come to another instance.
const REQUESTS: [&[u64]; 2] = [&[1, 2, 3, 4, 5], &[6, 7, 8]];

/// A request is repeated this often, by whoever repeats at once.
const REPEATS: usize = 5;

/// What whoever asked does when the process dies over the request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// Leaves it at that, unless nothing was written down of the lead.
    Leaves,
    /// Asks again a second later.
    Repeats,
}

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

/// Whether the process dies when all is done, so that nothing is left to be known.
fn dies_at_the_end(case: Case) -> bool {
    case.call == Call::FailureDelete && case.effect == Effect::KilledAfter
}

/// Whether a lead without an outcome may be unknown to the tick: the store failed, or the process died, before or at the
/// very write that tells of it.
fn may_be_unknown(case: Case) -> bool {
    matches!(case.call, Call::ConnectionRead | Call::FailureRead | Call::FailureWrite)
}

/// Asks for a lead until there is an outcome, or the tick knows of it. Tells what is wrong.
fn ask(case: Case, cut: Cut, stage: &mut Stage, id: u64) -> Vec<String> {
    let mut wrongs = Vec::new();
    let mut repeats = 0;
    loop {
        let answer = stage.send("/registration/webhook", &body(id));
        let is_known = stage.world.memory.dump().contains_key(&format!("failure:{PROGRAM}:{id}"));
        let pause = match &answer {
            Some((status, answer)) => {
                wrongs.extend(wrong(case, id, *status, answer));
                if *status == 200 || is_known {
                    return wrongs;
                }
                SignedDuration::from_mins(1)
            }
            None if cut == Cut::Repeats && repeats < REPEATS => SignedDuration::from_secs(1),
            None if is_known || dies_at_the_end(case) => return wrongs,
            None => SignedDuration::from_mins(1),
        };
        if !is_known && !may_be_unknown(case) && !dies_at_the_end(case) {
            wrongs.push(format!("nothing is known of lead {id}"));
        }
        let length = if answer.is_none() && repeats < REPEATS { SignedDuration::ZERO } else { case.length() };
        repeats += 1;
        let later = stage.rehearsal.now() + length + pause;
        stage.rehearsal.move_to(later);
    }
}

fn play(case: Case, cut: Cut) -> Vec<String> {
    let mut stage = Stage::new(case);
    let mut wrongs = Vec::new();
    for group in REQUESTS {
        for &id in group {
            wrongs.extend(ask(case, cut, &mut stage, id));
        }
        stage.start();
    }
    stage.tick_until_quiet();
    // Each lead is a request of its own.
    let leads = REQUESTS.concat();
    let requests: Vec<_> = leads.iter().map(std::slice::from_ref).collect();
    wrongs.extend(end_state::of_people(case, &stage, &requests));
    let records = stage.world.memory.dump();
    let left: Vec<_> = records.keys().filter(|key| key.starts_with("failure:")).collect();
    // Those of people whom nobody can register.
    if left != NAMELESS.map(|id| format!("failure:{PROGRAM}:{id}")).iter().collect::<Vec<_>>() {
        wrongs.push(format!("left over: {left:?}"));
    }
    wrongs
}

#[test]
fn a_single_lead_is_answered_and_registered_in_the_end_whatever_fails() {
    let mut cases = Case::all(&[Lasting::Once, A_WHILE]);
    cases.retain(is_on_the_way);
    play_all("webhook", &cases, 950, |case| play(case, Cut::Leaves));
}

#[test]
fn r12_a_single_lead_that_is_asked_for_again_after_each_death_is_registered_by_three_add_calls_at_most() {
    let mut cases = Case::all(&[Lasting::Once, A_WHILE]);
    cases.retain(|case| is_on_the_way(case) && case.effect.kills());
    play_all("webhook, repeated after each death", &cases, 60, |case| play(case, Cut::Repeats));
}
