//! The fault matrix: every upstream call and every kind of store call × every fault, struck at the first, second or third
//! such call, once or for a while. In the end everybody is Attended or No Show, as they were.

mod case;
mod script;
mod stage;

use case::{Call, Case, Lasting};
use stage::{EVERYBODY, Stage};
use std::collections::BTreeSet;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Fewer cases would mean that the matrix has shrunk.
const AT_LEAST: usize = 1_100;

/// The calls that cost something.
const UPSTREAM: [Call; 8] = [
    Call::Instances,
    Call::Report,
    Call::Registrants,
    Call::Absentees,
    Call::Members,
    Call::LeadsMade,
    Call::LeadsFound,
    Call::Status,
];

/// How often each of them is made when nothing fails.
fn usual() -> [usize; 8] {
    let mut stage = Stage::new(None);
    stage.play();
    assert_eq!(wrongs(None, &mut stage), Vec::<String>::new());
    UPSTREAM.map(|call| stage.faults.times(call))
}

fn wrongs(case: Option<Case>, stage: &mut Stage) -> Vec<String> {
    let mut wrongs = stage.slow.clone();
    let view = stage.view();
    if view["phase"] != "done" || !view["problem"].is_null() {
        wrongs.push(format!("it ends as {view}"));
    }
    let new_leads = view["new_leads"].as_u64().unwrap_or(99);
    let least = if case.is_some_and(|case| case.may_lose_count()) { 0 } else { 2 };
    if (view["attended"].as_u64(), view["no_show"].as_u64()) != (Some(4), Some(3)) || !(least..=2).contains(&new_leads)
    {
        wrongs.push(format!("it counts {view}"));
    }
    for (name, expected) in EVERYBODY {
        let leads = stage.world.leads(&format!("{name}@x.test")).len();
        let status = stage.world.status(name);
        if (leads, status.as_str()) != (1, expected) {
            wrongs.push(format!("{name} has {leads} leads and ends as {status:?}"));
        }
    }
    let mut seen = BTreeSet::new();
    for (lead, status) in &stage.world.marketo().changes {
        if !seen.insert((*lead, status.clone())) || (status == "No Show" && seen.contains(&(*lead, "Attended".into())))
        {
            wrongs.push(format!("lead {lead} is set to {status} after {seen:?}"));
        }
    }
    let is_kept = |key: &String| key.contains(":stays:") || key.ends_with(":work");
    let left: Vec<_> = stage
        .world
        .memory
        .dump()
        .into_keys()
        .filter(|key| key.starts_with("attendance:1001:") && !is_kept(key))
        .collect();
    if !left.is_empty() {
        wrongs.push(format!("left over: {left:?}"));
    }
    wrongs
}

/// A process that is killed once does again at most one page of each list or one batch.
fn repeats(case: Case, stage: &Stage, usual: [usize; 8]) -> Vec<String> {
    if !case.effect.kills() || case.lasting != Lasting::Once {
        return Vec::new();
    }
    let made = UPSTREAM.map(|call| stage.faults.times(call));
    let more = |(call, (made, usual)): (Call, (usize, usize))| {
        (made > usual + 1).then(|| format!("{call:?} is made {made} times, usually {usual}"))
    };
    UPSTREAM.into_iter().zip(made.into_iter().zip(usual)).filter_map(more).collect()
}

fn play(case: Case, usual: [usize; 8]) -> Vec<String> {
    let mut stage = Stage::new(Some(case));
    stage.play();
    let mut wrongs = wrongs(Some(case), &mut stage);
    if !stage.faults.has_struck() {
        wrongs.push("the fault never struck".to_owned());
    }
    wrongs.extend(repeats(case, &stage, usual));
    wrongs
}

#[test]
fn everybody_is_accounted_for_whatever_fails() {
    let usual = usual();
    let cases = Case::all();
    // Past the capture of a test that passes.
    writeln!(std::io::stderr(), "attendance: {} cases", cases.len()).unwrap();
    assert!(cases.len() >= AT_LEAST, "only {} cases", cases.len());
    let mut failed = Vec::new();
    for case in &cases {
        let wrongs = catch_unwind(AssertUnwindSafe(|| play(*case, usual)));
        let wrongs = wrongs.unwrap_or_else(|_| vec!["it panicked".to_owned()]);
        if !wrongs.is_empty() {
            failed.push(format!("{case:?}: {}", wrongs.join("; ")));
        }
    }
    assert!(failed.is_empty(), "{} of {} cases end wrongly:\n{}", failed.len(), cases.len(), failed.join("\n"));
}
