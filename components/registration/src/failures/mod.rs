//! What failed and why, for the admin; and trying again, asked or by itself.
//!
//! | module | what it is |
//! |---|---|
//! | [`record`] | which failures are written down beside the ledger, and when they are tried again |
//! | [`list`] | `GET /registration/failures` |
//! | [`retry`] | pushing failed leads again; `POST /registration/failures/retry` |
//! | [`due`] | the tick's share: failures whose time has come |

pub mod due;
pub mod list;
pub mod record;
pub mod retry;
