//! The HTTP handlers: each extracts the request, calls a rule or a job, and answers.
//!
//! | module | routes |
//! |---|---|
//! | [`submit`] | `POST /flow-step/submitAsyncAction`; [`submit_request`] is its body |
//! | [`webhook`] | `POST /registration/webhook` |
//! | [`failures`] | `GET /registration/failures`, `POST /registration/failures/retry` |
//! | [`status`] | `GET /registration/programs/{program_id}`, `GET /registration/health` |
//! | [`trace`] | `POST /registration/trace` |
//! | [`forget`] | `POST /registration/forget` |
//! | [`watch`] | `POST /internal/watch` |
//! | [`internal`] | `POST /internal/tick`, `POST /internal/zoom-events` |

pub mod failures;
pub mod forget;
pub mod internal;
pub mod status;
pub mod submit;
pub mod submit_request;
pub mod trace;
pub mod watch;
pub mod webhook;
