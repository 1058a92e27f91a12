//! Checks a connection on the real accounts, for the first live day: each link of the chain, in order, with what to do where one
//! is missing. Reads only.
//!
//! | module | content |
//! |---|---|
//! | `report` | the names and outcomes of checks |
//! | `zoom` | token, scopes and clock |
//! | `marketo` | the API user's permissions, the channel's steps, the member fields |
//! | `signals` | what must have been seen: the scheduler, Zoom's webhook, the flow step, status changes |

mod marketo;
mod report;
mod signals;
mod zoom;

use crate::state::AppState;
use domain::Error;
use domain::records::ProgramConnection;
use futures::future::try_join3;

pub(crate) use report::Check;

/// Runs every check of a connection.
///
/// # Errors
/// The store's. What Zoom and Marketo answer is an outcome.
pub(crate) async fn run(state: &AppState, connection: &ProgramConnection) -> Result<Vec<Check>, Error> {
    let deadline = state.deadline();
    let zoom = zoom::run(state, connection, deadline);
    let marketo = async { Ok(marketo::run(state, connection, deadline).await) };
    let (zoom, marketo, signals) = try_join3(zoom, marketo, signals::run(state, connection)).await?;
    Ok(zoom.into_iter().chain(marketo).chain(signals).collect())
}
