//! One run for one program: claim it, look at Zoom, write to Marketo, note how far it came. It lasts as long as its
//! request may, and can be killed anywhere: the next run does again at most one page and one batch of what it did,
//! since Marketo's membership tells the rest.
//!
//! | module | what it is |
//! |---|---|
//! | [`progress`] | the record while a run works on it, and its claim |
//! | [`service`] | what concerns the service as a whole (R1, R14) |

mod progress;
mod service;

pub(crate) use progress::{Progress, current};

use crate::app::App;
use crate::marketo::{Account, Accounting};
use crate::schedule::Plan;
use crate::zoom::{self, Look};
use domain::records::{Attendance, Connection, Phase};
use domain::time::{SignedDuration, Timestamp};
use domain::{Code, Error, Problem, Retry};

/// Two looks at a report this far apart tell whether it is growing right now. Longer would keep the marketer who
/// pressed the button waiting; what grows more slowly is met by the looks that follow.
const SECOND_LOOK: SignedDuration = SignedDuration::from_secs(3);

/// What became of a run.
#[derive(Debug)]
pub(crate) enum Ran {
    /// It ended; the record says how.
    Through,
    /// Another run is at it.
    Busy,
}

/// What a run found.
enum Found {
    /// Nothing to be trusted yet.
    NotYet { next_at: Timestamp },
    /// No run of the webinar, and none is to be expected (R14).
    NeverStarted,
    /// Zoom keeps the report no longer; what was written before stands.
    NothingNew,
    /// Everybody who can be accounted for is.
    Everybody,
    /// There was not enough time.
    CutOff,
}

/// Runs a program. What goes wrong with Zoom or Marketo is noted in its record.
///
/// # Errors
/// The store's.
pub(crate) async fn run(app: &App, connection: &Connection, deadline: Timestamp) -> Result<Ran, Error> {
    let Some(mut progress) = Progress::claim(app, connection, deadline).await? else { return Ok(Ran::Busy) };
    let had_not_started = is_never_started(&progress.record);
    let found = work(app, connection, deadline, &mut progress).await;
    note(app, connection, deadline, &mut progress, found);
    let record = progress.finish().await?;
    match (had_not_started, is_never_started(&record)) {
        (false, true) => service::tell_never_started(app, connection).await,
        (true, false) => service::take_back_never_started(app, connection).await,
        _ => {}
    }
    let problem = record.problem.as_ref().map(|problem| problem.code.as_str()).unwrap_or_default();
    let program = record.program;
    platform::log!("attendance.ran", program = program, phase = format!("{:?}", record.phase), problem = problem);
    Ok(Ran::Through)
}

async fn work(
    app: &App,
    connection: &Connection,
    deadline: Timestamp,
    progress: &mut Progress<'_>,
) -> Result<Found, Error> {
    service::must_be_usable(app, connection).await?;
    let client = app.zoom(&connection.service, deadline);
    let plan = Plan::of(connection, &progress.record);
    let (looks, written_at) = (progress.record.looks, progress.record.written_at);
    let gives_up = app.now() >= plan.gives_up_at();
    let not_yet = |next_at| Ok(Found::NotYet { next_at });
    let reading = match zoom::look(&client, connection).await? {
        Look::NoInstance | Look::NoReport if written_at.is_some() => return Ok(Found::NothingNew),
        Look::NoInstance | Look::NoReport if gives_up => return Ok(Found::NeverStarted),
        Look::NoInstance | Look::NoReport => return not_yet(plan.next_look(looks, app.now())),
        Look::NotReady(_) if !gives_up => return not_yet(plan.next_look(looks, app.now())),
        // As much as there will ever be.
        Look::NotReady(reading) | Look::Ready(reading) => reading,
    };
    if reading.wants_second_look() && !gives_up {
        app.ports.clock.sleep(SECOND_LOOK).await;
        if reading.has_grown(&client).await? {
            return not_yet(plan.next_look(looks, app.now()));
        }
    }
    let roll = reading.roll(connection);
    if app.now() < connection.snapshot.start_time && roll.attendees.is_empty() {
        // Somebody tried the webinar out before its time. Taking that for the webinar would make everybody No Show.
        return not_yet(plan.after_rehearsal(app.now()));
    }
    if !app.has_time(deadline) {
        return Ok(Found::CutOff);
    }
    let is_last = gives_up || written_at.is_some_and(|written_at| app.now() >= plan.settled_at(written_at));
    let missing = reading.missing(&roll, is_last);
    progress.record.instance = Some(reading.instance.clone());
    let marketo = app.marketo(deadline);
    let mut account = Account::open(app, &marketo, connection, deadline).await?;
    Ok(match account.write(&roll, &missing, progress).await? {
        Accounting::Whole => Found::Everybody,
        Accounting::CutOff => Found::CutOff,
    })
}

/// Notes in the record what a run found.
fn note(
    app: &App,
    connection: &Connection,
    deadline: Timestamp,
    progress: &mut Progress<'_>,
    found: Result<Found, Error>,
) {
    let now = app.now();
    let record = &mut progress.record;
    let plan = Plan::of(connection, record);
    let found = match found {
        // The call that failed had no time left.
        Err(error) if error.retry() == Retry::Soon && !app.has_time(deadline) => Found::CutOff,
        Err(error) => {
            if let Error::Ours(text) = &error {
                platform::log!("attendance.failed", program = record.program, error = text);
            }
            (record.phase, record.next_at) = plan.after_failure(error.retry(), record.failures, now);
            record.failures = record.failures.saturating_add(1);
            record.problem = Some(error.problem());
            return;
        }
        Ok(found) => found,
    };
    record.failures = 0;
    match found {
        Found::NotYet { next_at } => {
            record.phase = if record.written_at.is_some() { Phase::Settling } else { Phase::Waiting };
            record.next_at = Some(next_at);
            record.looks = record.looks.saturating_add(1);
            record.problem = None;
        }
        Found::NeverStarted => {
            (record.phase, record.next_at) = (Phase::Failed, None);
            record.problem = Some(Problem::of(Code::WebinarNeverStarted));
        }
        Found::NothingNew => (record.phase, record.next_at) = (Phase::Done, None),
        Found::Everybody => {
            let written_at = *record.written_at.get_or_insert(now);
            let unaccounted = record.counts.unaccounted > 0;
            (record.phase, record.next_at) = plan.after_writing(written_at, record.looks, unaccounted, now);
            record.looks = record.looks.saturating_add(1);
        }
        Found::CutOff => record.next_at = Some(now),
    }
}

fn is_never_started(record: &Attendance) -> bool {
    record.problem.as_ref().is_some_and(|problem| problem.code == Code::WebinarNeverStarted)
}
