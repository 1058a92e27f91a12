//! The records of this component, and the connections that it reads.
//!
//! | module | record |
//! |---|---|
//! | [`record`] | the attendance of a program |
//! | [`checkpoint`] | the fetched pages and the progress of a program's runs |
//! | [`lease`] | the worker lease |
//! | [`signals`] | what events and requests leave for the worker; the last tick, event and sweep |
//! | [`connections`] | connections of programs to webinars, written by `catalog` |

pub(crate) mod checkpoint;
pub(crate) mod connections;
pub(crate) mod lease;
pub(crate) mod record;
pub(crate) mod signals;
