//! Failures beside the ledger. The ledger is kept by address and webinar; a lead that never came so far, or that the
//! tick tries again, has a record of its own, by program and lead.

use crate::app::App;
use crate::push::leads::Pushed;
use crate::push::outcome::{Outcome, Settled};
use domain::records::{Failure, FailureKey, ProgramKey, VERSION};
use domain::retry::next_try;
use domain::time::Timestamp;
use domain::{Code, Error, LeadId, Problem, ProgramId};
use futures::FutureExt;
use platform::together::at_most;
use zoom_client::error::next_utc_midnight;

/// Records in flight at once.
const AT_ONCE: usize = 8;

/// Brings the failure records in line with what became of some leads. `choice` tells a lead's flow-step choice.
pub async fn note(
    app: &App,
    program: ProgramId,
    pushed: &[Pushed],
    choice: impl Fn(LeadId) -> Option<String>,
) -> Result<(), Error> {
    // A program that is not connected has no failures here: Marketo was told. Of one whose account removed the app while
    // its leads were pushed nothing may stay (R17).
    if app.ports.store().get(&ProgramKey { id: program }).await?.is_none() {
        return Ok(());
    }
    let notes = pushed.iter().map(|pushed| note_one(app, program, pushed, choice(pushed.lead)).boxed());
    for noted in at_most(AT_ONCE, notes.collect()).await {
        noted?;
    }
    Ok(())
}

async fn note_one(app: &App, program: ProgramId, pushed: &Pushed, choice: Option<String>) -> Result<(), Error> {
    let problem = match &pushed.settled {
        Settled::Now(Outcome::Failed(problem)) | Settled::Later(problem) => Some(problem),
        Settled::Now(_) => None,
    };
    // What would fail again and is in the ledger has its record there.
    let problem = problem.filter(|problem| problem.code.passes() || pushed.webinar.is_none());
    let store = app.ports.store();
    let key = FailureKey { program, lead: pushed.lead };
    let before = store.get(&key).await?;
    let Some(problem) = problem else {
        if before.is_some() {
            store.delete(&key).await?;
        }
        return Ok(());
    };
    let now = app.ports.clock.now();
    let (since, tries) = before.map_or((now, 1), |before| (before.since, before.tries + 1));
    let next_try = when(problem.code, tries, now, app.ports.random.u32());
    let record =
        Failure { v: VERSION, program, lead: pushed.lead, choice, problem: problem.clone(), since, tries, next_try };
    Ok(store.put(&key, &record).await?)
}

/// Whether a lead failed and is to be tried again.
pub async fn is_tried_again(app: &App, program: ProgramId, lead: LeadId) -> Result<bool, Error> {
    let record = app.ports.store().get(&FailureKey { program, lead }).await?;
    Ok(record.is_some_and(|record| record.problem.code.passes()))
}

/// When a failure is tried again by itself, after so many tries.
pub fn when(code: Code, tries: u32, now: Timestamp, random: u32) -> Option<Timestamp> {
    match code {
        // Not the schedule's: before that Zoom refuses (R12).
        Code::DailyLimit => Some(next_utc_midnight(now)),
        code if code.passes() => next_try(tries, now, random),
        _ => None,
    }
}

/// A lead whose push did not come to an outcome at all.
pub fn without_outcome(lead: LeadId, problem: Problem) -> Pushed {
    Pushed { lead, settled: Settled::Later(problem), webinar: None }
}

/// Reads the records behind some store keys; others are passed over.
pub async fn read(app: &App, keys: &[String]) -> Result<Vec<Failure>, Error> {
    let keys: Vec<_> = keys.iter().filter_map(|key| parse_key(key)).collect();
    let reads = keys.iter().map(|key| async { app.ports.store().get(key).await }.boxed());
    let mut records = Vec::new();
    for record in at_most(AT_ONCE, reads.collect()).await {
        records.extend(record?);
    }
    Ok(records)
}

/// Reads a record's place out of a store key; `None` for keys of other kinds.
fn parse_key(key: &str) -> Option<FailureKey> {
    let (program, lead) = key.strip_prefix(PREFIX)?.split_once(':')?;
    Some(FailureKey { program: program.parse().ok()?, lead: lead.parse().ok()? })
}

/// How the keys begin.
pub const PREFIX: &str = "failure:";

/// Removes a record.
pub async fn forget(app: &App, failure: &Failure) -> Result<(), Error> {
    Ok(app.ports.store().delete(&FailureKey { program: failure.program, lead: failure.lead }).await?)
}

/// Writes a record as it is.
pub async fn write(app: &App, failure: &Failure) -> Result<(), Error> {
    Ok(app.ports.store().put(&FailureKey { program: failure.program, lead: failure.lead }, failure).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::SignedDuration;

    #[test]
    fn what_passes_is_tried_again_and_daily_limit_not_before_midnight_utc() {
        let now: Timestamp = "2026-11-02T23:00:00Z".parse().unwrap();
        assert_eq!(when(Code::DailyLimit, 9, now, 0).unwrap().to_string(), "2026-11-03T00:00:00Z");
        let soon = when(Code::ZoomUnavailable, 1, now, u32::MAX).unwrap();
        assert_eq!(soon.duration_since(now), SignedDuration::from_secs(6));
        assert_eq!(when(Code::ZoomUnavailable, 8, now, 0), None);
        for code in [Code::MissingField, Code::WebinarFull, Code::MappingRejected, Code::WebinarOver] {
            assert_eq!(when(code, 1, now, 0), None, "{code}");
        }
    }

    #[test]
    fn keys_read_back() {
        let key = FailureKey { program: 7.into(), lead: 8.into() };
        assert_eq!(parse_key(&key.to_string()), Some(key.clone()));
        assert!(key.to_string().starts_with(PREFIX));
        assert_eq!(parse_key("registration:7:8"), None);
    }
}
