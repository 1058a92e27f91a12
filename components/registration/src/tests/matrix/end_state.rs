//! What has to be true in the end, whatever failed on the way.

use super::case::Case;
use super::stage::{GOOD, NAMELESS, Stage, address};
use crate::tests::world::WEBINAR;
use crate::tests::zoom::link;
use platform::rehearsal::Effect;
use serde_json::Value;

/// What is wrong with chunks that were handed over: tokens and their leads.
pub(super) fn of_chunks(case: Case, stage: &Stage, chunks: &[(&str, &[u64])]) -> Vec<String> {
    let mut wrongs = callbacks(case, stage, chunks);
    let records = stage.world.memory.dump();
    for (key, value) in records.iter().filter(|(key, _)| key.starts_with("outbox:")) {
        let value: Value = serde_json::from_slice(value).unwrap();
        if value["problem"].is_null() || !case.may_give_up_the_callback() {
            wrongs.push(format!("left over: {key}"));
        }
    }
    wrongs
}

/// What is wrong with people, who were asked for in some groups of leads: everybody has to be in Zoom once with their
/// link in Marketo, and who cannot be is Registration Error.
pub(super) fn of_people(case: Case, stage: &Stage, groups: &[&[u64]]) -> Vec<String> {
    let mut wrongs = stage.slow.clone();
    if !stage.faults.has_struck() {
        wrongs.push("the fault never struck".to_owned());
    }
    let zoom = stage.world.zoom.lock().unwrap();
    let marketo = stage.world.marketo.lock().unwrap();
    for id in GOOD {
        let email = address(id);
        let registered = zoom.registrants.iter().filter(|(known, _)| known.eq_ignore_ascii_case(&email)).count();
        if registered != 1 {
            wrongs.push(format!("lead {id} is in Zoom {registered} times"));
        }
        // Who asks for an address cannot know of an addition that somebody else could not write down. And a call that is
        // carried out after we gave it up can only be overtaken.
        let is_same = |other: &u64| address(*other).eq_ignore_ascii_case(&email);
        let asked = groups.iter().filter(|group| group.iter().any(is_same)).count();
        let asked = if case.may_lose_an_addition() { asked } else { 1 };
        let added = stage.faults.added(&email) as usize;
        if !(1..=asked).contains(&added) && case.effect != Effect::Late {
            wrongs.push(format!("lead {id} was added {added} times"));
        }
        let data = marketo.data.get(&id).cloned().unwrap_or_default();
        if data["webinarUrl"] != link(WEBINAR, &email)
            || data["registrationCode"] != format!("r-{}", email.to_lowercase())
        {
            wrongs.push(format!("lead {id} has member data {data}"));
        }
        let set: Vec<_> = marketo.history.iter().filter(|(lead, _)| *lead == id).map(|(_, status)| status).collect();
        if set.iter().any(|status| *status != "Registered") && !case.may_fail_first() {
            wrongs.push(format!("lead {id} was set to {set:?}"));
        }
        if marketo.statuses[&id] != "Registered" {
            wrongs.push(format!("lead {id} ends as {}", marketo.statuses[&id]));
        }
    }
    for id in NAMELESS {
        if marketo.statuses[&id] != "Registration Error" {
            wrongs.push(format!("lead {id} without a last name ends as {}", marketo.statuses[&id]));
        }
    }
    if zoom.registrants.len() != GOOD.len() - 2 {
        wrongs.push(format!("Zoom has {} registrants", zoom.registrants.len()));
    }
    let adds = stage.faults.most_adds_a_day();
    if adds > 3 {
        wrongs.push(format!("{adds} add calls for one address on one day"));
    }
    wrongs
}

/// Whether each chunk has one callback with everybody's outcome.
fn callbacks(case: Case, stage: &Stage, chunks: &[(&str, &[u64])]) -> Vec<String> {
    let mut wrongs = Vec::new();
    let marketo = stage.world.marketo.lock().unwrap();
    for (token, leads) in chunks {
        let taken: Vec<_> = marketo.callbacks.iter().filter(|(_, body)| body["token"] == *token).collect();
        let [(_, body)] = &taken[..] else {
            if !(taken.is_empty() && case.may_give_up_the_callback()) {
                wrongs.push(format!("{} callbacks for {token}", taken.len()));
            }
            continue;
        };
        let rows = body["objectData"].as_array().unwrap();
        let mut told: Vec<_> = rows.iter().filter_map(|row| row["leadData"]["id"].as_u64()).collect();
        told.sort_unstable();
        if told != **leads {
            wrongs.push(format!("the callback for {token} tells of {told:?}"));
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
                wrongs.push(format!("the callback says {row}"));
            }
        }
    }
    wrongs
}
