//! What a registrant event of Zoom is about, and whether it concerns anyone here. Its content is not believed: it says
//! where to look (R18).

use super::repair::Ending;
use crate::state::AppState;
use crate::store::ledger;
use domain::records::{Registration, RegistrationOutcome};
use domain::{Email, Error, RegistrantId, WebinarId, lenient};
use zoom_client::events::ZoomEvent;

/// A registrant event.
#[derive(Debug, Clone)]
pub struct RegistrantEvent {
    /// The webinar.
    pub webinar: WebinarId,
    /// The address. Without it the whole webinar is compared.
    pub email: Option<Email>,
    /// The registrant.
    pub registrant: Option<RegistrantId>,
    /// How the registration ended, if the event says that it did. Only a choice between two statuses depends on it.
    pub ending: Option<Ending>,
    is_creation: bool,
}

/// Whether an event concerns anyone here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relevance {
    /// The ledger has the registrant, or the event does not say whom it is about.
    Concerned,
    /// The ledger does not have the registrant. A program may: the add call may just be under way, or the entry be lost.
    Unknown,
    /// A new registration that the ledger does not have: of Zoom's own page, or the echo of an add call whose answer is not
    /// recorded yet.
    New,
    /// Nobody.
    Nobody,
}

impl RegistrantEvent {
    /// Reads an event; `None` if it is of another kind, or names no webinar.
    pub fn read(event: &ZoomEvent) -> Option<Self> {
        let (ending, is_creation) = match event.name().strip_prefix("webinar.registration_")? {
            "created" => (None, true),
            "denied" => (Some(Ending::Denied), false),
            "cancelled" => (Some(Ending::Cancelled), false),
            _ => (None, false),
        };
        let registrant = &event.object()["registrant"];
        let text = |name: &str| lenient::text(&registrant[name]).filter(|text| !text.is_empty());
        Some(Self {
            webinar: event.webinar()?,
            email: text("email").as_deref().and_then(Email::parse),
            registrant: text("id").map(RegistrantId::from),
            ending,
            is_creation,
        })
    }

    /// Returns whether the event may change anything here. The echo of an add call of this application does not.
    pub async fn relevance(&self, state: &AppState) -> Result<Relevance, Error> {
        let Some(email) = &self.email else { return Ok(Relevance::Concerned) };
        let entry = ledger::read(state, self.webinar, email).await?;
        Ok(match entry {
            Some(entry) if !self.is_creation || self.is_news(&entry) => Relevance::Concerned,
            None if !self.is_creation => Relevance::Unknown,
            None => Relevance::New,
            Some(_) => Relevance::Nobody,
        })
    }

    /// Returns whether a creation differs from what the ledger has.
    fn is_news(&self, entry: &Registration) -> bool {
        match &entry.outcome {
            // An add call is under way, and looks at its own answer.
            _ if ledger::is_outcome_unknown(entry) => false,
            RegistrationOutcome::Failed { .. } => true,
            outcome => outcome.registrant() != self.registrant.as_ref(),
        }
    }
}
