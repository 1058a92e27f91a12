//! Starting to work because of an event. However many events come at once, one worker looks after all of them.

use super::{Worked, due, work};
use crate::app::App;
use domain::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody of this instance works because of an event, and whether there was another one since.
#[derive(Debug, Default)]
pub(crate) struct Kick {
    is_at_work: AtomicBool,
    is_wanted: AtomicBool,
}

/// Looks for what is due and works on it. The first look is right after the event: reports of small webinars may be ready
/// at once. What this does not finish, the tick does.
pub(crate) async fn kick(app: App) {
    app.kick.is_wanted.store(true, Ordering::SeqCst);
    if app.kick.is_at_work.swap(true, Ordering::SeqCst) {
        return;
    }
    // Also when the request is cut off.
    let _until_then = AtWork(app.kick.clone());
    while app.kick.is_wanted.swap(false, Ordering::SeqCst) {
        match once(&app).await {
            Ok(Worked::On(_)) => {}
            // Whoever is at work looks for more when it is done.
            Ok(Worked::Not) => return,
            Err(error) => platform::log!("attendance.work_failed", error = error),
        }
    }
}

async fn once(app: &App) -> Result<Worked, Error> {
    let deadline = app.deadline();
    if due::find(app, deadline).await?.is_empty() { Ok(Worked::On(0)) } else { work(app, deadline, None).await }
}

struct AtWork(Arc<Kick>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.is_at_work.store(false, Ordering::SeqCst);
    }
}
