//! Whether a service can be used (R1, R3). Pure: every component decides by this.

use super::service::{Service, ServiceState};
use crate::email::Email;
use crate::error::Error;
use crate::error_code::{ErrorCode, Problem};

/// Whether a service can be used, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceUsability {
    /// It can be used.
    Usable,
    /// There is no such service.
    NotFound,
    /// A later sign-in of the same account under another name replaced it (R1).
    Superseded,
    /// Zoom refuses the grant or rejects calls; a probe may succeed again, or an admin has to sign in again.
    NeedsSignIn,
    /// The app was removed from the account (R17). A new sign-in restores the service.
    AppRemoved,
    /// The webinar's host is neither the admin nor an enabled user (R3).
    HostNotEnabled,
}

impl ServiceUsability {
    /// Decides for a service, and for the host of a webinar if there is one.
    pub fn of(service: Option<&Service>, host: Option<&Email>) -> Self {
        let Some(service) = service else { return Self::NotFound };
        match service.state {
            ServiceState::Superseded => Self::Superseded,
            ServiceState::NeedsSignIn => Self::NeedsSignIn,
            ServiceState::Deauthorized => Self::AppRemoved,
            ServiceState::Active if service.rejection.is_some() => Self::NeedsSignIn,
            ServiceState::Active if host.is_none_or(|host| service.enables(host)) => Self::Usable,
            ServiceState::Active => Self::HostNotEnabled,
        }
    }

    /// Returns whether the service can be used.
    pub fn is_usable(self) -> bool {
        self == Self::Usable
    }

    /// Returns why the service cannot be used; `None` if it can.
    pub fn problem(self) -> Option<Problem> {
        let code = match self {
            Self::Usable => return None,
            Self::NotFound => ErrorCode::ServiceNotFound,
            Self::Superseded => ErrorCode::ServiceSuperseded,
            Self::NeedsSignIn => ErrorCode::ServiceNeedsSignIn,
            Self::AppRemoved => {
                let cause = "The app was removed from the Zoom account.";
                return Some(Problem::because(ErrorCode::ServiceNeedsSignIn, cause));
            }
            Self::HostNotEnabled => ErrorCode::HostNotEnabled,
        };
        Some(Problem::of(code))
    }

    /// Succeeds if the service can be used.
    ///
    /// # Errors
    /// The reason why it cannot.
    pub fn require(self) -> Result<(), Error> {
        self.problem().map_or(Ok(()), |problem| Err(problem.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Record;

    fn service(state: ServiceState) -> Service {
        Service {
            v: Service::VERSION,
            id: "s".into(),
            name: "Acme".into(),
            account_id: "a".into(),
            admin_user_id: "u".into(),
            admin_email: Email::parse("ada@x.test").unwrap(),
            scopes: Vec::new(),
            api_base: "https://api.zoom.us".into(),
            users: vec![Email::parse("bob@x.test").unwrap()],
            state,
            created_at: crate::time::Timestamp::UNIX_EPOCH,
            problem: None,
            problem_program: None,
            rejection: None,
        }
    }

    fn code(state: ServiceState, host: Option<&str>) -> Option<ErrorCode> {
        let host = host.and_then(Email::parse);
        ServiceUsability::of(Some(&service(state)), host.as_ref()).problem().map(|problem| problem.code)
    }

    #[test]
    fn r1_only_an_active_service_can_be_used() {
        assert_eq!(ServiceUsability::of(None, None), ServiceUsability::NotFound);
        assert_eq!(code(ServiceState::Active, None), None);
        for (state, expected) in [
            (ServiceState::Superseded, ErrorCode::ServiceSuperseded),
            (ServiceState::NeedsSignIn, ErrorCode::ServiceNeedsSignIn),
            (ServiceState::Deauthorized, ErrorCode::ServiceNeedsSignIn),
        ] {
            assert_eq!(code(state, None), Some(expected));
            // The reason of the service comes before the one of the host.
            assert_eq!(code(state, Some("eve@x.test")), Some(expected));
            assert!(ServiceUsability::of(Some(&service(state)), None).require().is_err());
        }
    }

    #[test]
    fn an_active_service_whose_calls_zoom_rejects_is_not_used_until_a_probe_succeeds() {
        let rejection = Some(crate::records::Rejection::new(crate::time::Timestamp::UNIX_EPOCH));
        let service = Service { rejection, ..service(ServiceState::Active) };
        assert_eq!(ServiceUsability::of(Some(&service), None), ServiceUsability::NeedsSignIn);
    }

    #[test]
    fn r3_an_active_service_is_used_for_its_own_hosts_only() {
        for host in ["ada@x.test", "BOB@x.test"] {
            assert_eq!(code(ServiceState::Active, Some(host)), None, "{host}");
        }
        assert_eq!(code(ServiceState::Active, Some("eve@x.test")), Some(ErrorCode::HostNotEnabled));
    }
}
