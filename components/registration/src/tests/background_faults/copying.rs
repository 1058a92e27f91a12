//! Registrations of Zoom's own page: each person is one lead, and a member of both programs with the link; nobody is added
//! in Zoom (R10).

use super::call::{Call, Case};
use super::env::Env;
use crate::tests::fixture::{MARKETO_PROGRAM, PROGRAM, WEBINAR};
use crate::tests::following::{OTHER_PROGRAM, WITH_CANCELLED};
use fakes::zoom::NewRegistrant;
use futures::FutureExt;
use platform::testing::fault_injection::{StoreKind, run_cases};
use serde_json::json;

/// The people. Each registers with an event. The last one has a lead.
const PEOPLE: [&str; 3] = ["ada@example.com", "bob@example.com", "eve@example.com"];

const CALLS: [Call; 17] = [
    Call::ZoomToken,
    Call::Registrant,
    Call::Webinar,
    Call::Panelists,
    Call::Identity,
    Call::FindLeads,
    Call::CreateLeads,
    Call::MemberData,
    Call::SetStatus,
    Call::Read("registration:"),
    Call::Write("registration:"),
    Call::Read("worker:copy"),
    Call::Write("worker:copy"),
    Call::Read("registrants-changed:"),
    Call::Read("program:"),
    Call::Read("service:"),
    Call::Read("chunk-slot:"),
];

/// The calls of a comparison that finds people whose events were lost.
const COMPARISON_CALLS: [Call; 11] = [
    Call::Registrants,
    Call::Webinar,
    Call::FindLeads,
    Call::CreateLeads,
    Call::MemberRead,
    Call::MemberData,
    Call::SetStatus,
    Call::Read("registration:"),
    Call::Write("registration:"),
    Call::Write("worker:copy"),
    Call::Write("reconciled:"),
];

/// Returns an environment in which two programs copy, and whose webinar was compared once.
fn copying(case: Case) -> Env {
    let mut env = Env::new(case);
    let base = &env.base;
    let arranged = async {
        base.add_lead(&json!({"email": PEOPLE[2], "firstName": "E"}));
        base.set_channel(PROGRAM, &WITH_CANCELLED).await;
        base.set_copying(PROGRAM, true).await;
        base.connect_other_program().await;
        base.index(&[PROGRAM, OTHER_PROGRAM]).await;
    };
    arranged.now_or_never().expect("the store in memory does not wait");
    env.tick();
    env
}

fn register(env: &mut Env, email: &str) {
    let person = NewRegistrant { email: email.to_owned(), first_name: "F".to_owned(), ..NewRegistrant::default() };
    env.run(async |base| drop(base.zoom.register_on_zoom(WEBINAR, person).await.unwrap()));
}

fn errors(env: &Env) -> Vec<String> {
    let mut errors = env.common_errors();
    for email in PEOPLE {
        let leads = env.base.marketo.leads_by_email(email);
        let [lead] = &leads[..] else {
            errors.push(format!("{email} has {} leads", leads.len()));
            continue;
        };
        for program in [MARKETO_PROGRAM, i64::try_from(OTHER_PROGRAM).unwrap()] {
            let copied = env.base.copied(program, email);
            if copied != env.base.expected(email) {
                errors.push(format!("lead {} is {copied:?} in {program}", lead.id));
            }
        }
    }
    let records = env.base.memory.dump();
    let entries: Vec<_> = records.iter().filter(|(key, _)| key.starts_with("registration:")).collect();
    let is_open = entries.iter().any(|(_, entry)| String::from_utf8_lossy(entry).contains("copy_pending"));
    if entries.len() != PEOPLE.len() || is_open {
        errors.push(format!("the ledger has {} entries, open: {is_open}", entries.len()));
    }
    if !env.base.add_calls().is_empty() {
        errors.push("somebody was added in Zoom".to_owned());
    }
    errors
}

fn run_events(case: Case) -> Vec<String> {
    let mut env = copying(case);
    env.plan.pause(false);
    for person in PEOPLE {
        register(&mut env, person);
    }
    env.settle();
    errors(&env)
}

fn run_comparisons(case: Case, has_replica: bool) -> Vec<String> {
    let mut env = copying(case);
    env.base.lose_events();
    for person in PEOPLE {
        register(&mut env, person);
    }
    if has_replica {
        env.add_replica();
    }
    let compared_again = env.simulation.now() + domain::time::SignedDuration::from_mins(31);
    env.simulation.move_to(compared_again);
    env.plan.pause(false);
    env.settle();
    errors(&env)
}

#[test]
fn r10_events_survive_every_fault() {
    run_cases("copying, events", &Case::all(&CALLS, 2), 600, run_events);
}

#[test]
fn r10_comparisons_survive_every_fault() {
    run_cases("copying, comparisons", &Case::all(&COMPARISON_CALLS, 1), 250, |case| run_comparisons(case, false));
}

#[test]
fn r10_two_replicas_survive_every_fault() {
    let cases: Vec<_> = Case::all(&COMPARISON_CALLS, 2).into_iter().step_by(3).collect();
    run_cases("copying, two replicas", &cases, 130, |case| run_comparisons(case, true));
}

#[test]
fn r10_events_survive_every_fault_on_stores_that_lag_or_fail_half_way() {
    for store in [StoreKind::Lagging, StoreKind::FailingHalfway] {
        run_cases("copying, other stores", &Case::some_on(store, &CALLS, 1), 60, run_events);
    }
}
