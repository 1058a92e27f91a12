//! The fault matrices of what happens without a request of Marketo: every call × every fault, on the first or the second such
//! call, once or for a while.
//!
//! | module | content |
//! |---|---|
//! | [`call`] | the calls, and the plan that injects the fault of a case |
//! | [`env`] | the component over faulty ports |
//! | [`copying`] | registrations of Zoom's own page (R10) |
//! | [`activities`] | changes of the status in Marketo (R23) |

mod activities;
mod call;
mod copying;
mod env;
