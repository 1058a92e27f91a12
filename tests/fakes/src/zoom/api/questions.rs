//! What is asked at registration.

use serde_json::json;

use super::{Answer, Call};

/// `GET /webinars/{id}/registrants/questions`.
pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let webinar = call.webinar_with_registration()?;
    Ok((200, json!({ "questions": webinar.questions, "custom_questions": webinar.custom_questions })))
}
