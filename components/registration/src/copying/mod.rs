//! Copies registrations of Zoom's own page to Marketo (R10), for programs whose connection asks for it.
//!
//! The person becomes a lead and a member. Events and comparisons find them; two workers at once, or one after a crash, make
//! one lead of a person.
//!
//! | module | content |
//! |---|---|
//! | [`programs`] | the programs that get such registrations |
//! | [`person`] | a person who registered on Zoom's page, and who is none |
//! | [`event`] | copies the registrant of an event |
//! | [`copier`] | copies people, one worker at a time |
//! | [`members`] | makes leads members, with status, link and registrant id |

pub mod copier;
pub mod event;
pub mod members;
pub mod person;
pub mod programs;
