//! Reading the store for the console: many records, for people, now and then.

use crate::app::App;
use crate::failures::record::{self, PREFIX};
use crate::outbox;
use crate::push::ledger;
use domain::records::{Outbox, OutboxId, Registration};
use domain::{Error, LeadId, ProgramId, WebinarId};
use futures::FutureExt;
use platform::together::at_most;

/// Records in flight at once: a webinar has thousands of registrants.
const AT_ONCE: usize = 16;

/// The ledger of one webinar, or of all.
pub async fn ledger_of(app: &App, webinar: Option<WebinarId>) -> Result<Vec<Registration>, Error> {
    let prefix = webinar.map_or_else(|| "registration:".to_owned(), |webinar| format!("registration:{webinar}:"));
    let keys = app.ports.store().keys(&prefix).await?;
    let keys: Vec<_> = keys.iter().filter_map(|key| ledger::parse_key(key)).collect();
    let reads = keys.iter().map(|key| async { app.ports.store().get(key).await }.boxed());
    let mut entries = Vec::new();
    for entry in at_most(AT_ONCE, reads.collect()).await {
        entries.extend(entry?);
    }
    Ok(entries)
}

/// Which leads of which programs have a failure record beside the ledger.
pub async fn beside_ledger(app: &App) -> Result<Vec<(ProgramId, LeadId)>, Error> {
    let records = record::read(app, &app.ports.store().keys(PREFIX).await?).await?;
    Ok(records.into_iter().map(|record| (record.program, record.lead)).collect())
}

/// The heads of all chunks.
pub async fn chunks(app: &App) -> Result<Vec<(OutboxId, Outbox)>, Error> {
    let mut chunks = Vec::new();
    for key in app.ports.store().keys("outbox:").await? {
        let Some(id) = OutboxId::from_key(&key) else { continue };
        if let Some(head) = outbox::load_head(app, &id).await? {
            chunks.push((id, head));
        }
    }
    Ok(chunks)
}

/// The leads of a program that chunks under way have.
pub async fn waiting(app: &App, program: ProgramId) -> Result<Vec<LeadId>, Error> {
    let mut leads = Vec::new();
    for (id, head) in chunks(app).await? {
        if head.problem.is_none()
            && head.program == Some(program)
            && let Some(work) = outbox::load(app, &id).await?
        {
            leads.extend(work.leads.iter().map(|lead| lead.id));
        }
    }
    Ok(leads)
}
