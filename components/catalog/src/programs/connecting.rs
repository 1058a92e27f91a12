//! Connecting a program to a webinar, and re-connecting it.

use super::{marketo, reading, records};
use crate::app::App;
use crate::webinars::connectable;
use crate::{services, zoom_errors};
use domain::records::{Connection, MemberFields, ProgramKey, VERSION};
use domain::{Code, Error, ProgramId, ServiceId, WebinarId};
use futures::future::join;
use serde::Deserialize;

/// Body of `PUT /catalog/programs/{program_id}`.
#[derive(Deserialize)]
pub(crate) struct Choice {
    service: String,
    webinar: WebinarId,
    /// The custom fields that attendance is written into; those of before, when none are given.
    #[serde(default)]
    member_fields: Option<MemberFields>,
}

/// Connects a program to a webinar. Connecting it to the same one again keeps the connection and reads everything
/// anew. Returns the connection, and the webinar that it was connected to until now, if that was another one.
///
/// # Errors
/// Why the service, the program or the webinar cannot be used; then nothing was changed.
pub(super) async fn connect(
    app: &App,
    program: ProgramId,
    choice: &Choice,
) -> Result<(Connection, Option<WebinarId>), Error> {
    let store = app.ports.store();
    let deadline = app.deadline();
    let id = ServiceId::parse(&choice.service).ok_or(Code::ServiceNotFound)?;
    let service = services::usable(store, &id).await?;
    let client = app.marketo(deadline);
    let (qualified, webinar) =
        join(marketo::read(&client, program), app.read_webinar(&id, choice.webinar, deadline)).await;
    let qualified = qualified?;
    if let Some(fields) = &choice.member_fields {
        marketo::must_be_writable(&client, fields).await?;
    }
    let now = app.now();
    let snapshot = connectable(&service, &webinar.map_err(zoom_errors::reading_webinar)?, now)?;

    let before = store.get(&ProgramKey { id: program }).await?;
    let replaced = before.as_ref().map(|before| before.snapshot.id).filter(|&before| before != snapshot.id);
    let mut connection = match before {
        Some(mut same) if same.snapshot.id == snapshot.id && same.service == id => {
            same.take(snapshot, now);
            same
        }
        before => Connection {
            v: VERSION,
            program,
            program_name: String::new(),
            service: id,
            account_id: None,
            snapshot,
            channel: qualified.channel.clone(),
            connected_at: now,
            refreshed_at: now,
            problem: None,
            moved_from: Vec::new(),
            tokens_due: true,
            member_fields: before.map(|before| before.member_fields).unwrap_or_default(),
        },
    };
    connection.account_id = Some(service.account_id);
    connection.program_name = qualified.name;
    connection.channel = qualified.channel;
    connection.problem = None;
    connection.tokens_due = true;
    if let Some(fields) = &choice.member_fields {
        connection.member_fields = fields.clone();
    }
    records::add(store, &connection).await?;
    reading::show_in_marketo(app, &mut connection, deadline).await?;
    Ok((connection, replaced))
}
