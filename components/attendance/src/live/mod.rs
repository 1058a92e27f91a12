//! Sets people to Attended as soon as they join, for connections whose setting `live` is on. Says nothing about minutes and
//! No Show: the run after the webinar decides those, and finds the people that this misses.
//!
//! | module | contents |
//! |---|---|
//! | [`watch`] | which webinars are watched, and when a join counts (R13) |
//! | [`cache`] | what an instance keeps in memory |
//! | [`people`] | recognises people who joined (R20) |
//! | [`address_lookup`] | finds the leads of people who are identified by their address alone |
//! | [`writer`] | sets the status of a batch of people (R16) |

pub(crate) mod address_lookup;
pub(crate) mod cache;
pub(crate) mod people;
pub(crate) mod watch;
pub(crate) mod writer;
