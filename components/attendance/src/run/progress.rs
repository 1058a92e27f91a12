//! The record while a run works on it, and its claim.

use crate::app::App;
use domain::records::{Attendance, AttendanceKey, Claim, Connection, Phase};
use domain::time::{SignedDuration, Timestamp};
use domain::{Code, Error};

/// A claim outlives its run's deadline by this, for the last call and the last write.
const CLAIM_MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// A program's record in the hands of a run.
pub(crate) struct Progress<'r> {
    app: &'r App,
    pub(crate) record: Attendance,
    /// The end of the webinar that this run knows of.
    end_known: Option<Timestamp>,
}

/// The record of a connection's webinar: the stored one, if it is of this webinar, else a new one. A webinar that was
/// moved after it "never started" begins anew.
pub(crate) async fn current(app: &App, connection: &Connection) -> Result<Attendance, Error> {
    let stored = app.store().get(&AttendanceKey { program: connection.program }).await?;
    let never_started =
        |record: &Attendance| record.problem.as_ref().is_some_and(|problem| problem.code == Code::WebinarNeverStarted);
    let applies = |record: &Attendance| {
        let moved = record.planned_start != connection.snapshot.start_time;
        record.webinar == connection.snapshot.id && !(moved && never_started(record))
    };
    Ok(stored.filter(applies).unwrap_or_else(|| Attendance::new(connection)))
}

impl<'r> Progress<'r> {
    /// Claims a program for a run; `None` while another run is at it. There is no compare-and-swap: the second look
    /// makes it unlikely, not impossible, that two runs begin at once.
    pub(super) async fn claim(
        app: &'r App,
        connection: &Connection,
        deadline: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let mut record = current(app, connection).await?;
        if record.claim.is_some_and(|claim| app.now() < claim.until) {
            return Ok(None);
        }
        let claim = Claim { by: app.ports.random.u32(), until: deadline + CLAIM_MARGIN };
        record.claim = Some(claim);
        record.phase = Phase::Reading;
        record.planned_start = connection.snapshot.start_time;
        let key = AttendanceKey { program: connection.program };
        app.store().put(&key, &record).await?;
        let stored = app.store().get(&key).await?;
        let is_ours = stored.is_some_and(|stored| stored.claim == Some(claim));
        Ok(is_ours.then_some(Self { app, end_known: record.ended_at, record }))
    }

    /// Writes the record. An event that came meanwhile is kept.
    pub(crate) async fn save(&mut self) -> Result<(), Error> {
        let key = AttendanceKey { program: self.record.program };
        if let Some(stored) = self.app.store().get(&key).await?
            && stored.webinar == self.record.webinar
        {
            self.record.ended_at = self.record.ended_at.max(stored.ended_at);
        }
        Ok(self.app.store().put(&key, &self.record).await?)
    }

    /// Gives the program back. If the webinar ended once more meanwhile, it is due again.
    pub(super) async fn finish(mut self) -> Result<Attendance, Error> {
        self.record.claim = None;
        self.save().await?;
        if self.record.ended_at != self.end_known {
            self.record.phase = Phase::Due;
            self.record.next_at = Some(self.app.now());
            self.record.looks = 0;
            self.save().await?;
        }
        Ok(self.record)
    }
}
