//! Who belongs to another program of the same webinar. Several programs may share one webinar, for instance one per
//! partner who invites; whom one of them registered is tied to that one, not to all.

use crate::app::App;
use crate::sheets::Queued;
use domain::records::{Connection, RegistrationKey};
use domain::{Error, ProgramId, WebinarId};
use futures::FutureExt;
use platform::together::at_most;

/// So many ledger entries are read at once.
const AT_ONCE: usize = 32;

/// The programs that share a webinar with one.
#[derive(Debug)]
pub(super) struct Elsewhere {
    webinar: WebinarId,
    programs: Vec<ProgramId>,
}

impl Elsewhere {
    /// Finds them.
    pub(super) async fn of(app: &App, connection: &Connection) -> Result<Self, Error> {
        let webinar = connection.snapshot.id;
        let mut programs = Vec::new();
        for other in crate::programs::of_webinar(app, webinar).await? {
            if other.program != connection.program {
                programs.push(other.program);
            }
        }
        Ok(Self { webinar, programs })
    }

    /// Leaves out whom another program registered, by the ledger of registrations. Who registered on Zoom's own page
    /// is in no ledger and stays (R10).
    pub(super) async fn without(&self, app: &App, people: Vec<Queued>) -> Result<Vec<Queued>, Error> {
        if self.programs.is_empty() {
            return Ok(people);
        }
        let mut stay = Vec::new();
        let questions = people.into_iter().map(|queued| self.ask(app, queued).boxed()).collect();
        for answer in at_most(AT_ONCE, questions).await {
            stay.extend(answer?);
        }
        Ok(stay)
    }

    async fn ask(&self, app: &App, queued: Queued) -> Result<Option<Queued>, Error> {
        let Some(email) = &queued.0.email else { return Ok(Some(queued)) };
        let entry = app.store().get(&RegistrationKey { webinar: self.webinar, email: email.hash() }).await?;
        Ok(Some(queued).filter(|_| entry.is_none_or(|entry| !self.programs.contains(&entry.program))))
    }
}
