//! One run for one program: look at Zoom, write to Marketo, note how far it came. It lasts as long as its request may,
//! and can be killed anywhere: the next run does again at most one page or one batch of what it did.
//!
//! | module | what it is |
//! |---|---|
//! | [`found`] | what a run found, and what that means for the record |
//! | [`record`] | the program's record |
//! | [`service`] | what concerns the service as a whole (R1, R14) |

mod found;
mod record;
mod service;

pub(crate) use record::current;

use crate::accounting::{Account, Accounting, Desk};
use crate::app::App;
use crate::reading::{Look, Lookout};
use crate::schedule::Plan;
use crate::sheets::{Stage, Work, is_missing};
use domain::Error;
use domain::records::{Attendance, Connection, Counts, Phase};
use domain::time::{SignedDuration, Timestamp};
use found::{End, Found, note};

/// Two looks at a report this far apart tell whether it is growing right now. Longer would keep the marketer who
/// pressed the button waiting; what grows more slowly is met by the looks that follow.
const SECOND_LOOK: SignedDuration = SignedDuration::from_secs(3);

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ran {
    /// It ended; the record says how, and when to go on.
    Through,
    /// Its time was over.
    CutOff {
        /// It did nothing until then, like others before it.
        is_stuck: bool,
    },
}

/// Runs a program, because it is due or because somebody `is_asking` for it. What goes wrong with Zoom or Marketo is noted
/// in its record. Nobody else may be at it.
///
/// # Errors
/// The store's.
pub(crate) async fn run(
    app: &App,
    connection: &Connection,
    deadline: Timestamp,
    is_asking: bool,
) -> Result<Ran, Error> {
    let mut record = current(app, connection).await?;
    let had_not_started = record::is_never_started(&record);
    let mut work = Work::load(app, connection, &record).await?;
    let (end_known, steps) = (record.ended_at, work.steps);
    record.planned_start = connection.snapshot.start_time;
    record.phase = if work.stage == Stage::Reading { Phase::Reading } else { Phase::Writing };
    record::save(app, &record).await?;

    let found = work_on(app, connection, deadline, &mut record, &mut work, is_asking).await;
    // What was read is of no more use, whatever comes next.
    let is_used = match &found {
        Ok(found) => !matches!(found, Found::CutOff),
        Err(error) => is_missing(error),
    };
    let came_further = work.steps > steps;
    let end = note(app, connection, deadline, &mut record, &work, (found, came_further));
    // The record first: a run that is killed in between accounts once more for people who are accounted for.
    record::save(app, &record).await?;
    // After anything else the work is in the store as far as it came: what failed half-way is not in it.
    if is_used {
        work = work.anew();
        work.save(app, connection.program).await?;
        work.clear_stale(app, connection.program, deadline).await?;
    }
    record::hear(app, &mut record).await?;
    if record.ended_at != end_known {
        record.next_at = Some(app.now());
        record::save(app, &record).await?;
    }
    tell_service(app, connection, had_not_started, &record).await;
    let problem = record.problem.as_ref().map(|problem| problem.code.as_str()).unwrap_or_default();
    let (program, phase) = (record.program, format!("{:?}", record.phase));
    platform::log!("attendance.ran", program = program, phase = phase, problem = problem, steps = work.steps - steps);
    Ok(match end {
        End::CutOff { is_stuck } => Ran::CutOff { is_stuck },
        End::Through | End::Waits => Ran::Through,
    })
}

async fn tell_service(app: &App, connection: &Connection, had_not_started: bool, record: &Attendance) {
    match (had_not_started, record::is_never_started(record)) {
        (false, true) => service::tell_never_started(app, connection).await,
        (true, true) => {}
        (_, false) => service::take_back_never_started(app, connection).await,
    }
}

async fn work_on(
    app: &App,
    connection: &Connection,
    deadline: Timestamp,
    record: &mut Attendance,
    work: &mut Work,
    is_asking: bool,
) -> Result<Found, Error> {
    service::must_be_usable(app, connection).await?;
    work.clear_stale(app, connection.program, deadline).await?;
    let marketo = app.marketo(deadline);
    let desk = match work.stage {
        Stage::Reading => {
            let zoom = app.zoom(&connection.service, deadline);
            let mut lookout = Lookout::new(app, connection, &zoom, &marketo, deadline);
            match read(app, connection, &mut lookout, record, work, is_asking).await? {
                Ok(desk) => desk,
                Err(found) => return Ok(found),
            }
        }
        _ => Desk::lay(app, connection, work).await?,
    };
    let rows = desk.rows();
    let mut account = Account::open(app, &marketo, connection, desk, work, deadline).await?;
    Ok(match account.write().await? {
        Accounting::Whole => Found::Everybody { rows, problem: account.problem() },
        Accounting::CutOff => Found::CutOff,
    })
}

/// Reads what there is to read, and decides whether it can be trusted; if not, tells what it is worth.
async fn read<'r>(
    app: &'r App,
    connection: &'r Connection,
    lookout: &mut Lookout<'_>,
    record: &mut Attendance,
    work: &mut Work,
    is_asking: bool,
) -> Result<Result<Desk<'r>, Found>, Error> {
    let plan = Plan::of(connection, record);
    let gives_up = app.now() >= plan.gives_up_at();
    let not_yet = || Ok(Err(Found::NotYet { next_at: plan.next_look(record.looks, app.now()) }));
    lookout.as_it_is = gives_up;
    // Whom something is still to be done about is done again; so is what somebody asked for.
    let is_settled = record.counts.unaccounted == 0 && record.counts.refused == 0 && record.problem.is_none();
    lookout.known_rows = record.rows.filter(|_| record.written_at.is_some() && is_settled && !is_asking);
    match lookout.look(work).await? {
        Look::NoInstance | Look::NoReport if record.written_at.is_some() => return Ok(Err(Found::Gone)),
        Look::NoInstance | Look::NoReport if gives_up => return Ok(Err(Found::NeverStarted)),
        Look::NoInstance | Look::NoReport | Look::NotReady => return not_yet(),
        Look::NothingNew => return Ok(Err(Found::NothingNew)),
        Look::CutOff => return Ok(Err(Found::CutOff)),
        Look::Ready => {}
    }
    let desk = Desk::lay(app, connection, work).await?;
    if !gives_up {
        if desk.lacks_rows() {
            return not_yet();
        }
        if desk.wants_second_look(work) {
            app.ports.clock.sleep(SECOND_LOOK).await;
            if lookout.has_grown(work, desk.rows()).await? {
                return not_yet();
            }
        }
    }
    if app.now() < connection.snapshot.start_time && desk.is_empty() {
        // Somebody tried the webinar out before its time. Taking that for the webinar would make everybody No Show.
        return Ok(Err(Found::NotYet { next_at: plan.after_rehearsal(app.now()) }));
    }
    if !app.has_time(lookout.deadline) {
        return Ok(Err(Found::CutOff));
    }
    let is_last = gives_up || record.written_at.is_some_and(|written_at| app.now() >= plan.settled_at(written_at));
    work.is_last = is_last;
    work.counts = Counts { new_leads: record.counts.new_leads, ..Counts::default() };
    record.instance.clone_from(&work.instance);
    Ok(Ok(desk.for_last(is_last)))
}
