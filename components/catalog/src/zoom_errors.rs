//! What Zoom's refusals mean when webinars are read (zoom.md section 2, "Errors").

use domain::{Code, Error, Peer, PeerError, Problem, Retry};
use zoom_client::ZoomError;

/// Zoom's code for an id that has not the form of a webinar's.
const INVALID_WEBINAR_ID: i64 = 300;

/// Zoom's code for a missing permission or, with the same number, a missing webinar licence.
const NO_PERMISSION: i64 = 200;

/// What an error of `GET /webinars/{id}` means.
pub(crate) fn reading_webinar(error: ZoomError) -> Error {
    match error {
        ZoomError::Refused(refusal) if refusal.is_not_found() || refusal.code == INVALID_WEBINAR_ID => {
            Code::WebinarNotFound.into()
        }
        error => any(error),
    }
}

/// What an error of `GET /users/{id}/webinars` means for that user.
pub(crate) fn listing_of_user(error: ZoomError) -> Problem {
    match error {
        ZoomError::Refused(refusal) if refusal.is_not_found() => Problem::of(Code::UserNotFound),
        ZoomError::Refused(refusal) if refusal.code == NO_PERMISSION => Problem {
            code: Code::ServiceLacksPermission,
            detail: "Zoom does not show us this user's webinars; check that the user has a webinar licence, and that \
                     the admin who signed in may still see other users."
                .to_owned(),
        },
        error => any(error).problem(),
    }
}

/// Whether an error would meet every call of the service: no usable token, or one without the scope.
pub(crate) fn concerns_service(error: &ZoomError) -> bool {
    match error {
        ZoomError::Refused(refusal) => refusal.is_bad_token() || refusal.is_missing_scope(),
        ZoomError::DailyLimit { .. } => true,
        ZoomError::Other(error) => matches!(error, Error::Caller(_) | Error::Ours(_)),
    }
}

/// Any other error. A daily limit of reading is the account's, not that of registering somebody.
pub(crate) fn any(error: ZoomError) -> Error {
    match error {
        ZoomError::DailyLimit { until } => Error::Peer(PeerError {
            peer: Peer::Zoom,
            problem: Problem::because(Code::RateLimited, "Zoom's requests per day of this account are used up."),
            retry: Retry::At(until),
            ambiguous: false,
        }),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Timestamp;
    use zoom_client::Refusal;

    fn refused(status: u16, code: i64, message: &str) -> ZoomError {
        let body = serde_json::json!({"code": code, "message": message}).to_string();
        ZoomError::Refused(Refusal::read(status, body.as_bytes()))
    }

    #[test]
    fn refusals_of_reading_a_webinar_have_their_codes() {
        for (status, code, message, expected) in [
            (404, 3001, "Webinar does not exist: 9.", Code::WebinarNotFound),
            (400, 300, "Invalid webinar id.", Code::WebinarNotFound),
            (400, 200, "No permission.", Code::ServiceLacksPermission),
            (401, 124, "Invalid access token.", Code::ServiceNeedsSignIn),
            (400, 4711, "Invalid access token, does not contain scopes.", Code::ServiceLacksPermission),
        ] {
            assert_eq!(reading_webinar(refused(status, code, message)).problem().code, expected, "{message}");
        }
    }

    #[test]
    fn a_users_own_trouble_is_told_apart_from_the_services() {
        let gone = refused(404, 1001, "User does not exist: x@y.");
        let unlicensed = refused(400, 200, "Webinar plan is missing.");
        let no_scope = refused(400, 4711, "Invalid access token, does not contain scopes:[webinar:read].");
        assert!(!concerns_service(&gone) && !concerns_service(&unlicensed) && concerns_service(&no_scope));
        assert_eq!(listing_of_user(gone).code, Code::UserNotFound);
        let problem = listing_of_user(unlicensed);
        assert_eq!(problem.code, Code::ServiceLacksPermission);
        assert!(problem.detail.contains("licence"));
    }

    #[test]
    fn a_daily_limit_of_reading_is_not_that_of_registering() {
        let limit = ZoomError::DailyLimit { until: Timestamp::UNIX_EPOCH };
        assert!(concerns_service(&limit));
        let error = reading_webinar(limit);
        assert_eq!(error.problem().code, Code::RateLimited);
        assert_eq!(error.retry(), Retry::At(Timestamp::UNIX_EPOCH));
    }
}
