//! Checkpoints: the pages that a program's run has fetched, and how far the run has come. A large webinar takes longer
//! than one run may last, and a run may be killed between any two calls: a stored page is not fetched again, and the
//! order of the stored pages is the order in which people are written to Marketo.
//!
//! | module | contents |
//! |---|---|
//! | [`rows`] | the rows that pages consist of |
//! | [`page`] | writes, reads and deletes pages |
//! | [`progress`] | how far the lists are fetched, and what the sessions' reports show |
//! | [`run_state`] | the progress of fetching and writing |

mod page;
mod progress;
mod rows;
mod run_state;

pub(crate) use page::{CONCURRENT_PAGES, Page, PageStore, RunError, for_each_page, for_each_row, page_key};
pub(crate) use progress::{ListProgress, SessionProgress};
pub(crate) use rows::{
    MatchedLead, MemberRow, MemberStanding, MemberStandings, ParticipantRow, PresenceRow, RegistrantRow, Row,
};
pub(crate) use run_state::{LeadPresence, PENDING_PAGES, ReportKind, RunState, Step, run_state_key};

/// The lists that pages belong to.
pub(crate) use domain::records::CheckpointList as List;
