//! Reading a connection's webinar again: what changed in Zoom goes into the snapshot and the My Tokens (R4, R13).

use super::{marketo, records};
use crate::app::App;
use crate::webinars::offered_by;
use crate::{services, tokens, zoom_errors};
use domain::records::Connection;
use domain::time::Timestamp;
use domain::webinar::Snapshot;
use domain::{Code, Error, Problem};

/// How much is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The webinar; Marketo is called only when something that it shows has changed. Its quota is shared with
    /// everything else that the customer has connected.
    Webinar,
    /// The program, its channel and its My Tokens too: somebody asked.
    Everything,
}

/// What Zoom and the service's record say.
enum Answer {
    /// The webinar is as it should be.
    Fine(Box<Snapshot>),
    /// Zoom answered, and not well.
    Wrong(Problem),
    /// Zoom was not asked, or cannot be as this service.
    Unusable(Problem),
}

/// Codes that stay until somebody does something; others end the reading, and the next tick tries again.
const LASTING: [Code; 5] = [
    Code::ServiceNotFound,
    Code::ServiceSuperseded,
    Code::ServiceNeedsSignIn,
    Code::ServiceLacksPermission,
    Code::WebinarNotFound,
];

/// Reads a connection's webinar again and writes down what was found, problems included.
///
/// # Errors
/// When Zoom or the store cannot be asked now; then the connection is as it was.
pub(crate) async fn read_again(
    app: &App,
    mut connection: Connection,
    depth: Depth,
    deadline: Timestamp,
) -> Result<Connection, Error> {
    let answer = ask(app, &connection, deadline).await?;
    let now = app.now();
    let before = connection.clone();
    let mut problem = None;
    match answer {
        Answer::Fine(snapshot) => connection.take(*snapshot, now),
        Answer::Wrong(why) => {
            connection.refreshed_at = now;
            // Zoom forgets webinars some time after they are over; that is in order.
            let forgotten = why.code == Code::WebinarNotFound && connection.snapshot.end_time() <= now;
            problem = (!forgotten).then_some(why);
        }
        Answer::Unusable(why) => problem = Some(why),
    }
    if depth == Depth::Everything {
        connection.tokens_due = true;
        match marketo::read(&app.marketo(deadline), connection.program).await {
            Ok(program) => {
                connection.program_name = program.name;
                connection.channel = program.channel;
            }
            Err(error) => problem = problem.or_else(|| Some(error.problem())),
        }
    }
    connection.problem = problem;
    let changed = connection.problem != before.problem || connection.refreshed_at != before.refreshed_at;
    if changed || depth == Depth::Everything {
        records::update(app.ports.store(), &connection).await?;
    }
    // A service that cannot be used stays so for long: its My Tokens wait with it, unless somebody asks.
    if connection.tokens_due && (connection.refreshed_at == now || depth == Depth::Everything) {
        show_in_marketo(app, &mut connection, deadline).await?;
    }
    Ok(connection)
}

/// Brings the My Tokens in line with the connection and writes down that this was done, or why not. A failure does
/// not undo the connection: the tick tries again.
pub(super) async fn show_in_marketo(app: &App, connection: &mut Connection, deadline: Timestamp) -> Result<(), Error> {
    let marketo = app.marketo(deadline);
    match tokens::bring_in_line(&marketo, connection.program, &connection.snapshot).await {
        Ok(()) => connection.tokens_due = false,
        Err(error) => {
            platform::log!("tokens.not_written", program = connection.program, error = error);
            connection.problem.get_or_insert_with(|| error.problem());
        }
    }
    records::update(app.ports.store(), connection).await
}

async fn ask(app: &App, connection: &Connection, deadline: Timestamp) -> Result<Answer, Error> {
    let service = match services::usable(app.ports.store(), &connection.service).await {
        Ok(service) => service,
        Err(Error::Caller(problem)) => return Ok(Answer::Unusable(problem)),
        Err(error) => return Err(error),
    };
    match app.read_webinar(&connection.service, connection.snapshot.id, deadline).await {
        Ok(webinar) => Ok(match offered_by(&service, &webinar) {
            Ok(snapshot) => Answer::Fine(Box::new(snapshot)),
            Err(code) => Answer::Wrong(code.into()),
        }),
        Err(error) => {
            let error = zoom_errors::reading_webinar(error);
            let problem = error.problem();
            if LASTING.contains(&problem.code) { Ok(Answer::Wrong(problem)) } else { Err(error) }
        }
    }
}
