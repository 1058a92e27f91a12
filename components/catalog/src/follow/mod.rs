//! Following changes in Zoom (R4, R13): events say at once that something changed, and the tick finds what events
//! missed.

mod due;
mod events;
mod tick;

pub(crate) use events::event;
pub(crate) use tick::tick;

use crate::app::App;
use crate::programs::{Depth, read_again};
use domain::records::Connection;
use domain::time::{SignedDuration, Timestamp};
use futures::StreamExt;
use futures::stream;

/// So many connections are read at once. Each may write My Tokens, and Adobe advises 5 calls at a time for one
/// integration (marketo.md section 4).
const AT_ONCE: usize = 4;

/// No reading is begun with less time than this before the deadline: one call to Zoom and one to Marketo.
const LEAST_TIME: SignedDuration = SignedDuration::from_secs(2);

/// Reads the webinars of some connections again, in order, as far as time allows. One that fails does not stop the
/// others. Returns how many were read.
async fn read_all(app: &App, connections: Vec<Connection>, deadline: Timestamp) -> u64 {
    let readings: Vec<_> = connections.into_iter().map(|connection| read_one(app, connection, deadline)).collect();
    stream::iter(readings).buffer_unordered(AT_ONCE).filter(|&done| std::future::ready(done)).count().await as u64
}

async fn read_one(app: &App, connection: Connection, deadline: Timestamp) -> bool {
    if app.now() + LEAST_TIME > deadline {
        return false;
    }
    let program = connection.program;
    match read_again(app, connection, Depth::Webinar, deadline).await {
        Ok(_) => true,
        Err(error) => {
            platform::log!("program.not_read", program = program, error = error);
            false
        }
    }
}
