//! What runs outside of a request's own answer: the worker, and the sweep that the tick calls.
//!
//! | module | contents |
//! |---|---|
//! | [`worker`] | processes due programs in time slices, under the worker lease |
//! | [`due`] | which programs are due |
//! | [`trigger`] | starts a worker after an event |
//! | [`continuation`] | hands the lease over to the next worker by a call to this component |
//! | [`live_worker`] | sets people who joined a webinar to Attended, under the webinar's lease |
//! | [`sweep`] | deletes records that have reached the end of their life |

pub(crate) mod continuation;
mod due;
pub(crate) mod live_worker;
pub(crate) mod sweep;
pub(crate) mod trigger;
pub(crate) mod worker;
