//! `POST /flow-step/getPicklist`: the choices of the flow step's attribute `webinar`.

use crate::picklist::choice::WebinarChoice;
use crate::picklist::load;
use crate::state::AppState;
use crate::store;
use axum::extract::State;
use platform::auth::MarketoAuth;
use platform::http::Json;
use platform::{ApiError, JsonBody};
use serde::{Deserialize, Serialize};

/// The attribute that has choices.
const ATTRIBUTE: &str = "webinar";

/// The value of the first choice: the program's own webinar.
const PROGRAM: &str = "program";

/// Body of `getPicklist`.
#[derive(Deserialize)]
pub(super) struct PicklistRequest {
    name: String,
}

/// Adobe's `picklistObject`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Picklist {
    choices: Vec<Choice>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Choice {
    display_value: LocalizedText,
    submitted_value: String,
}

/// A text in US English, which Marketo shows in every other language too.
#[derive(Serialize)]
struct LocalizedText {
    #[serde(rename = "en_US")]
    en_us: String,
}

impl Choice {
    fn new(text: String, value: String) -> Self {
        Self { display_value: LocalizedText { en_us: text }, submitted_value: value }
    }
}

/// Returns the program's own webinar and then the upcoming webinars by start time.
pub(super) async fn picklist(
    _: MarketoAuth,
    State(state): State<AppState>,
    JsonBody(request): JsonBody<PicklistRequest>,
) -> Result<Json<Picklist>, ApiError> {
    if request.name != ATTRIBUTE {
        return Err(ApiError::invalid("Only the attribute \"webinar\" has choices."));
    }
    // *Check this connection* shows it. A lost record harms nobody.
    if let Err(error) = store::flow_step_calls::record(&state).await {
        platform::log!(Warn, "flow_step.record_failed", error = error);
    }
    Ok(Json(with_program(load::upcoming_choices(&state).await?)))
}

fn with_program(webinars: Vec<WebinarChoice>) -> Picklist {
    let own = Choice::new("The program's connected webinar".to_owned(), PROGRAM.to_owned());
    let others = webinars.into_iter().map(|webinar| Choice::new(webinar.text, webinar.id.to_string()));
    Picklist { choices: std::iter::once(own).chain(others).collect() }
}
