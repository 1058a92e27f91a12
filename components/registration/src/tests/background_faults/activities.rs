//! Changes of the status in Marketo: each lead is registered in Zoom once, and has its link (R23).

use super::call::{Call, Case};
use super::env::Env;
use crate::tests::fixture::{email, lead_id};
use crate::tests::peers::REGISTRANTS;
use platform::testing::fault_injection::{Fault, StoreKind, run_cases};

const LEADS: u64 = 3;

const CALLS: [Call; 19] = [
    Call::ZoomToken,
    Call::Registrants,
    Call::Questions,
    Call::Add,
    Call::Identity,
    Call::PagingToken,
    Call::Activities,
    Call::FindLeads,
    Call::MemberRead,
    Call::MemberData,
    Call::Read("activity-cursor"),
    Call::Write("activity-cursor"),
    Call::Read("failure:"),
    Call::Write("failure:"),
    Call::Write("failure-index:"),
    Call::Read("registration:"),
    Call::Write("registration:"),
    Call::Read("program:"),
    Call::Read("chunk-slot:"),
];

fn run(case: Case, has_replica: bool) -> Vec<String> {
    let mut env = Env::new(case);
    env.base.add_leads(LEADS);
    // Without a cursor, the first poll asks for a token.
    if case.injection.call != Call::PagingToken {
        env.tick();
    }
    if has_replica {
        env.add_replica();
    }
    env.base.set_members(1..=LEADS, "Registered");
    env.plan.pause(false);
    env.settle();
    errors(case, &env)
}

fn errors(case: Case, env: &Env) -> Vec<String> {
    let mut errors = env.common_errors();
    let calls = env.base.zoom.log().matching("POST", REGISTRANTS);
    for number in 1..=LEADS {
        let address = email(number);
        let registrants = env.base.registrants().into_iter().filter(|(email, _)| *email == address).count();
        if registrants != 1 {
            errors.push(format!("lead {} is in Zoom {registrants} times", lead_id(number)));
            continue;
        }
        let registrant = env.base.registrant(&address);
        let expected = (registrant.join_url, registrant.id, "Registered".to_owned());
        if env.base.membership(number) != expected {
            errors.push(format!("lead {number} is {:?}", env.base.membership(number)));
        }
        let is_added = |call: &&fakes::support::Entry| call.status == Some(201) && call.body["email"] == *address;
        let added = calls.iter().filter(is_added).count();
        // A call that Zoom executes late, after its timeout, cannot be prevented.
        if added != 1 && case.injection.fault != Fault::Late {
            errors.push(format!("lead {number} was added {added} times"));
        }
    }
    errors
}

#[test]
fn r23_status_changes_survive_every_fault() {
    run_cases("activities", &Case::all(&CALLS, 1), 450, |case| run(case, false));
}

#[test]
fn r23_two_replicas_survive_every_fault() {
    // One replica attempts all leads, in a batch, so that it makes these calls once.
    let is_made = |case: &Case| {
        case.injection.nth == 1 || !matches!(case.injection.call, Call::Questions | Call::FindLeads | Call::MemberData)
    };
    let cases: Vec<_> = Case::all(&CALLS, 2).into_iter().step_by(4).filter(is_made).collect();
    run_cases("activities, two replicas", &cases, 150, |case| run(case, true));
}

#[test]
fn r23_status_changes_survive_faults_on_a_store_that_lags() {
    run_cases("activities, a store that lags", &Case::some_on(StoreKind::Lagging, &CALLS, 1), 70, |case| {
        run(case, false)
    });
}
