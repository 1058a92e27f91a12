//! Reading the store for the console: many records, for people, now and then.

use crate::app::App;
use crate::failures::record::{self, PREFIX};
use crate::outbox;
use crate::push::ledger;
use domain::records::{OutboxId, Registration};
use domain::time::Timestamp;
use domain::{Error, LeadId, ProgramId, WebinarId};
use futures::FutureExt;
use platform::together::at_most;

/// Records in flight at once: a webinar has thousands of registrants.
const AT_ONCE: usize = 16;

/// What the store has of registrations.
pub struct Survey {
    /// The ledger.
    pub ledger: Vec<Registration>,
    /// Who has a failure record beside the ledger.
    pub beside: Vec<(ProgramId, LeadId)>,
    /// What was accepted from Marketo and not called back.
    pub chunks: Vec<Chunk>,
}

/// A chunk from Marketo.
pub struct Chunk {
    /// The program of the smart campaign.
    pub program: Option<ProgramId>,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Whether it was given up, and is kept for people alone.
    pub is_given_up: bool,
    /// Whom it is about.
    pub leads: Vec<LeadId>,
}

impl Survey {
    /// Of one webinar's ledger, or of all.
    pub async fn of(app: &App, webinar: Option<WebinarId>) -> Result<Self, Error> {
        let mut prefix = "registration:".to_owned();
        if let Some(webinar) = webinar {
            prefix = format!("{prefix}{webinar}:");
        }
        let keys = app.ports.store().keys(&prefix).await?;
        let reads = keys
            .iter()
            .filter_map(|key| ledger::parse_key(key))
            .map(|key| async move { app.ports.store().get(&key).await }.boxed());
        let mut entries = Vec::new();
        for entry in at_most(AT_ONCE, reads.collect()).await {
            entries.extend(entry?);
        }
        let beside = record::read(app, &app.ports.store().keys(PREFIX).await?).await?;
        let beside = beside.into_iter().map(|record| (record.program, record.lead)).collect();
        Ok(Self { ledger: entries, beside, chunks: chunks(app).await? })
    }
}

/// All chunks.
pub async fn chunks(app: &App) -> Result<Vec<Chunk>, Error> {
    let mut chunks = Vec::new();
    for key in app.ports.store().keys("outbox:").await? {
        let Some(id) = OutboxId::from_key(&key) else { continue };
        let Some(work) = outbox::load(app, &id).await? else { continue };
        chunks.push(Chunk {
            program: work.head.program,
            accepted_at: work.head.accepted_at,
            is_given_up: work.head.problem.is_some(),
            leads: work.leads.iter().map(|lead| lead.id).collect(),
        });
    }
    Ok(chunks)
}

/// The leads of a program that are under way.
pub fn waiting(chunks: &[Chunk], program: ProgramId) -> impl Iterator<Item = LeadId> {
    let of_program = chunks.iter().filter(move |chunk| !chunk.is_given_up && chunk.program == Some(program));
    of_program.flat_map(|chunk| chunk.leads.iter().copied())
}
