//! Checks the end state of a case, which does not depend on its fault.

use super::case::Case;
use super::fixture::{FaultFixture, NAMELESS, VALID, address};
use crate::tests::fixture::{WEBINAR, lead_id};
use fakes::marketo::campaign::Callback;
use fakes::zoom::Registrant;
use platform::testing::fault_injection::Fault;
use serde_json::Value;

/// Returns the errors of submitted chunks, which are given as names with their leads.
pub(super) fn chunk_errors(case: Case, fixture: &FaultFixture, chunks: &[(&str, &[u64])]) -> Vec<String> {
    let mut errors = callback_errors(case, fixture, chunks);
    let records = fixture.base.memory.dump();
    for (key, value) in records.iter().filter(|(key, _)| key.starts_with("outbox:")) {
        let value: Value = serde_json::from_slice(value).unwrap();
        if value["problem"].is_null() || !case.may_give_up_the_callback() {
            errors.push(format!("left over: {key}"));
        }
    }
    errors
}

/// Returns the errors of people, who were requested in groups of leads. Each valid lead must be registered in Zoom
/// once, with the join link in Marketo; each invalid one must have the status Registration Error.
pub(super) fn people_errors(case: Case, fixture: &FaultFixture, groups: &[&[u64]]) -> Vec<String> {
    let mut errors = fixture.slow_requests.clone();
    if !fixture.faults.has_occurred() {
        errors.push("the fault never occurred".to_owned());
    }
    let registrants = fixture.base.zoom.webinar(WEBINAR).unwrap().registrants;
    let calls = fixture.base.add_calls();
    for id in VALID {
        let email = address(id);
        let has_address = |one: &&Registrant| one.email.eq_ignore_ascii_case(&email);
        let registered: Vec<_> = registrants.iter().filter(has_address).collect();
        let [registrant] = registered[..] else {
            errors.push(format!("lead {id} is in Zoom {} times", registered.len()));
            continue;
        };
        // A request cannot know of an addition that another one could not record. A call that Zoom executes late, after
        // its timeout, cannot be prevented.
        let is_same = |other: &u64| address(*other).eq_ignore_ascii_case(&email);
        let requested = groups.iter().filter(|group| group.iter().any(is_same)).count();
        let requested = if case.may_lose_an_addition() { requested } else { 1 };
        let executed = calls.iter().filter(|call| call.status == Some(201));
        let added = executed.filter(|call| call.body["email"].as_str().unwrap().eq_ignore_ascii_case(&email)).count();
        if !(1..=requested).contains(&added) && case.injection.fault != Fault::Late {
            errors.push(format!("lead {id} was added {added} times"));
        }
        let member = fixture.base.member(id);
        if member.text("webinarUrl") != registrant.join_url || member.text("registrationCode") != registrant.id {
            errors.push(format!("lead {id} has member data {:?}", member.data));
        }
        let set = fixture.base.status_history(id);
        if set.iter().any(|status| *status != "Registered") && !case.may_fail_first() {
            errors.push(format!("lead {id} was set to {set:?}"));
        }
        if member.status_name != "Registered" {
            errors.push(format!("lead {id} ends as {}", member.status_name));
        }
    }
    for id in NAMELESS {
        let status = fixture.base.status(id);
        if status != "Registration Error" {
            errors.push(format!("lead {id} without a last name ends as {status}"));
        }
    }
    if registrants.len() != VALID.len() - 2 {
        errors.push(format!("Zoom has {} registrants", registrants.len()));
    }
    let adds = fixture.faults.max_adds_per_day();
    if adds > 3 {
        errors.push(format!("{adds} add calls for one address on one day"));
    }
    errors
}

/// Checks that each chunk has one callback with the outcomes of all its leads.
fn callback_errors(case: Case, fixture: &FaultFixture, chunks: &[(&str, &[u64])]) -> Vec<String> {
    let mut errors = Vec::new();
    for (name, leads) in chunks {
        // Marketo accepts one callback of a chunk.
        let chunk = fixture.base.submitted(name);
        errors.extend(chunk.violations.iter().map(|violation| format!("the callback for {name}: {violation}")));
        let Some(Callback { body, .. }) = chunk.callback else {
            if !case.may_give_up_the_callback() {
                errors.push(format!("no callback for {name}"));
            }
            continue;
        };
        let rows = body["objectData"].as_array().unwrap();
        let mut reported: Vec<_> = rows.iter().filter_map(|row| row["leadData"]["id"].as_u64()).collect();
        reported.sort_unstable();
        if reported != leads.iter().map(|&number| lead_id(number)).collect::<Vec<_>>() {
            errors.push(format!("the callback for {name} contains {reported:?}"));
        }
        for row in rows {
            let (lead, activity) = (&row["leadData"], &row["activityData"]);
            let Some(id) = leads.iter().copied().find(|&number| lead["id"] == lead_id(number)) else { continue };
            let is_right = if NAMELESS.contains(&id) {
                activity["registration"] == "failed" && activity["errorCode"] == "MISSING_FIELD"
            } else if activity["registration"] == "failed" {
                case.may_fail_first() && activity["errorCode"] != ""
            } else {
                activity["registration"] == "registered"
                    && activity["success"] == true
                    && lead["joinUrl"] == fixture.base.link(&address(id))
            };
            if !is_right {
                errors.push(format!("the callback says {row}"));
            }
        }
    }
    errors
}
