//! The worker: goes through the programs that are due, as far as a request's time allows, and is followed by another one
//! as long as there is something to do. The scheduler's tick, an event, and the admin who asks all start one; there is
//! one at a time.
//!
//! | module | what it is |
//! |---|---|
//! | [`chain`] | one worker after the other |
//! | [`due`] | which programs are due, with or without an event |
//! | [`kick`] | starting to work because of an event |
//! | [`lease`] | one at a time |

mod chain;
mod due;
mod kick;
mod lease;

pub(crate) use chain::follow;
pub(crate) use kick::{Kick, kick};

use crate::app::App;
use crate::run::{self, Ran};
use domain::records::Connection;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId};
use lease::Lease;
use platform::patience::RUN_LIMIT;
use std::collections::BTreeSet;

/// With several programs due each gets so long before the next one has its turn: enough for some pages or batches of a
/// large webinar, and for all of a small one; and of a worker's time something is left for the next.
const TURN: SignedDuration = SignedDuration::from_secs(12);

/// A turn that would be shorter than this is the next worker's: laying out what was read takes its time, and so does a
/// batch.
const LEAST_TURN: SignedDuration = SignedDuration::from_secs(9);

/// What a worker did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worked {
    /// It worked on so many programs.
    On(u64),
    /// Another one is at work.
    Not,
}

/// Does something that no worker may do meanwhile; not while one is at work.
pub(crate) async fn alone(
    app: &App,
    deadline: Timestamp,
    what: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    let Some(lease) = Lease::take(app, deadline, None).await? else { return Ok(()) };
    let done = what.await;
    lease.give_back().await?;
    done
}

/// Works until a deadline on what is due, or on one program that somebody asked for; what is left then, another worker
/// takes up.
pub(crate) async fn work(app: &App, deadline: Timestamp, asked: Option<&Connection>) -> Result<Worked, Error> {
    match Lease::take(app, deadline, None).await? {
        Some(lease) => work_with(lease, app, deadline, asked).await.map(Worked::On),
        None => Ok(Worked::Not),
    }
}

async fn work_with(lease: Lease<'_>, app: &App, deadline: Timestamp, asked: Option<&Connection>) -> Result<u64, Error> {
    let mut shift = Shift { app, deadline, worked: BTreeSet::new(), stuck: BTreeSet::new(), is_left: false };
    let ended = match asked {
        Some(connection) => shift.turn(connection, deadline, true).await,
        None => shift.all().await,
    };
    match ended {
        Ok(()) if shift.is_left => chain::hand_over(app, lease).await,
        _ => lease.give_back().await?,
    }
    ended.map(|()| shift.worked.len() as u64)
}

/// One worker's time.
struct Shift<'a> {
    app: &'a App,
    deadline: Timestamp,
    worked: BTreeSet<ProgramId>,
    /// Programs that did not come further in their turn: the tick tries them again, not the next worker.
    stuck: BTreeSet<ProgramId>,
    /// Whether something is left to do.
    is_left: bool,
}

impl Shift<'_> {
    /// Works on the programs that are due, the longest due first, and again on those that had not enough of a turn.
    async fn all(&mut self) -> Result<(), Error> {
        loop {
            // Also those whose turn comes in the time of the next worker.
            let mut due = due::find(self.app, self.deadline + RUN_LIMIT).await?;
            due.retain(|due| !self.stuck.contains(&due.connection.program));
            let Some(first) = due.first() else {
                self.is_left = false;
                return Ok(());
            };
            self.is_left = true;
            let wait = first.since.duration_since(self.app.now());
            if first.since >= self.deadline {
                return Ok(());
            }
            if wait > SignedDuration::ZERO {
                self.app.ports.clock.sleep(wait).await;
            }
            let is_alone = due.len() == 1;
            for due in due {
                let is_short = self.app.now() + LEAST_TURN >= self.deadline;
                if is_short && !self.worked.is_empty() {
                    return Ok(());
                }
                if due.since <= self.app.now() {
                    let turn = if is_alone { self.deadline } else { self.deadline.min(self.app.now() + TURN) };
                    self.turn(&due.connection, turn, false).await?;
                }
            }
        }
    }

    /// Works on one program. One whose record cannot be read or written does not keep the others.
    async fn turn(&mut self, connection: &Connection, until: Timestamp, is_asking: bool) -> Result<(), Error> {
        let program = connection.program;
        match run::run(self.app, connection, until, is_asking).await {
            Ok(ran) => {
                self.worked.insert(program);
                match ran {
                    Ran::CutOff { is_stuck: false } => self.is_left = true,
                    Ran::CutOff { is_stuck: true } => _ = self.stuck.insert(program),
                    Ran::Through => {}
                }
            }
            Err(error) => {
                self.stuck.insert(program);
                platform::log!("attendance.run_failed", program = program, error = error);
            }
        }
        Ok(())
    }
}
