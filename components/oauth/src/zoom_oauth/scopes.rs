//! The scopes that the Zoom app must have and the admin must be able to grant (R2).

use domain::{ErrorCode, Problem};

/// A granular scope and its purpose.
pub(crate) struct RequiredScope {
    pub(crate) name: &'static str,
    pub(crate) reason: &'static str,
}

/// The required scopes. All are `:admin` scopes, because the webinars of other users are used too (R3).
pub(crate) const REQUIRED_SCOPES: &[RequiredScope] = &[
    RequiredScope { name: "user:read:user:admin", reason: "to know who signed in and that enabled users exist" },
    RequiredScope { name: "webinar:read:list_webinars:admin", reason: "to offer upcoming webinars" },
    RequiredScope {
        name: "webinar:read:webinar:admin",
        reason: "to show a webinar's title, times and zone in Marketo",
    },
    RequiredScope { name: "webinar:read:list_registration_questions:admin", reason: "to answer a webinar's questions" },
    RequiredScope { name: "webinar:write:registrant:admin", reason: "to register people" },
    RequiredScope {
        name: "webinar:read:list_registrants:admin",
        reason: "to look a registrant up before adding again",
    },
    RequiredScope { name: "webinar:read:list_past_instances:admin", reason: "to find the sessions of a webinar" },
    RequiredScope { name: "webinar:read:list_absentees:admin", reason: "to set people to No Show" },
    RequiredScope {
        name: "webinar:read:list_past_participants:admin",
        reason: "to read attendance while no report is there",
    },
    RequiredScope { name: "report:read:list_webinar_participants:admin", reason: "to set people to Attended" },
];

/// Returns the required scopes that were not granted.
pub(crate) fn missing(granted: &[String]) -> Vec<&'static RequiredScope> {
    REQUIRED_SCOPES.iter().filter(|scope| !granted.iter().any(|name| name == scope.name)).collect()
}

/// Returns the problem of a grant that lacks scopes (R2), or `None` if it has them all.
pub(crate) fn missing_scopes_problem(granted: &[String]) -> Option<Problem> {
    let names: Vec<_> = missing(granted).iter().map(|scope| scope.name).collect();
    (!names.is_empty()).then(|| {
        let what = format_args!("Zoom did not grant {}.", names.join(", "));
        Problem::because(ErrorCode::ServiceLacksPermission, what)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_scope_does_not_replace_an_admin_scope() {
        let granted: Vec<String> = REQUIRED_SCOPES.iter().map(|scope| scope.name.replace(":admin", "")).collect();
        assert_eq!(missing(&granted).len(), REQUIRED_SCOPES.len());
        let granted: Vec<String> = REQUIRED_SCOPES.iter().skip(1).map(|scope| scope.name.to_owned()).collect();
        assert_eq!(missing(&granted).iter().map(|scope| scope.name).collect::<Vec<_>>(), [REQUIRED_SCOPES[0].name]);
    }

    #[test]
    fn every_required_scope_is_an_admin_scope_with_a_reason() {
        assert!(REQUIRED_SCOPES.iter().all(|scope| scope.name.ends_with(":admin") && scope.reason.starts_with("to ")));
    }
}
