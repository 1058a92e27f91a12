//! Maps Zoom's errors of reading webinars to this application's errors (docs/reference/zoom.md).

use domain::{Error, ErrorCode, Problem, Retry, Upstream, UpstreamError};
use zoom_client::ZoomError;

/// Zoom's code for a malformed webinar id.
const INVALID_WEBINAR_ID: i64 = 300;

/// Zoom's code for a missing permission.
const NO_PERMISSION: i64 = 200;

/// Maps an error of `GET /webinars/{id}`.
pub(crate) fn reading_webinar(error: ZoomError) -> Error {
    match error {
        ZoomError::Api(error) if error.is_not_found() || error.code == INVALID_WEBINAR_ID => {
            ErrorCode::WebinarNotFound.into()
        }
        error => any(error),
    }
}

/// Maps an error of `GET /users/{id}/webinars` to a problem of that user.
pub(crate) fn listing_of_user(error: ZoomError) -> Problem {
    match error {
        ZoomError::Api(error) if error.is_not_found() => Problem::of(ErrorCode::UserNotFound),
        ZoomError::Api(error) if error.is_missing_licence() => Problem {
            code: ErrorCode::HostLacksLicence,
            detail: "This user has no webinar licence in Zoom; assign one, or remove the user from the list."
                .to_owned(),
        },
        ZoomError::Api(error) if error.code == NO_PERMISSION => Problem {
            code: ErrorCode::ServiceLacksPermission,
            detail:
                "Zoom refused to list this user's webinars; check that the admin who signed in may still see other \
                     users."
                    .to_owned(),
        },
        error => any(error).problem(),
    }
}

/// Returns whether every call of the service would fail with this error: no valid token, a missing scope, or the
/// account's daily limit.
pub(crate) fn concerns_service(error: &ZoomError) -> bool {
    match error {
        ZoomError::Api(error) => error.is_bad_token() || error.is_missing_scope(),
        ZoomError::DailyLimit { .. } => true,
        ZoomError::Other(error) => matches!(error, Error::Rejected(_) | Error::Internal(_)),
    }
}

/// Maps any other error. A daily limit of reading is the account's limit of requests, not the limit of registrations per
/// address.
pub(crate) fn any(error: ZoomError) -> Error {
    match error {
        ZoomError::DailyLimit { until } => Error::Upstream(UpstreamError {
            upstream: Upstream::Zoom,
            problem: Problem::because(
                ErrorCode::RateLimited,
                "The Zoom account has used up its API requests of today.",
            ),
            retry: Retry::At(until),
            maybe_executed: false,
        }),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Timestamp;
    use zoom_client::ZoomApiError;

    fn api_error(status: u16, code: i64, message: &str) -> ZoomError {
        let body = serde_json::json!({"code": code, "message": message}).to_string();
        ZoomError::Api(ZoomApiError::read(status, body.as_bytes()))
    }

    #[test]
    fn errors_of_reading_a_webinar_map_to_codes() {
        for (status, code, message, expected) in [
            (404, 3001, "Webinar does not exist: 9.", ErrorCode::WebinarNotFound),
            (400, 300, "Invalid webinar id.", ErrorCode::WebinarNotFound),
            (400, 200, "No permission.", ErrorCode::ServiceLacksPermission),
            (400, 200, "Webinar plan is missing.", ErrorCode::HostLacksLicence),
            (401, 124, "Invalid access token.", ErrorCode::ServiceNeedsSignIn),
            (400, 4711, "Invalid access token, does not contain scopes.", ErrorCode::ServiceLacksPermission),
        ] {
            assert_eq!(reading_webinar(api_error(status, code, message)).problem().code, expected, "{message}");
        }
    }

    #[test]
    fn errors_of_a_user_are_distinct_from_errors_of_the_service() {
        let gone = api_error(404, 1001, "User does not exist: x@y.");
        let unlicensed = api_error(400, 200, "Webinar plan is missing.");
        let no_scope = api_error(400, 4711, "Invalid access token, does not contain scopes:[webinar:read].");
        assert!(!concerns_service(&gone) && !concerns_service(&unlicensed) && concerns_service(&no_scope));
        assert_eq!(listing_of_user(gone).code, ErrorCode::UserNotFound);
        let problem = listing_of_user(unlicensed);
        assert_eq!(problem.code, ErrorCode::HostLacksLicence);
        assert!(problem.detail.contains("licence"));
    }

    #[test]
    fn a_daily_limit_of_reading_is_not_a_registration_limit() {
        let limit = ZoomError::DailyLimit { until: Timestamp::UNIX_EPOCH };
        assert!(concerns_service(&limit));
        let error = reading_webinar(limit);
        assert_eq!(error.problem().code, ErrorCode::RateLimited);
        assert_eq!(error.retry(), Retry::At(Timestamp::UNIX_EPOCH));
    }
}
