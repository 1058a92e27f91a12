//! Pushing leads to Zoom: what the flow step and the webhook share.
//!
//! In order: [`candidate`] (who may be pushed, R7 and R8), [`target`] (to which webinar, R1, R5, R15), [`ledger`]
//! (what is known already), [`directory`] (whom Zoom knows, when an answer was lost), [`register`] (one lead),
//! [`isolation`] (a lead on which the extension traps), [`reapproval`] (who was denied or cancelled), [`batch`] (many),
//! [`leads`] (all of a request), [`write_back`] (into Marketo). And [`unconnected`]: leads whose program has no webinar.

pub mod batch;
pub mod candidate;
pub mod directory;
pub mod isolation;
pub mod leads;
pub mod ledger;
pub mod outcome;
pub mod reapproval;
pub mod register;
pub mod target;
pub mod unconnected;
pub mod write_back;
