//! Who belongs to another program of the same webinar. Several programs may share one webinar, for instance one per
//! partner who invites; whom one of them registered is tied to that one, not to all.

use crate::app::App;
use crate::people::Presence;
use crate::sheets::Queued;
use domain::records::{Connection, RegistrationKey};
use domain::{Error, LeadId, ProgramId, WebinarId};
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

    /// Parts people from those whom another program registered, by the ledger of registrations. Who registered on Zoom's
    /// own page is in no ledger and stays (R10).
    pub(super) async fn part(&self, app: &App, people: Vec<Queued>) -> Result<Parted, Error> {
        if self.programs.is_empty() {
            return Ok(Parted { ours: people, theirs: Vec::new() });
        }
        let mut parted = Parted::default();
        let questions = people.into_iter().map(|queued| self.ask(app, queued).boxed()).collect();
        for answer in at_most(AT_ONCE, questions).await {
            match answer? {
                (queued, None) => parted.ours.push(queued),
                ((_, presence), Some(lead)) => parted.theirs.push((lead, presence)),
            }
        }
        Ok(parted)
    }

    /// The lead that another program registered somebody as.
    async fn ask(&self, app: &App, queued: Queued) -> Result<(Queued, Option<LeadId>), Error> {
        let Some(email) = &queued.0.email else { return Ok((queued, None)) };
        let entry = app.store().get(&RegistrationKey { webinar: self.webinar, email: email.hash() }).await?;
        let lead = entry.filter(|entry| self.programs.contains(&entry.program)).map(|entry| entry.lead);
        Ok((queued, lead))
    }
}

/// People, parted.
#[derive(Debug, Default)]
pub(super) struct Parted {
    /// Who is to be tied to the program.
    pub(super) ours: Vec<Queued>,
    /// The leads of those whom another program registered.
    pub(super) theirs: Vec<(LeadId, Option<Presence>)>,
}
