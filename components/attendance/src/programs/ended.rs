//! Marking webinars that ended.

use crate::app::App;
use domain::records::{EndedKey, Moment};
use domain::time::Timestamp;
use domain::{Error, WebinarId};

/// Notes that a webinar ended, with one write, whoever is connected to it: an event is answered at once. An
/// event that comes again tells the same instant, and so nothing new. A run that is
/// under way finds at its end that it has to begin again.
pub(crate) async fn mark_ended(app: &App, webinar: WebinarId, at: Option<Timestamp>) -> Result<(), Error> {
    let now = app.now();
    Ok(app.store().put(&EndedKey { webinar }, &Moment::new(at.unwrap_or(now).min(now))).await?)
}
