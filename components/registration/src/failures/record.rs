//! Failures beside the ledger. The ledger is kept by address and webinar; a lead that never came so far, or that the
//! tick tries again, has a record of its own, by program and lead. So has one that came alone, by the webhook, as long
//! as it is under way.

use crate::app::App;
use crate::push::leads::Pushed;
use crate::push::outcome::{Outcome, Settled};
use domain::records::{Failure, FailureKey, ProgramKey, VERSION};
use domain::retry::next_try;
use domain::time::{SignedDuration, Timestamp};
use domain::{Code, Error, LeadId, Problem, ProgramId};
use futures::FutureExt;
use platform::together::at_most;
use zoom_client::error::next_utc_midnight;

/// Records in flight at once.
const AT_ONCE: usize = 8;

/// A lead that is being tried is nobody else's for this long: longer than a run, so that two ticks at once do not spend
/// two add calls, and a tick lets the webhook end.
const CLAIM: SignedDuration = SignedDuration::from_mins(1);

/// A lead which nothing else knows of, at its first try. `asks` when its status is not known.
pub fn begun(app: &App, program: ProgramId, lead: LeadId, asks: bool) -> Failure {
    // What is said of it, should we die.
    let problem = Problem::of(Code::Internal);
    let since = app.ports.clock.now();
    Failure { v: VERSION, program, lead, choice: None, problem, since, tries: 0, next_try: None, asks }
}

/// Writes down that a lead is being tried.
pub async fn claim(app: &App, failure: &Failure) -> Result<(), Error> {
    let next_try = Some(app.ports.clock.now() + CLAIM);
    write(app, &Failure { next_try, ..failure.clone() }).await
}

/// Brings the record of a lead that came alone in line with what became of it.
pub async fn end(app: &App, begun: Failure, pushed: &Pushed) -> Result<(), Error> {
    match worth_noting(pushed) {
        Some(problem) if is_connected(app, begun.program).await? => failed(app, begun, problem).await,
        // Whatever was there, there is no need to look at it first.
        Some(_) | None => forget(app, begun.program, begun.lead).await,
    }
}

/// Tells a lead's flow-step choice.
pub type Choice<'a> = &'a (dyn Fn(LeadId) -> Option<String> + Sync);

/// Brings the failure records in line with what became of some leads of a program that was connected.
pub async fn note(app: &App, program: ProgramId, pushed: &[Pushed], choice: Choice<'_>) -> Result<(), Error> {
    if is_connected(app, program).await? {
        return note_each(app, program, pushed, choice).await;
    }
    // Its account may have removed the app meanwhile, and then nothing may stay (R17).
    for pushed in pushed {
        forget(app, program, pushed.lead).await?;
    }
    Ok(())
}

/// The same, whether the program is connected or not: the admin sees that leads arrive for one that is not, and can have
/// them tried again once it is.
pub async fn note_each(app: &App, program: ProgramId, pushed: &[Pushed], choice: Choice<'_>) -> Result<(), Error> {
    let notes = pushed.iter().map(|pushed| note_one(app, program, pushed, choice(pushed.lead)).boxed());
    for noted in at_most(AT_ONCE, notes.collect()).await {
        noted?;
    }
    Ok(())
}

async fn note_one(app: &App, program: ProgramId, pushed: &Pushed, choice: Option<String>) -> Result<(), Error> {
    let before = of_lead(app, program, pushed.lead).await?;
    match (worth_noting(pushed), before) {
        (Some(problem), Some(before)) => failed(app, Failure { choice, ..before }, problem).await,
        (Some(problem), None) => {
            failed(app, Failure { choice, ..begun(app, program, pushed.lead, false) }, problem).await
        }
        (None, Some(_)) => forget(app, program, pushed.lead).await,
        (None, None) => Ok(()),
    }
}

/// What is wrong with a lead, unless nothing is, or it would fail again and the ledger says so.
fn worth_noting(pushed: &Pushed) -> Option<&Problem> {
    let problem = match &pushed.settled {
        Settled::Now(Outcome::Failed(problem)) | Settled::Later(problem) => problem,
        Settled::Now(_) => return None,
    };
    (problem.code.passes() || pushed.webinar.is_none()).then_some(problem)
}

/// Writes that one more try of a lead failed.
async fn failed(app: &App, before: Failure, problem: &Problem) -> Result<(), Error> {
    let tries = before.tries + 1;
    let next_try = when(problem.code, tries, app.ports.clock.now(), app.ports.random.u32());
    write(app, &Failure { problem: problem.clone(), tries, next_try, ..before }).await
}

async fn is_connected(app: &App, program: ProgramId) -> Result<bool, Error> {
    Ok(app.ports.store().get(&ProgramKey { id: program }).await?.is_some())
}

/// Whether a lead failed and is to be tried again.
pub async fn is_tried_again(app: &App, program: ProgramId, lead: LeadId) -> Result<bool, Error> {
    let record = of_lead(app, program, lead).await?;
    Ok(record.is_some_and(|record| record.tries > 0 && record.problem.code.passes()))
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

/// Removes a lead's record, if there is one.
pub async fn forget(app: &App, program: ProgramId, lead: LeadId) -> Result<(), Error> {
    Ok(app.ports.store().delete(&FailureKey { program, lead }).await?)
}

/// A lead's record.
pub async fn of_lead(app: &App, program: ProgramId, lead: LeadId) -> Result<Option<Failure>, Error> {
    Ok(app.ports.store().get(&FailureKey { program, lead }).await?)
}

/// Writes a record as it is.
pub async fn write(app: &App, failure: &Failure) -> Result<(), Error> {
    Ok(app.ports.store().put(&FailureKey { program: failure.program, lead: failure.lead }, failure).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

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
