//! Fetches Zoom's lists and the program's members, page by page, into checkpoints.
//!
//! | module | contents |
//! |---|---|
//! | [`fetcher`] | selects the session and fetches its lists |
//! | [`list_reader`] | fetches one list from where it was left |
//! | [`sources`] | the lists: participants, registrants, absentees, members |
//! | [`selection`] | which session counts, and which rows are final; pure |

mod fetcher;
mod list_reader;
mod selection;
mod sources;

pub(crate) use fetcher::{FetchOutcome, ReportFetcher};
