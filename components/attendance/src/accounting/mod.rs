//! Writing to Marketo.
//!
//! | module | what it is |
//! |---|---|
//! | [`desk`] | what the sheets tell, spread out |
//! | [`members`] | where the program's members stand: the durable ledger |
//! | [`queue`] | who is next |
//! | [`leads`] | whose lead a person is; strangers become leads (R11) |
//! | [`statuses`] | Attended and No Show (R16) |
//! | [`fields`] | minutes and times, into the custom fields that the admin named |
//! | [`elsewhere`] | who belongs to another program of the same webinar |
//! | [`account`] | all of it, in order |

mod account;
mod desk;
mod elsewhere;
mod fields;
mod leads;
mod members;
mod queue;
mod statuses;

pub(crate) use account::{Account, Accounting};
pub(crate) use desk::Desk;
pub(crate) use members::{member, relevant};
