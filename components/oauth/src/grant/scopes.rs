//! The scopes that the Zoom app must have and the admin must be able to grant (R2).

/// A granular scope and what it is for.
pub(crate) struct Scope {
    pub(crate) name: &'static str,
    pub(crate) reason: &'static str,
}

/// Every scope that we need. All are of the `:admin` kind, because the webinars of other users are used too (R3).
pub(crate) const REQUIRED: &[Scope] = &[
    Scope { name: "user:read:user:admin", reason: "to know who signed in and that enabled users exist" },
    Scope { name: "webinar:read:list_webinars:admin", reason: "to offer upcoming webinars" },
    Scope { name: "webinar:read:webinar:admin", reason: "to show a webinar's title, times and zone in Marketo" },
    Scope { name: "webinar:read:list_registration_questions:admin", reason: "to answer a webinar's questions" },
    Scope { name: "webinar:write:registrant:admin", reason: "to register people" },
    Scope { name: "webinar:read:list_registrants:admin", reason: "to look a registrant up before adding again" },
    Scope { name: "webinar:read:list_past_instances:admin", reason: "to find the run of the webinar that took place" },
    Scope { name: "webinar:read:list_absentees:admin", reason: "to set people to No Show" },
    Scope { name: "webinar:read:list_past_participants:admin", reason: "to read attendance while no report is there" },
    Scope { name: "report:read:list_webinar_participants:admin", reason: "to set people to Attended" },
];

/// The required scopes that were not granted.
pub(crate) fn missing(granted: &[String]) -> Vec<&'static Scope> {
    REQUIRED.iter().filter(|scope| !granted.iter().any(|name| name == scope.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_of_the_user_kind_does_not_stand_in_for_the_admin_kind() {
        let granted: Vec<String> = REQUIRED.iter().map(|scope| scope.name.replace(":admin", "")).collect();
        assert_eq!(missing(&granted).len(), REQUIRED.len());
        let granted: Vec<String> = REQUIRED.iter().skip(1).map(|scope| scope.name.to_owned()).collect();
        assert_eq!(missing(&granted).iter().map(|scope| scope.name).collect::<Vec<_>>(), [REQUIRED[0].name]);
    }

    #[test]
    fn every_scope_is_an_admin_scope_with_a_reason() {
        assert!(REQUIRED.iter().all(|scope| scope.name.ends_with(":admin") && scope.reason.starts_with("to ")));
    }
}
