//! Fetches Zoom's lists and the program's members, page by page, into checkpoints.
//!
//! | module | contents |
//! |---|---|
//! | [`fetcher`] | selects the sessions that count and fetches the lists |
//! | [`situation`] | what Zoom shows of a webinar right now |
//! | [`verdicts`] | decides which of the sessions that were read count |
//! | [`list_reader`] | fetches one list from where it was left |
//! | [`sources`] | the lists: participants, registrants, absentees, members |
//! | [`second_look`] | whether the lists are unchanged since they were fetched |
//! | [`row_state`] | which rows of a report are final; pure |

mod fetcher;
mod list_reader;
mod row_state;
mod second_look;
mod situation;
mod sources;
mod verdicts;

pub(crate) use fetcher::{FetchOutcome, ReportFetcher};
pub(crate) use second_look::is_unchanged;
pub(crate) use situation::Situation;
