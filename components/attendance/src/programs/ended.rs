//! Marking webinars that ended.

use crate::app::App;
use domain::records::{EndedKey, Moment};
use domain::{Error, WebinarId};

/// Notes that a webinar ended, with one write, whoever is connected to it: an event is answered at once. A run that is
/// under way finds at its end that it has to begin again.
pub(crate) async fn mark_ended(app: &App, webinar: WebinarId) -> Result<(), Error> {
    Ok(app.store().put(&EndedKey { webinar }, &Moment::new(app.now())).await?)
}
