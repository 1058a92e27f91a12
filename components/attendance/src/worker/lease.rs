//! Who works. One worker at a time: see [`domain::records::Lease`].

use crate::app::App;
use domain::Error;
use domain::records::{Lease as Record, VERSION, WorkerKey};
use domain::time::{SignedDuration, Timestamp};
use platform::patience::RUN_LIMIT;

/// A lease outlives its worker's deadline by this, for the last call and the last write.
const MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// Whoever takes the lease looks after this long whether somebody else took it at the same moment.
const SECOND_LOOK: SignedDuration = SignedDuration::from_millis(50);

/// Hosts that share a store have clocks that differ by no more than this.
const OTHER_CLOCKS: SignedDuration = SignedDuration::from_mins(1);

/// The right to work.
pub(super) struct Lease<'a> {
    app: &'a App,
    pub(super) by: u32,
}

impl<'a> Lease<'a> {
    /// Takes the lease for work until a deadline, or takes it over from the worker `of` a number; `None` while another
    /// has it.
    pub(super) async fn take(app: &'a App, deadline: Timestamp, of: Option<u32>) -> Result<Option<Self>, Error> {
        let stored = app.store().get(&WorkerKey {}).await?;
        // One that goes far beyond what a worker may take was written by a clock that is wrong.
        let now = app.now();
        let holds = |lease: &Record| now < lease.until && lease.until < now + RUN_LIMIT + MARGIN + OTHER_CLOCKS;
        if stored.is_some_and(|lease| holds(&lease) && Some(lease.by) != of) {
            return Ok(None);
        }
        let by = app.ports.random.u32();
        let record = Record { v: VERSION, by, until: deadline + MARGIN };
        app.store().put(&WorkerKey {}, &record).await?;
        if of.is_none() {
            app.ports.clock.sleep(SECOND_LOOK).await;
        }
        let is_ours = app.store().get(&WorkerKey {}).await?.is_some_and(|lease| lease.by == by);
        Ok(is_ours.then_some(Self { app, by }))
    }

    /// Gives it back, unless somebody else has it by now.
    pub(super) async fn give_back(self) -> Result<(), Error> {
        let stored = self.app.store().get(&WorkerKey {}).await?;
        if stored.is_some_and(|lease| lease.by == self.by) {
            self.app.store().delete(&WorkerKey {}).await?;
        }
        Ok(())
    }
}
