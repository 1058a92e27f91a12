//! Error codes. Each has one sentence for the marketer: what happened, and what to do (docs/FAILURES.md).

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

macro_rules! codes {
    ($($(#[$meta:meta])* $variant:ident = $text:literal, $http:literal, $sentence:literal;)*) => {
        /// What went wrong, for programs. The set is part of the HTTP contract.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$meta])* #[doc = concat!("`", $text, "`.")] $variant,)*
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the code as clients see it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Returns the HTTP status of an answer that contains only this problem.
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$variant => $http,)* }
            }

            /// Returns the sentence for the marketer. It makes no promise about retries, because not every caller retries.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }
        }
    };
}

codes! {
    StatusNotRegistered = "STATUS_NOT_REGISTERED", 422, "Only people whose program status is Registered are registered in Zoom; set the status to Registered before this step.";
    ProgramRequired = "PROGRAM_REQUIRED", 422, "The request names no program; run this step in a smart campaign that is a local asset of the webinar's program.";
    ProgramNotConnected = "PROGRAM_NOT_CONNECTED", 422, "This program is not connected to a Zoom webinar; connect it in the console (a clone of a program must be connected again).";
    ProgramNotWebinarChannel = "PROGRAM_NOT_WEBINAR_CHANNEL", 422, "The program's channel lacks what a webinar program needs; use a program of type Event with Webinar, or correct the channel in Marketo.";
    ServiceNotFound = "SERVICE_NOT_FOUND", 404, "This LaunchPoint service does not exist; sign in to Zoom in the console.";
    ServiceSuperseded = "SERVICE_SUPERSEDED", 409, "The Zoom account was signed in again under another service name; connect the program to a webinar of the new service.";
    ServiceNeedsSignIn = "SERVICE_NEEDS_SIGN_IN", 409, "Zoom no longer accepts this service's sign-in; ask a Zoom admin to sign in again in the console.";
    ServiceLacksPermission = "SERVICE_LACKS_PERMISSION", 409, "The Zoom user who signed in lacks a permission that this needs; give the admin role back to that user, or sign in as another admin.";
    UserNotFound = "USER_NOT_FOUND", 422, "This e-mail address belongs to no user of the Zoom account; check its spelling.";
    TooManyUsers = "TOO_MANY_USERS", 422, "At most 20 Zoom users can be enabled; remove some first.";
    HostNotEnabled = "HOST_NOT_ENABLED", 422, "The webinar's host is neither the admin who signed in nor an enabled user; enable the host in the console.";
    WebinarNotFound = "WEBINAR_NOT_FOUND", 404, "Zoom does not have this webinar; connect the program to another one.";
    WebinarRecurring = "WEBINAR_RECURRING", 422, "Recurring webinars cannot be connected; schedule a webinar with a single session.";
    WebinarOver = "WEBINAR_OVER", 409, "The webinar is over and accepts no more registrations; connect the program to an upcoming webinar.";
    WebinarNeverStarted = "WEBINAR_NEVER_STARTED", 409, "The webinar was never started in Zoom, so no attendance was read and no status was changed; if another webinar took its place, connect the program to that one.";
    WebinarFull = "WEBINAR_FULL", 409, "The webinar is full; raise its registration limit in Zoom and try again.";
    RegistrationNotRequired = "REGISTRATION_NOT_REQUIRED", 422, "The webinar does not require registration, so no one is registered for it; use the shared join link, or turn registration on in Zoom.";
    MissingField = "MISSING_FIELD", 422, "First name, last name and e-mail address are required; fill in the missing one and try again.";
    InvalidField = "INVALID_FIELD", 422, "A field was not accepted; correct it and try again.";
    QuestionUnanswered = "QUESTION_UNANSWERED", 422, "The registration form has a required question that no field of the person answers; make the question optional in Zoom, or have the mapping answer it.";
    HostCannotRegister = "HOST_CANNOT_REGISTER", 422, "This person is a host of the webinar, and Zoom does not register hosts; the person joins as the host.";
    AlreadyPanelist = "ALREADY_PANELIST", 422, "This person is a panelist of the webinar and has a join link already; nothing needs to be done.";
    WorkEmailRequired = "WORK_EMAIL_REQUIRED", 422, "The webinar accepts work e-mail addresses only; ask the person for one.";
    RegistrantDenied = "REGISTRANT_DENIED", 409, "This person's registration was denied or cancelled in Zoom; approve it there.";
    MappingRejected = "MAPPING_REJECTED", 422, "The field mapping rejected this person; correct the person's fields or the mapping, and try again.";
    DailyLimit = "DAILY_LIMIT", 429, "Zoom allows 3 registration attempts per e-mail address and day, and this address has used them; wait until the limit resets at 00:00 UTC.";
    RateLimited = "RATE_LIMITED", 429, "Too many requests were made; wait until the limit resets, and try again if the problem remains.";
    ZoomUnavailable = "ZOOM_UNAVAILABLE", 503, "Zoom did not answer as expected; wait a few minutes, and try again if the problem remains.";
    MarketoUnavailable = "MARKETO_UNAVAILABLE", 503, "Marketo did not answer as expected; wait a few minutes, and try again if the problem remains.";
    MarketoQuota = "MARKETO_QUOTA", 503, "Marketo's daily API quota is used up; wait until it resets at 00:00 US Central time, or have it raised.";
    MarketoAccessDenied = "MARKETO_ACCESS_DENIED", 502, "Marketo denies access to this application's API user; check its role, its client id and secret, and the IP allowlist.";
    MarketoStepBackwards = "MARKETO_STEP_BACKWARDS", 409, "Marketo moves people to statuses with an equal or higher step only, and the steps of the program's channel make this change impossible; correct the steps in Marketo under Admin, Tags, Channel.";
    HostLacksLicence = "HOST_LACKS_LICENCE", 422, "The webinar's host has no webinar licence in Zoom; assign one to the host, or connect the program to a webinar of a user who has one.";
    RegistrantCancelled = "REGISTRANT_CANCELLED", 409, "This person's registration in Zoom is cancelled; set the status back to Registered and run the step again to register the person again.";
    Busy = "BUSY", 429, "The application is busy with this request or with too many others; send the request again later.";
    Unauthenticated = "UNAUTHENTICATED", 401, "The key or the session is missing or not valid; sign in, or send the right key.";
    Forbidden = "FORBIDDEN", 403, "Changes are accepted from the console at the application's public address only; open it there, or send the key.";
    InvalidRequest = "INVALID_REQUEST", 400, "The request does not have the form that this address expects; correct it and send it again.";
    NotFound = "NOT_FOUND", 404, "There is nothing at this address; check its spelling.";
    Internal = "INTERNAL", 500, "An internal error occurred, and the log has the details; trying again is safe.";
}

impl ErrorCode {
    /// Returns whether a retry may succeed although the request is unchanged: an upstream failed, a limit was reached, or
    /// a sign-in or permission is missing and may return. A retry after any other code would fail again and cost one of 3
    /// add calls (R12).
    pub const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::DailyLimit
                | Self::RateLimited
                | Self::ZoomUnavailable
                | Self::MarketoUnavailable
                | Self::MarketoQuota
                | Self::MarketoAccessDenied
                | Self::ServiceNeedsSignIn
                | Self::ServiceLacksPermission
                | Self::Busy
                | Self::Internal
        )
    }
}

// Written by hand: derived code for 37 variants adds 30 kB of wasm to every component.
impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = Self::ALL.iter().copied().find(|code| code.as_str() == text);
        known.ok_or_else(|| D::Error::custom("unknown code"))
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A code with the detail of one case. The detail never contains an upstream body or personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The code.
    pub code: ErrorCode,
    /// One or two sentences for a person.
    pub detail: String,
}

impl Problem {
    /// Creates a problem whose detail is the code's sentence.
    pub fn of(code: ErrorCode) -> Self {
        Self { code, detail: code.sentence().to_owned() }
    }

    /// Creates a problem with a detail before the code's sentence.
    pub fn because(code: ErrorCode, what: impl fmt::Display) -> Self {
        Self { code, detail: format!("{what} {}", code.sentence()) }
    }
}

impl From<ErrorCode> for Problem {
    fn from(code: ErrorCode) -> Self {
        Self::of(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// The codes of the HTTP contract, in its order.
    const CONTRACT: &str = "STATUS_NOT_REGISTERED PROGRAM_REQUIRED PROGRAM_NOT_CONNECTED PROGRAM_NOT_WEBINAR_CHANNEL \
        SERVICE_NOT_FOUND SERVICE_SUPERSEDED SERVICE_NEEDS_SIGN_IN SERVICE_LACKS_PERMISSION USER_NOT_FOUND TOO_MANY_USERS \
        HOST_NOT_ENABLED WEBINAR_NOT_FOUND WEBINAR_RECURRING WEBINAR_OVER WEBINAR_NEVER_STARTED WEBINAR_FULL \
        REGISTRATION_NOT_REQUIRED MISSING_FIELD INVALID_FIELD QUESTION_UNANSWERED HOST_CANNOT_REGISTER ALREADY_PANELIST \
        WORK_EMAIL_REQUIRED REGISTRANT_DENIED MAPPING_REJECTED DAILY_LIMIT RATE_LIMITED ZOOM_UNAVAILABLE \
        MARKETO_UNAVAILABLE MARKETO_QUOTA MARKETO_ACCESS_DENIED MARKETO_STEP_BACKWARDS HOST_LACKS_LICENCE \
        REGISTRANT_CANCELLED BUSY \
        UNAUTHENTICATED FORBIDDEN INVALID_REQUEST NOT_FOUND INTERNAL";

    #[test]
    fn codes_match_the_contract() {
        let ours: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(ours, CONTRACT.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn each_code_has_one_unique_sentence_and_deserializes() {
        let sentences: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.sentence()).collect();
        assert_eq!(sentences.len(), ErrorCode::ALL.len());
        for &code in ErrorCode::ALL {
            let sentence = code.sentence();
            assert!(sentence.ends_with('.') && sentence.matches(". ").count() == 0, "{code}: {sentence}");
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<ErrorCode>(&json).unwrap(), code);
        }
    }
}
