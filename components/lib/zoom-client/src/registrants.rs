//! Registrants of a webinar.

use crate::call::{Idempotency, log_unreadable};
use crate::client::ZoomClient;
use crate::error::{ZoomApiError, ZoomError};
use crate::page::Page;
use crate::target;
use domain::lenient::{FromObject, Object, Rows, Unreadable};
use domain::{Email, ErrorCode, Problem, RegistrantId, Sensitive, WebinarId, deserialize_leniently};
use http::Method;
use serde::Serialize;
use serde_json::Value;

/// A registrant to add. Absent fields are not sent.
#[derive(Debug, Clone, Serialize)]
pub struct NewRegistrant {
    /// E-mail address as the person gave it.
    pub email: Email,
    /// First name, at most 64 characters.
    pub first_name: Sensitive,
    /// Last name, at most 64 characters.
    pub last_name: Sensitive,
    /// Further fields, by Zoom's names.
    #[serde(flatten)]
    pub more: Sensitive<serde_json::Map<String, Value>>,
    /// Answers to custom questions, matched by title.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_questions: Vec<Answer>,
}

/// An answer to a custom question.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The question's title.
    pub title: String,
    /// The answer, at most 128 characters.
    pub value: Sensitive,
}

/// Zoom's answer to an add-registrant call. Adding an address again returns the existing registrant.
#[derive(Debug, Clone)]
pub struct AddedRegistrant {
    /// The registrant's id.
    pub registrant_id: RegistrantId,
    /// The personal join link (R9); absent until the host approves.
    pub join_url: Option<String>,
    /// The registrant's status. Zoom sends it since 2026-09-21. A person who was denied before stays denied.
    pub status: Option<RegistrantStatus>,
}

impl FromObject for AddedRegistrant {
    fn from_object(answer: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            registrant_id: answer.required("registrant_id", Object::text_id)?,
            join_url: answer.text("join_url"),
            status: answer.text("status").and_then(|status| RegistrantStatus::parse(&status)),
        })
    }
}

/// The status of a registrant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegistrantStatus {
    /// May join.
    Approved,
    /// Waits for the host's approval.
    Pending,
    /// Denied, or cancelled by the host.
    Denied,
}

impl RegistrantStatus {
    /// Returns the value of the list's `status` parameter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Pending => "pending",
            Self::Denied => "denied",
        }
    }

    /// Reads a status of Zoom, in any case; `None` for one that is not documented.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Approved, Self::Pending, Self::Denied].into_iter().find(|one| text.eq_ignore_ascii_case(one.as_str()))
    }
}

/// A change of the status of registrants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusAction {
    /// Approves registrants who are pending or denied.
    Approve,
    /// Cancels registrants, who become denied.
    Cancel,
}

impl StatusAction {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Cancel => "cancel",
        }
    }
}

/// Maximum number of registrants per status call.
pub const STATUS_BATCH: usize = 30;

/// Identifies a registrant in a status call.
#[derive(Debug, Clone, Serialize)]
pub struct RegistrantRef {
    /// The registrant's id.
    pub id: RegistrantId,
    /// The e-mail address.
    pub email: Email,
}

#[derive(Serialize)]
struct StatusChange<'a> {
    action: &'static str,
    registrants: &'a [RegistrantRef],
}

/// A row of a list of registrants.
#[derive(Debug, Clone)]
pub struct Registrant {
    /// The registrant's id.
    pub id: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Company.
    pub org: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// The personal join link.
    pub join_url: Option<String>,
    /// The status, where it is one that is documented.
    pub status: Option<RegistrantStatus>,
}

impl FromObject for Registrant {
    fn from_object(row: Object<'_>) -> Result<Self, Unreadable> {
        let (id, email) = (row.text_id("id"), row.text("email"));
        // A row with neither identifies no person.
        if id.is_none() && email.is_none() {
            return Err(Unreadable("id"));
        }
        Ok(Self {
            id,
            email,
            first_name: row.text("first_name"),
            last_name: row.text("last_name"),
            org: row.text("org"),
            phone: row.text("phone"),
            join_url: row.text("join_url"),
            status: row.text("status").and_then(|status| RegistrantStatus::parse(&status)),
        })
    }
}

deserialize_leniently!(Registrant);

/// The questions of a webinar's registration form.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    /// Standard fields besides name and e-mail address.
    pub questions: Vec<StandardQuestion>,
    /// Questions that the host wrote.
    pub custom_questions: Vec<CustomQuestion>,
}

/// A standard field of the registration form.
#[derive(Debug, Clone)]
pub struct StandardQuestion {
    /// The name of the field.
    pub field_name: String,
    /// Whether an answer is required.
    pub required: bool,
}

/// A question that the host wrote.
#[derive(Debug, Clone)]
pub struct CustomQuestion {
    /// The text of the question, by which answers are matched.
    pub title: String,
    /// The type: `short`, `single_radio`, `single_dropdown` or `multiple`.
    pub kind: String,
    /// Whether an answer is required.
    pub required: bool,
    /// The choices.
    pub answers: Vec<String>,
}

impl FromObject for StandardQuestion {
    fn from_object(row: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            field_name: row.required("field_name", Object::text)?,
            required: row.flag("required").unwrap_or(false),
        })
    }
}

impl FromObject for CustomQuestion {
    fn from_object(row: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            title: row.required("title", Object::text)?,
            kind: row.text("type").unwrap_or_default(),
            required: row.flag("required").unwrap_or(false),
            answers: row.texts("answers"),
        })
    }
}

impl ZoomClient {
    /// Adds a registrant. Not retried when the outcome is unknown; the caller looks the address up first (R12).
    pub async fn add_registrant(
        &self,
        webinar: WebinarId,
        registrant: &NewRegistrant,
    ) -> Result<AddedRegistrant, ZoomError> {
        let target = target::target(&["webinars", &webinar.to_string(), "registrants"]);
        self.call(Method::POST, &target, registrant, Idempotency::NonIdempotent).await
    }

    /// Approves or cancels registrants, at most [`STATUS_BATCH`]. Not retried when the outcome is unknown, since Zoom
    /// allows 10 such calls a day for one registrant. Needs a scope that older sign-ins may lack; the rest of the service
    /// works without it, so its absence is not reported as a problem of the service.
    pub async fn change_status(
        &self,
        webinar: WebinarId,
        action: StatusAction,
        registrants: &[RegistrantRef],
    ) -> Result<(), ZoomError> {
        let target = target::target(&["webinars", &webinar.to_string(), "registrants", "status"]);
        let body = StatusChange { action: action.as_str(), registrants };
        let client = self.without_problem_reports();
        client.call_ignoring_answer(Method::PUT, &target, Some(&body), Idempotency::NonIdempotent).await
    }

    /// Returns one registrant; `None` if Zoom does not have it, or not the webinar: the error is the same. Needs a scope
    /// that older sign-ins may lack; its absence is not reported as a problem of the service, since the lists have the
    /// same.
    pub async fn registrant(&self, webinar: WebinarId, id: &RegistrantId) -> Result<Option<Registrant>, ZoomError> {
        let target = target::target(&["webinars", &webinar.to_string(), "registrants", id.as_str()]);
        match self.without_problem_reports().get(&target).await {
            Ok(registrant) => Ok(Some(registrant)),
            Err(ZoomError::Api(error)) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns one page of the registrants with a status.
    pub async fn registrants(
        &self,
        webinar: WebinarId,
        status: RegistrantStatus,
        page: Option<&str>,
    ) -> Result<Page<Registrant>, ZoomError> {
        let target = target::target(&["webinars", &webinar.to_string(), "registrants"]);
        self.get_page(target.query("status", status.as_str()), page, "registrants").await
    }

    /// Returns the questions of the registration form.
    pub async fn questions(&self, webinar: WebinarId) -> Result<Questions, ZoomError> {
        let target = target::target(&["webinars", &webinar.to_string(), "registrants", "questions"]);
        let form = self.get_object(&target).await?;
        let form = Object::from(&form);
        let questions: Rows<StandardQuestion> = form.rows("questions");
        let custom_questions: Rows<CustomQuestion> = form.rows("custom_questions");
        log_unreadable("questions", questions.unreadable + custom_questions.unreadable);
        Ok(Questions { questions: questions.rows, custom_questions: custom_questions.rows })
    }
}

/// Returns the error code of an approval that [`ZoomClient::change_status`] did not make.
pub fn approve_error_code(error: &ZoomApiError) -> ErrorCode {
    if error.code == 3035 { ErrorCode::WebinarFull } else { ErrorCode::RegistrantDenied }
}

/// Returns the error code of a failed [`ZoomClient::add_registrant`]. Zoom uses codes 300 and 3000 for several errors, so
/// the message decides (docs/reference/zoom.md).
fn add_error_code(error: &ZoomApiError) -> ErrorCode {
    match error.code {
        3027 => ErrorCode::HostCannotRegister,
        3034 => ErrorCode::WorkEmailRequired,
        3038 => ErrorCode::WebinarOver,
        3043 => ErrorCode::WebinarFull,
        300 | 3000 if error.message_contains("denied") || error.message_contains("cancel") => {
            ErrorCode::RegistrantDenied
        }
        3000 if error.message_contains("panelist") => ErrorCode::AlreadyPanelist,
        3000 if error.message_contains("limit") || error.message_contains("attendees") => ErrorCode::WebinarFull,
        3000 if error.message_contains("registration") => ErrorCode::RegistrationNotRequired,
        3000 => ErrorCode::InvalidField,
        300 if error.fields.iter().any(|field| field.contains("custom_questions")) => ErrorCode::QuestionUnanswered,
        300 if error.message_contains("question") => ErrorCode::QuestionUnanswered,
        300 => ErrorCode::InvalidField,
        _ if error.message_contains("denied") => ErrorCode::RegistrantDenied,
        _ if error.status == 400 && error.code() == ErrorCode::ZoomUnavailable => ErrorCode::InvalidField,
        _ => error.code(),
    }
}

/// Returns the problem to show for a failed [`ZoomClient::add_registrant`].
pub fn add_problem(error: &ZoomApiError) -> Problem {
    let code = add_error_code(error);
    if error.code == 3000 && error.message_contains("paid") {
        let detail = "Registration for this webinar costs money, and Zoom does not allow that through its API.";
        return Problem { code, detail: detail.to_owned() };
    }
    if error.fields.is_empty() {
        return Problem::of(code);
    }
    Problem::because(code, format_args!("Zoom refused these fields: {}.", error.fields.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_an_add_call_has_its_code() {
        for (status, code, message, expected) in [
            (400, 3027, "Host can not register", ErrorCode::HostCannotRegister),
            (400, 3034, "Please use your work email", ErrorCode::WorkEmailRequired),
            (400, 3038, "Webinar is over", ErrorCode::WebinarOver),
            (400, 3000, "Registration has not been enabled for this webinar", ErrorCode::RegistrationNotRequired),
            (
                400,
                3000,
                "The limit for the number of attendees of this webinar has been reached",
                ErrorCode::WebinarFull,
            ),
            (400, 3000, "The invitee is already a panelist", ErrorCode::AlreadyPanelist),
            (400, 3000, "The Zoom REST API does not support paid registration.", ErrorCode::RegistrationNotRequired),
            (400, 3043, "Webinar has reached maximum attendee capacity.", ErrorCode::WebinarFull),
            (400, 200, "Webinar plan is missing.", ErrorCode::HostLacksLicence),
            (400, 300, "Invalid webinar id.", ErrorCode::InvalidField),
            (400, 300, "Validation Failed.", ErrorCode::InvalidField),
            (400, 200, "No permission", ErrorCode::ServiceLacksPermission),
            (404, 3001, "Webinar does not exist", ErrorCode::WebinarNotFound),
        ] {
            let body = serde_json::json!({"code": code, "message": message}).to_string();
            assert_eq!(add_error_code(&ZoomApiError::read(status, body.as_bytes())), expected, "{message}");
        }
    }

    #[test]
    fn an_unanswered_question_differs_from_an_invalid_field() {
        let body =
            r#"{"code":300,"message":"Validation Failed.","errors":[{"field":"custom_questions.0","message":"x"}]}"#;
        assert_eq!(add_error_code(&ZoomApiError::read(400, body.as_bytes())), ErrorCode::QuestionUnanswered);
    }
}
