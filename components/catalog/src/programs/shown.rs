//! `GET /catalog/programs/{program_id}/tokens`: what Marketo shows of a program's webinar (R4).

use super::{connected, program_id};
use crate::app::App;
use crate::tokens::my_tokens;
use axum::extract::{Path, State};
use domain::records::Connection;
use platform::ApiError;
use platform::entrance::Admin;
use platform::respond::Json;
use serde::Serialize;

/// The My Tokens of a program.
#[derive(Serialize)]
pub(crate) struct Shown {
    tokens: Vec<Token>,
    /// Whether Marketo may still have earlier values.
    due: bool,
}

#[derive(Serialize)]
struct Token {
    name: String,
    value: String,
}

/// Answers with the values that are in Marketo, or on their way there.
pub(crate) async fn tokens(_: Admin, State(app): State<App>, Path(id): Path<String>) -> Result<Json<Shown>, ApiError> {
    Ok(Json(shown(&connected(&app, program_id(&id)?).await?)))
}

fn shown(connection: &Connection) -> Shown {
    let tokens = my_tokens(&connection.snapshot).into_iter();
    let tokens = tokens.map(|token| Token { name: token.name, value: token.value }).collect();
    Shown { tokens, due: connection.tokens_due }
}
