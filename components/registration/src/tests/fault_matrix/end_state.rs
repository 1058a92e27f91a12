//! Checks the end state of a case, which does not depend on its fault.

use super::case::Case;
use super::fixture::{FaultFixture, NAMELESS, VALID, address};
use crate::tests::fake_zoom::link;
use crate::tests::fixture::WEBINAR;
use platform::testing::fault_injection::Fault;
use serde_json::Value;

/// Returns the errors of submitted chunks, which are given as tokens with their leads.
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
    let zoom = fixture.base.zoom.lock().unwrap();
    let marketo = fixture.base.marketo.lock().unwrap();
    for id in VALID {
        let email = address(id);
        let registered = zoom.registrants.iter().filter(|(known, _)| known.eq_ignore_ascii_case(&email)).count();
        if registered != 1 {
            errors.push(format!("lead {id} is in Zoom {registered} times"));
        }
        // A request cannot know of an addition that another one could not record. A call that Zoom executes late, after
        // its timeout, cannot be prevented.
        let is_same = |other: &u64| address(*other).eq_ignore_ascii_case(&email);
        let requested = groups.iter().filter(|group| group.iter().any(is_same)).count();
        let requested = if case.may_lose_an_addition() { requested } else { 1 };
        let added = fixture.faults.added(&email) as usize;
        if !(1..=requested).contains(&added) && case.injection.fault != Fault::Late {
            errors.push(format!("lead {id} was added {added} times"));
        }
        let data = marketo.data.get(&id).cloned().unwrap_or_default();
        if data["webinarUrl"] != link(WEBINAR, &email)
            || data["registrationCode"] != format!("r-{}", email.to_lowercase())
        {
            errors.push(format!("lead {id} has member data {data}"));
        }
        let set: Vec<_> = marketo.history.iter().filter(|(lead, _)| *lead == id).map(|(_, status)| status).collect();
        if set.iter().any(|status| *status != "Registered") && !case.may_fail_first() {
            errors.push(format!("lead {id} was set to {set:?}"));
        }
        if marketo.statuses[&id] != "Registered" {
            errors.push(format!("lead {id} ends as {}", marketo.statuses[&id]));
        }
    }
    for id in NAMELESS {
        if marketo.statuses[&id] != "Registration Error" {
            errors.push(format!("lead {id} without a last name ends as {}", marketo.statuses[&id]));
        }
    }
    if zoom.registrants.len() != VALID.len() - 2 {
        errors.push(format!("Zoom has {} registrants", zoom.registrants.len()));
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
    let marketo = fixture.base.marketo.lock().unwrap();
    for (token, leads) in chunks {
        let taken: Vec<_> = marketo.callbacks.iter().filter(|(_, body)| body["token"] == *token).collect();
        let [(_, body)] = &taken[..] else {
            if !(taken.is_empty() && case.may_give_up_the_callback()) {
                errors.push(format!("{} callbacks for {token}", taken.len()));
            }
            continue;
        };
        let rows = body["objectData"].as_array().unwrap();
        let mut reported: Vec<_> = rows.iter().filter_map(|row| row["leadData"]["id"].as_u64()).collect();
        reported.sort_unstable();
        if reported != **leads {
            errors.push(format!("the callback for {token} contains {reported:?}"));
        }
        for row in rows {
            let (lead, activity) = (&row["leadData"], &row["activityData"]);
            let id = lead["id"].as_u64().unwrap();
            let is_right = if NAMELESS.contains(&id) {
                activity["registration"] == "failed" && activity["errorCode"] == "MISSING_FIELD"
            } else if activity["registration"] == "failed" {
                case.may_fail_first() && activity["errorCode"] != ""
            } else {
                activity["registration"] == "registered"
                    && activity["success"] == true
                    && lead["joinUrl"] == link(WEBINAR, &address(id))
            };
            if !is_right {
                errors.push(format!("the callback says {row}"));
            }
        }
    }
    errors
}
