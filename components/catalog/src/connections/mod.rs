//! Connections of Marketo programs to Zoom webinars.
//!
//! | module | content |
//! |---|---|
//! | `connect` | connects a program, or re-connects it |
//! | `refresh` | reads a connected webinar again and writes what changed (R4, R13) |
//! | `forget` | deletes the connections of an account that removed the app (R17) |
//! | `qualification` | what Marketo knows of a program, and whether it qualifies (R6) |
//! | `settings` | changes what an admin can set of a connection |
//! | `steps` | what Marketo will not do because of the channel's steps (R16) |
//! | `statuses` | what the channel's statuses mean (R21) |

pub(crate) mod connect;
pub(crate) mod forget;
pub(crate) mod qualification;
pub(crate) mod refresh;
pub(crate) mod settings;
pub(crate) mod statuses;
pub(crate) mod steps;
