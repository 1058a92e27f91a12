//! Sheets: what was read of a webinar, page by page, in the store. A large webinar takes longer than one run may last,
//! and a run may be killed between any two calls; what is on a sheet is not read again, and the order of the sheets is
//! the order in which people are accounted for.
//!
//! | module | what it is |
//! |---|---|
//! | [`rows`] | what is kept of each row of Zoom's lists and Marketo's membership |
//! | [`shelf`] | writing sheets, finding the last one, going through them, clearing them away |
//! | [`work`] | how far a reading and its accounting are |

mod rows;
mod shelf;
mod work;

pub(crate) use rows::{Matched, Member, Registered, Row, Standing, Stay, Stayed};
pub(crate) use shelf::{AT_ONCE, List, Sheet, Shelf, is_missing};
pub(crate) use work::{CARRIED, Lists, Progress, Queued, ReportKind, Stage, Tied, Work, WorkKey};
