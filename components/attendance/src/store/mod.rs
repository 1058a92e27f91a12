//! The records of this component. [`platform::connections`] is the repository of the connections that it reads.
//!
//! | module | record |
//! |---|---|
//! | [`record`] | the attendance of a program |
//! | [`checkpoint`] | the fetched pages and the progress of a program's runs |
//! | [`lease`] | the worker lease |
//! | [`live_joins`], [`live_done`] | the people of webinars under way: who joined, and who needs no further call |
//! | [`join_journals`] | joins that are accepted and not written, in memory |
//! | [`signals`] | what events and requests leave for the worker; the last tick, event and sweep |
//! | [`forget`] | deletes the records of an account that removed the app (R17) |
//! | [`forget_person`] | deletes what the store has of a person |

pub(crate) mod checkpoint;
pub(crate) mod forget;
pub(crate) mod forget_person;
pub(crate) mod join_journals;
pub(crate) mod lease;
pub(crate) mod live_done;
pub(crate) mod live_joins;
pub(crate) mod record;
pub(crate) mod signals;
