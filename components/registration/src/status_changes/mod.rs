//! Registration by itself (R23): setting the mapped status Registered is enough, and setting the mapped Cancelled cancels.
//!
//! Marketo logs each change of a status as an activity. An activity says where to look: whether the lead is registered is
//! decided by its status when its turn comes.
//!
//! | module | content |
//! |---|---|
//! | [`poll`] | reads the activities since the last poll |
//! | [`notice`] | records the leads that are to be attempted |

pub mod notice;
pub mod poll;
