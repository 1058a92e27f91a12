//! The codes of DESIGN section 7. Each has one sentence that tells a marketer what to do.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

macro_rules! codes {
    ($($(#[$meta:meta])* $variant:ident = $text:literal, $http:literal, $sentence:literal;)*) => {
        /// What went wrong, for programs. The set is fixed: independent clients are written against it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$meta])* #[doc = $sentence] $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as callers see it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The HTTP status of an answer that carries only this problem.
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$variant => $http,)* }
            }

            /// What a marketer should know and do.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }
        }
    };
}

codes! {
    StatusNotRegistered = "STATUS_NOT_REGISTERED", 422, "Only people whose program status is Registered are pushed to Zoom; set the status to Registered before this step.";
    ProgramRequired = "PROGRAM_REQUIRED", 422, "Run this step in a smart campaign that is a local asset of the webinar's program, so that we know which program is meant.";
    ProgramNotConnected = "PROGRAM_NOT_CONNECTED", 422, "This program is not connected to a Zoom webinar here; connect it in the console first (a clone has to be connected anew).";
    ProgramNotWebinarChannel = "PROGRAM_NOT_WEBINAR_CHANNEL", 422, "The program's channel is not for webinars; use a program of type Event with Webinar.";
    ServiceNotFound = "SERVICE_NOT_FOUND", 404, "This LaunchPoint service does not exist; sign in to Zoom in the console.";
    ServiceSuperseded = "SERVICE_SUPERSEDED", 409, "The Zoom account was signed in again under another service name; connect the program to a webinar of the new service.";
    ServiceNeedsSignIn = "SERVICE_NEEDS_SIGN_IN", 409, "Zoom no longer accepts our sign-in; a Zoom admin has to sign in again in the console, and what is waiting then goes on by itself.";
    ServiceLacksPermission = "SERVICE_LACKS_PERMISSION", 409, "The Zoom user who signed in may no longer do this; give back the admin role or sign in as another admin.";
    UserNotFound = "USER_NOT_FOUND", 422, "This e-mail address is no user of the Zoom account; check its spelling.";
    TooManyUsers = "TOO_MANY_USERS", 422, "At most 20 Zoom users can be enabled; remove some.";
    HostNotEnabled = "HOST_NOT_ENABLED", 422, "The webinar's host is neither the admin who signed in nor an enabled user; enable the host in the console.";
    WebinarNotFound = "WEBINAR_NOT_FOUND", 404, "Zoom does not know this webinar any more; connect the program to another one.";
    WebinarRecurring = "WEBINAR_RECURRING", 422, "Recurring webinars cannot be connected; make a webinar with a single session.";
    WebinarOver = "WEBINAR_OVER", 409, "The webinar is over, so nobody can be registered for it any more.";
    WebinarNeverStarted = "WEBINAR_NEVER_STARTED", 409, "The webinar was never started in Zoom, so there is no attendance to read; no status was changed.";
    WebinarFull = "WEBINAR_FULL", 409, "The webinar is full; raise its registration limit in Zoom and try again.";
    RegistrationNotRequired = "REGISTRATION_NOT_REQUIRED", 422, "The webinar does not require registration, so nobody is pushed; use the shared join link or turn registration on in Zoom.";
    MissingField = "MISSING_FIELD", 422, "First name, last name and e-mail address are needed; fill in the missing one and try again.";
    InvalidField = "INVALID_FIELD", 422, "Zoom does not accept one of the fields; correct it and try again.";
    QuestionUnanswered = "QUESTION_UNANSWERED", 422, "The webinar asks a required question that nothing answers; make it optional in Zoom or have the mapping answer it.";
    HostCannotRegister = "HOST_CANNOT_REGISTER", 422, "This person is a host of the webinar, and Zoom does not register hosts.";
    AlreadyPanelist = "ALREADY_PANELIST", 422, "This person is a panelist of the webinar and has a link already.";
    WorkEmailRequired = "WORK_EMAIL_REQUIRED", 422, "The webinar accepts work e-mail addresses only; ask the person for one.";
    RegistrantDenied = "REGISTRANT_DENIED", 409, "This person's registration was denied or cancelled in Zoom; approve it there.";
    MappingRejected = "MAPPING_REJECTED", 422, "The field mapping rejected this person; its reason says why.";
    DailyLimit = "DAILY_LIMIT", 429, "Zoom allows 3 registrations per e-mail address and day; we try again after 00:00 UTC by ourselves.";
    RateLimited = "RATE_LIMITED", 429, "Too many requests for now; we slow down and try again by ourselves.";
    ZoomUnavailable = "ZOOM_UNAVAILABLE", 503, "Zoom does not answer properly; we try again by ourselves.";
    MarketoUnavailable = "MARKETO_UNAVAILABLE", 503, "Marketo does not answer properly; we try again by ourselves.";
    MarketoQuota = "MARKETO_QUOTA", 503, "Marketo's daily API quota is used up; we go on after 00:00 US Central time.";
    MarketoAccessDenied = "MARKETO_ACCESS_DENIED", 502, "Marketo refuses our API user; check its role, its client id and secret, and the IP allowlist.";
    Unauthenticated = "UNAUTHENTICATED", 401, "Sign in, or send the key.";
    Forbidden = "FORBIDDEN", 403, "This is not allowed with these credentials.";
    InvalidRequest = "INVALID_REQUEST", 400, "The request is not of the form that this address takes.";
    NotFound = "NOT_FOUND", 404, "There is nothing at this address.";
    Internal = "INTERNAL", 500, "Something went wrong on our side; it is in the log, and trying again is safe.";
}

impl Code {
    /// Whether what failed so is tried again without anybody's doing: the peer was unwell, a limit was reached, or a
    /// sign-in or a right is missing that somebody will give back. Anything else would fail again in the same way, and
    /// cost one of 3 add calls (R12).
    pub const fn passes(self) -> bool {
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
                | Self::Internal
        )
    }
}

// By hand, since derived code for 36 variants is 30 kB of wasm in every component.
impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = Self::ALL.iter().copied().find(|code| code.as_str() == text);
        known.ok_or_else(|| D::Error::custom("unknown code"))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A code with what is known of this very case. The detail never holds an upstream body or people's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Which problem.
    pub code: Code,
    /// One or two sentences for a person.
    pub detail: String,
}

impl Problem {
    /// A problem whose detail is the code's own sentence.
    pub fn of(code: Code) -> Self {
        Self { code, detail: code.sentence().to_owned() }
    }

    /// A problem with a detail of its own in front of the code's sentence.
    pub fn because(code: Code, what: impl fmt::Display) -> Self {
        Self { code, detail: format!("{what} {}", code.sentence()) }
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::of(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// DESIGN section 7, "Codes", in its order.
    const CONTRACT: &str = "STATUS_NOT_REGISTERED PROGRAM_REQUIRED PROGRAM_NOT_CONNECTED PROGRAM_NOT_WEBINAR_CHANNEL \
        SERVICE_NOT_FOUND SERVICE_SUPERSEDED SERVICE_NEEDS_SIGN_IN SERVICE_LACKS_PERMISSION USER_NOT_FOUND TOO_MANY_USERS \
        HOST_NOT_ENABLED WEBINAR_NOT_FOUND WEBINAR_RECURRING WEBINAR_OVER WEBINAR_NEVER_STARTED WEBINAR_FULL \
        REGISTRATION_NOT_REQUIRED MISSING_FIELD INVALID_FIELD QUESTION_UNANSWERED HOST_CANNOT_REGISTER ALREADY_PANELIST \
        WORK_EMAIL_REQUIRED REGISTRANT_DENIED MAPPING_REJECTED DAILY_LIMIT RATE_LIMITED ZOOM_UNAVAILABLE \
        MARKETO_UNAVAILABLE MARKETO_QUOTA MARKETO_ACCESS_DENIED UNAUTHENTICATED FORBIDDEN INVALID_REQUEST NOT_FOUND INTERNAL";

    #[test]
    fn the_codes_are_those_of_the_contract() {
        let ours: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(ours, CONTRACT.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn each_code_has_one_sentence_of_its_own_and_reads_back() {
        let sentences: HashSet<_> = Code::ALL.iter().map(|code| code.sentence()).collect();
        assert_eq!(sentences.len(), Code::ALL.len());
        for &code in Code::ALL {
            let sentence = code.sentence();
            assert!(sentence.ends_with('.') && sentence.matches(". ").count() == 0, "{code}: {sentence}");
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), code);
        }
    }
}
