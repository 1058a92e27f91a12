//! `POST /attendance/trace`: when one person was there. The address comes in the body, so that it is in no log, and is
//! looked up by its hash.

use crate::app::App;
use crate::people::Key;
use crate::sheets::{List, Shelf, Stayed, WorkKey};
use axum::extract::State;
use domain::records::ProgramKey;
use domain::time::Timestamp;
use domain::{Code, Email, ProgramId, Sensitive};
use platform::entrance::Admin;
use platform::respond::Json;
use platform::{ApiError, Body};
use serde::{Deserialize, Serialize};

/// Whom to look for.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    program_id: ProgramId,
    email: Sensitive,
}

/// When they were there. All empty for who was not, or before everybody is accounted for.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Trace {
    joined_at: Option<Timestamp>,
    left_at: Option<Timestamp>,
    minutes: Option<i64>,
}

/// Looks for one person.
pub(crate) async fn trace(_: Admin, State(app): State<App>, Body(asked): Body<Asked>) -> Result<Json<Trace>, ApiError> {
    let program = asked.program_id;
    let email = Email::parse(asked.email.expose()).ok_or_else(|| ApiError::invalid("That is no e-mail address."))?;
    let connection = app.store().get(&ProgramKey { id: program }).await?.ok_or(Code::ProgramNotConnected)?;
    let work = app.store().get(&WorkKey { program }).await?;
    let work = work.filter(|work| work.webinar == connection.snapshot.id);
    let Some((reading, pages)) = work.and_then(|work| work.stays) else { return Ok(Json(Trace::default())) };
    let (shelf, key) = (Shelf::new(&app, program, List::Stays, reading), Key::email(&email));
    for page in 0..pages {
        let Some(sheet) = shelf.get::<Stayed>(page).await? else { break };
        if let Some(stayed) = sheet.rows.iter().find(|stayed| stayed.key == key) {
            let presence = stayed.presence;
            return Ok(Json(Trace {
                joined_at: Some(Timestamp::from_second(presence.from)),
                left_at: Some(Timestamp::from_second(presence.to)),
                minutes: Some(presence.seconds / 60),
            }));
        }
    }
    Ok(Json(Trace::default()))
}
