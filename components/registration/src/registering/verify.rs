//! Checks leads at Zoom that an earlier request registered: Zoom's status is the truth, and the ledger a cache of it (R18).

use super::attempt::{BatchError, OpenCandidate};
use super::reapprove::DeniedCandidate;
use crate::outcome::Disposition;
use crate::registrants::{Asked, Standing, read_standings};
use crate::state::AppState;
use crate::store::ledger;
use domain::records::Registration;
use domain::{RegistrantId, WebinarId};
use zoom_client::ZoomClient;

/// A candidate that the ledger has, as an earlier request left it.
pub struct KnownCandidate<'c> {
    /// The candidate.
    pub open: OpenCandidate<'c>,
    /// The registrant.
    pub registrant: RegistrantId,
    /// The ledger's entry.
    pub entry: Registration,
}

/// What is left to do for candidates that were checked.
#[derive(Default)]
pub struct Verified<'c> {
    /// Gone in Zoom: to be added again.
    pub gone: Vec<OpenCandidate<'c>>,
    /// Denied or cancelled: to be approved again.
    pub denied: Vec<DeniedCandidate<'c>>,
    /// Whether Zoom differs from the ledger. Then the other programs and leads that share the registrants have yet to
    /// learn it.
    pub is_news: bool,
}

/// Checks candidates at Zoom. Settles those who are approved or pending, and corrects the ledger. Returns the others.
pub async fn verify<'c>(
    state: &AppState,
    zoom: &ZoomClient,
    webinar: WebinarId,
    known: Vec<KnownCandidate<'c>>,
    dispositions: &mut [Disposition],
) -> Result<Verified<'c>, BatchError> {
    let mut verified = Verified::default();
    if known.is_empty() {
        return Ok(verified);
    }
    let ask = |known: &KnownCandidate<'_>| Asked {
        email: known.open.candidate.email.clone(),
        registrants: vec![known.registrant.clone()],
    };
    let asked: Vec<_> = known.iter().map(ask).collect();
    let standings = read_standings(zoom, webinar, &asked).await?;
    let is_news = known.iter().zip(&standings).any(|(known, standing)| {
        standing
            .as_ref()
            .is_none_or(|standing| !standing.agrees_with(&known.entry.outcome) || !standing.is_registered())
    });
    verified.is_news = is_news;
    for (KnownCandidate { open, entry, .. }, standing) in known.into_iter().zip(standings) {
        match standing {
            // An add call finds who is there all the same.
            None | Some(Standing::Gone) => verified.gone.push(open),
            Some(Standing::Denied { registrant }) => {
                verified.denied.push(DeniedCandidate { open, registrant: Some(registrant) });
            }
            Some(standing @ (Standing::Approved { .. } | Standing::Pending { .. })) => {
                let outcome = standing.outcome(None);
                if entry.outcome != outcome {
                    let at = state.ports.clock.now();
                    let entry = Registration { outcome: outcome.clone(), at, others_stale: true, ..entry };
                    ledger::write(state, &ledger::key(webinar, &open.candidate.email), &entry).await?;
                }
                dispositions[open.index] = Disposition::Final(outcome.into());
            }
        }
    }
    Ok(verified)
}
