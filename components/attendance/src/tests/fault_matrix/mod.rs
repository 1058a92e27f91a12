//! The fault matrix: each upstream call and kind of store operation with each fault, injected at the first, second or
//! third such call, once or for a while. In the end all people have the correct status.

mod case;
mod faults;
mod fixture;

use case::{Call, Case};
use fixture::{Fixture, PEOPLE};
use platform::testing::fault_injection::{FaultDuration, StoreKind, run_cases};
use std::collections::BTreeSet;

/// Minimum number of cases, so that the matrix does not shrink unnoticed.
const MIN_CASES: usize = 1_350;

/// The calls that count towards upstream limits.
const UPSTREAM: [Call; 10] = [
    Call::Webinar,
    Call::Panelists,
    Call::Instances,
    Call::Report,
    Call::Registrants,
    Call::Absentees,
    Call::Members,
    Call::LeadCreate,
    Call::LeadLookup,
    Call::Status,
];

/// Returns how often each upstream call is made without a fault.
fn baseline() -> [usize; 10] {
    let mut fixture = Fixture::new(None, StoreKind::Strict);
    fixture.run();
    assert_eq!(violations(false, &mut fixture), Vec::<String>::new());
    UPSTREAM.map(|call| fixture.faults.times(call))
}

/// Returns the violated expectations. `may_miscount`: whether new leads may count as existing ones.
fn violations(may_miscount: bool, fixture: &mut Fixture) -> Vec<String> {
    let mut violations = fixture.slow_requests.clone();
    let view = fixture.view();
    if view["phase"] != "done" || !view["problem"].is_null() {
        violations.push(format!("unexpected end: {view}"));
    }
    let new_leads = view["new_leads"].as_u64().unwrap_or(99);
    let least = if may_miscount { 0 } else { 2 };
    if (view["attended"].as_u64(), view["no_show"].as_u64()) != (Some(4), Some(3)) || !(least..=2).contains(&new_leads)
    {
        violations.push(format!("unexpected counts: {view}"));
    }
    for (name, expected) in PEOPLE {
        let leads = fixture.env.leads(&format!("{name}@x.test")).len();
        let status = fixture.env.status(name);
        if (leads, status.as_str()) != (1, expected) {
            violations.push(format!("{name} has {leads} leads and status {status:?}"));
        }
    }
    let mut seen = BTreeSet::new();
    for (lead, status) in fixture.env.status_changes() {
        if !seen.insert((lead, status.clone())) || (status == "No Show" && seen.contains(&(lead, "Attended".into()))) {
            violations.push(format!("lead {lead} is set to {status} after {seen:?}"));
        }
    }
    let is_kept = |key: &String| key.contains(":presences:") || key.ends_with(":work");
    let left: Vec<_> = fixture
        .env
        .memory
        .dump()
        .into_keys()
        .filter(|key| key.starts_with("attendance:1001:") && !is_kept(key))
        .collect();
    if !left.is_empty() {
        violations.push(format!("left over: {left:?}"));
    }
    violations
}

/// Returns the calls that were made too often: a process that is killed once repeats at most one page of each list or
/// one batch.
fn excess_calls(case: Case, fixture: &Fixture, baseline: [usize; 10]) -> Vec<String> {
    if !case.fault.kills() || case.duration != FaultDuration::Once {
        return Vec::new();
    }
    let made = UPSTREAM.map(|call| fixture.faults.times(call));
    let more = |(call, (made, baseline)): (Call, (usize, usize))| {
        (made > baseline + 1).then(|| format!("{call:?} was made {made} times instead of {baseline}"))
    };
    UPSTREAM.into_iter().zip(made.into_iter().zip(baseline)).filter_map(more).collect()
}

fn run_case(case: Case, store: StoreKind, baseline: [usize; 10]) -> Vec<String> {
    let mut fixture = Fixture::new(Some(case), store);
    fixture.run();
    let may_miscount = case::may_miscount_new_leads(case) || store == StoreKind::FailingHalfway;
    let mut violations = violations(may_miscount, &mut fixture);
    if !fixture.faults.was_injected() {
        violations.push("the fault was not injected".to_owned());
    }
    if store == StoreKind::Strict {
        violations.extend(excess_calls(case, &fixture, baseline));
    }
    violations
}

#[test]
fn all_people_have_the_correct_status_after_any_fault() {
    let baseline = baseline();
    run_cases("attendance", &case::all(), MIN_CASES, |case| run_case(case, StoreKind::Strict, baseline));
}

/// Returns every fifth case: each call, and each fault of some calls.
fn some_cases() -> Vec<Case> {
    case::all().into_iter().step_by(5).collect()
}

#[test]
fn all_people_have_the_correct_status_after_any_fault_on_a_store_whose_reads_lag() {
    let run = |case| run_case(case, StoreKind::Lagging, [0; 10]);
    run_cases("attendance, a store that lags", &some_cases(), MIN_CASES / 5, run);
}

#[test]
fn all_people_have_the_correct_status_after_any_fault_on_a_store_that_fails_half_way() {
    let run = |case| run_case(case, StoreKind::FailingHalfway, [0; 10]);
    run_cases("attendance, a store that fails half-way", &some_cases(), MIN_CASES / 5, run);
}
