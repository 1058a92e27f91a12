//! The component's records. Each module is the only writer of its kind (docs/STATE.md).
//!
//! | module | content |
//! |---|---|
//! | [`outbox`] | accepted chunks whose callback is not delivered yet |
//! | [`seizure`] | takes chunks from their workers |
//! | [`slots`] | by which open chunks are found |
//! | [`slots_in_use`] | the slots that this instance is taking, in memory |
//! | [`recent_chunks`] | the chunks that this instance accepted lately, in memory |
//! | [`open_leads`] | the leads of open chunks |
//! | [`activity_cursor`] | how far Marketo's activities are read (R23) |
//! | [`ledger`] | the state of one e-mail address at one webinar |
//! | [`marks`] | webinars whose registrants changed in Zoom (R18) |
//! | [`reconciled`] | the last comparison of each webinar with Zoom (R18) |
//! | [`counts`] | how many people of each program the ledger has |
//! | [`pending_counts`] | the counts that this instance has not written yet, in memory |
//! | [`given_up`] | by which chunks that were given up are found |
//! | [`failures`] | failed leads beside the ledger, and when they are retried |
//! | [`refused_callback`] | the callback address that was refused last |
//! | [`failure_index`] | by which due failures are found |
//! | [`chosen_webinars`] | the webinars that the flow step chose (R18) |
//! | [`sent_fields`] | the names of the lead fields that Marketo sends |
//! | [`compared_names`] | the names that this instance has compared with them lately |
//! | [`keys`] | lists the keys of all these records at once |
//! | [`forget`] | deletes the records of an account that removed the app (R17) |
//! | [`forget_person`] | deletes the records of a person |

pub mod activity_cursor;
pub mod chosen_webinars;
pub mod chunk_leads;
pub mod compared_names;
pub mod counts;
pub mod failure_index;
pub mod failures;
pub mod forget;
pub mod forget_person;
pub mod given_up;
pub mod keys;
pub mod ledger;
pub mod marks;
pub mod open_leads;
pub mod outbox;
pub mod pending_counts;
pub mod recent_chunks;
pub mod reconciled;
pub mod refused_callback;
pub mod seizure;
pub mod sent_fields;
pub mod slots;
pub mod slots_in_use;
