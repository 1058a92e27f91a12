//! Registrants of a webinar.

use crate::access::Zoom;
use crate::call::Repeat;
use crate::error::{Refusal, ZoomError};
use crate::path::encode;
use crate::{PAGE_SIZE, Page, lenient};
use domain::{Code, Email, Problem, RegistrantId, Sensitive, WebinarId};
use http::Method;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// A registrant to add. Absent fields are not sent.
#[derive(Debug, Clone, Serialize)]
pub struct NewRegistrant {
    /// As given by the person, not folded.
    pub email: Email,
    /// At most 64 characters.
    pub first_name: Sensitive,
    /// At most 64 characters.
    pub last_name: Sensitive,
    /// Every further field under Zoom's name for it.
    #[serde(flatten)]
    pub more: Sensitive<serde_json::Map<String, serde_json::Value>>,
    /// Answers to custom questions, matched by title.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_questions: Vec<Answer>,
}

/// An answer to a custom question.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The question's title.
    pub title: String,
    /// At most 128 characters.
    pub value: Sensitive,
}

/// What Zoom answers to an addition. Adding an address again returns the registrant that is there.
#[derive(Debug, Clone, Deserialize)]
pub struct Added {
    /// Zoom's id.
    pub registrant_id: RegistrantId,
    /// The personal link (R9); absent until the host approves.
    #[serde(default, deserialize_with = "lenient::text")]
    pub join_url: Option<String>,
    /// Since 2026-09-21.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
}

/// Where a registrant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// May join.
    Approved,
    /// Waits for the host.
    Pending,
    /// Denied, or cancelled.
    Denied,
}

impl Standing {
    /// As the list takes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Pending => "pending",
            Self::Denied => "denied",
        }
    }
}

/// So many registrants one status call takes.
pub const STATUS_BATCH: usize = 30;

/// A registrant to approve.
#[derive(Debug, Clone, Serialize)]
pub struct ToApprove {
    /// Zoom's id.
    pub id: RegistrantId,
    /// The address.
    pub email: Email,
}

#[derive(Serialize)]
struct Approval<'a> {
    action: &'static str,
    registrants: &'a [ToApprove],
}

/// A row of the list of registrants.
#[derive(Debug, Clone, Deserialize)]
pub struct Registrant {
    /// Zoom's id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// The address.
    #[serde(default, deserialize_with = "lenient::text")]
    pub email: Option<String>,
    /// First name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub last_name: Option<String>,
    /// Company.
    #[serde(default, deserialize_with = "lenient::text")]
    pub org: Option<String>,
    /// Phone.
    #[serde(default, deserialize_with = "lenient::text")]
    pub phone: Option<String>,
    /// The personal link.
    #[serde(default, deserialize_with = "lenient::text")]
    pub join_url: Option<String>,
}

/// The questions of a webinar's registration form.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Questions {
    /// Zoom's own fields beyond name and address.
    #[serde(default)]
    pub questions: Vec<StandardQuestion>,
    /// The host's own questions.
    #[serde(default)]
    pub custom_questions: Vec<CustomQuestion>,
}

/// A field of Zoom's own.
#[derive(Debug, Clone, Deserialize)]
pub struct StandardQuestion {
    /// Its name.
    pub field_name: String,
    /// Whether it must be answered.
    #[serde(default)]
    pub required: bool,
}

/// A question of the host's.
#[derive(Debug, Clone, Deserialize)]
pub struct CustomQuestion {
    /// The question itself; answers are matched by it.
    pub title: String,
    /// `short`, `single_radio`, `single_dropdown`, `multiple`.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Whether it must be answered.
    #[serde(default)]
    pub required: bool,
    /// The choices.
    #[serde(default)]
    pub answers: Vec<String>,
}

impl Zoom {
    /// Adds a registrant. Never repeated when its fate is unknown: look the address up first (R12).
    pub async fn add_registrant(&self, webinar: WebinarId, registrant: &NewRegistrant) -> Result<Added, ZoomError> {
        let path = format!("/webinars/{webinar}/registrants");
        self.call(Method::POST, &path, Some(registrant), Repeat::Never).await
    }

    /// Approves registrants who were denied or cancelled, at most [`STATUS_BATCH`]. Zoom takes 10 such calls a day for
    /// one registrant, so this is not repeated either. It needs a scope that older sign-ins may lack; they still work,
    /// hence that refusal is not a problem of the service.
    pub async fn approve(&self, webinar: WebinarId, registrants: &[ToApprove]) -> Result<(), ZoomError> {
        let path = format!("/webinars/{webinar}/registrants/status");
        let body = Approval { action: "approve", registrants };
        self.quietly().call::<_, IgnoredAny>(Method::PUT, &path, Some(&body), Repeat::Never).await.map(drop)
    }

    /// One page of the registrants in some standing.
    pub async fn registrants(
        &self,
        webinar: WebinarId,
        standing: Standing,
        page: Option<&str>,
    ) -> Result<Page<Registrant>, ZoomError> {
        let token = page.map(|page| format!("&next_page_token={}", encode(page))).unwrap_or_default();
        let status = standing.as_str();
        self.get(&format!("/webinars/{webinar}/registrants?status={status}&page_size={PAGE_SIZE}{token}")).await
    }

    /// The registration form's questions.
    pub async fn questions(&self, webinar: WebinarId) -> Result<Questions, ZoomError> {
        self.get(&format!("/webinars/{webinar}/registrants/questions")).await
    }
}

/// What a refusal of [`Zoom::approve`] means.
pub fn approve_refusal(refusal: &Refusal) -> Code {
    if refusal.code == 3035 { Code::WebinarFull } else { Code::RegistrantDenied }
}

/// What a refusal of [`Zoom::add_registrant`] means (zoom.md section 2, "Errors").
pub fn add_refusal(refusal: &Refusal) -> Code {
    match refusal.code {
        3027 => Code::HostCannotRegister,
        3034 => Code::WorkEmailRequired,
        3038 => Code::WebinarOver,
        3043 => Code::WebinarFull,
        300 | 3000 if refusal.says("denied") || refusal.says("cancel") => Code::RegistrantDenied,
        3000 if refusal.says("panelist") => Code::AlreadyPanelist,
        3000 if refusal.says("limit") || refusal.says("attendees") => Code::WebinarFull,
        3000 if refusal.says("registration") => Code::RegistrationNotRequired,
        3000 => Code::InvalidField,
        300 if refusal.fields.iter().any(|field| field.contains("custom_questions")) => Code::QuestionUnanswered,
        300 if refusal.says("question") => Code::QuestionUnanswered,
        300 => Code::InvalidField,
        _ if refusal.says("denied") => Code::RegistrantDenied,
        _ if refusal.status == 400 && refusal.code() == Code::ZoomUnavailable => Code::InvalidField,
        _ => refusal.code(),
    }
}

/// The same, for people.
pub fn add_problem(refusal: &Refusal) -> Problem {
    let code = add_refusal(refusal);
    if refusal.code == 3000 && refusal.says("paid") {
        let detail = "Registration for this webinar costs money, and Zoom lets nobody in on another's behalf.";
        return Problem { code, detail: detail.to_owned() };
    }
    if refusal.fields.is_empty() {
        return Problem::of(code);
    }
    Problem::because(code, format_args!("Zoom names: {}.", refusal.fields.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_of_an_addition_has_its_code() {
        for (status, code, message, expected) in [
            (400, 3027, "Host can not register", Code::HostCannotRegister),
            (400, 3034, "Please use your work email", Code::WorkEmailRequired),
            (400, 3038, "Webinar is over", Code::WebinarOver),
            (400, 3000, "Registration has not been enabled for this webinar", Code::RegistrationNotRequired),
            (400, 3000, "The limit for the number of attendees of this webinar has been reached", Code::WebinarFull),
            (400, 3000, "The invitee is already a panelist", Code::AlreadyPanelist),
            (400, 3000, "The Zoom REST API does not support paid registration.", Code::RegistrationNotRequired),
            (400, 3043, "Webinar has reached maximum attendee capacity.", Code::WebinarFull),
            (400, 200, "Webinar plan is missing.", Code::ServiceLacksPermission),
            (400, 300, "Invalid webinar id.", Code::InvalidField),
            (400, 300, "Validation Failed.", Code::InvalidField),
            (400, 200, "No permission", Code::ServiceLacksPermission),
            (404, 3001, "Webinar does not exist", Code::WebinarNotFound),
        ] {
            let body = serde_json::json!({"code": code, "message": message}).to_string();
            assert_eq!(add_refusal(&Refusal::read(status, body.as_bytes())), expected, "{message}");
        }
    }

    #[test]
    fn an_unanswered_question_is_told_apart_from_an_invalid_field() {
        let body =
            r#"{"code":300,"message":"Validation Failed.","errors":[{"field":"custom_questions.0","message":"x"}]}"#;
        assert_eq!(add_refusal(&Refusal::read(400, body.as_bytes())), Code::QuestionUnanswered);
    }
}
