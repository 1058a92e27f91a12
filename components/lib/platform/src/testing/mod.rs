//! Test utilities for native tests of routers.
//!
//! | module | content |
//! |---|---|
//! | [`in_memory`] | ports in memory |
//! | [`odd_answers`] | odd answers of other systems (R22) |
//! | [`fault_injection`] | the same, failing by a plan in simulated time |
//! | [`lagging_store`] | a store whose reads lag |
//! | [`opened_keys`] | the keys of a store whose token key a test knows |

pub mod fault_injection;
pub mod in_memory;
pub mod lagging_store;
pub mod odd_answers;
pub mod opened_keys;
