//! Writing to Marketo.
//!
//! | module | what it is |
//! |---|---|
//! | [`members`] | where the program's members stand: the durable ledger |
//! | [`leads`] | whose lead a person is; strangers become leads (R11) |
//! | [`statuses`] | Attended and No Show (R16) |
//! | [`elsewhere`] | who belongs to another program of the same webinar |
//! | [`account`] | all of it, in order |

mod account;
mod elsewhere;
mod leads;
mod members;
mod statuses;

pub(crate) use account::{Account, Accounting};
