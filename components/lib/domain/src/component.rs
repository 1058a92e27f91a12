//! The components that own records.

/// A component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// Services and tokens.
    Oauth,
    /// Webinars and connections.
    Catalog,
    /// The flow step.
    Registration,
    /// Attendance.
    Attendance,
    /// The admin's web page. It has records, and no internal API.
    Console,
}

impl Component {
    /// Returns its name in `spin.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oauth => "oauth",
            Self::Catalog => "catalog",
            Self::Registration => "registration",
            Self::Attendance => "attendance",
            Self::Console => "console",
        }
    }

    /// Returns its host name for service chaining.
    pub const fn host(self) -> &'static str {
        match self {
            Self::Oauth => "oauth.spin.internal",
            Self::Catalog => "catalog.spin.internal",
            Self::Registration => "registration.spin.internal",
            Self::Attendance => "attendance.spin.internal",
            Self::Console => "console.spin.internal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_component_is_its_name_in_the_domain_for_service_chaining() {
        use Component::{Attendance, Catalog, Console, Oauth, Registration};
        for component in [Oauth, Catalog, Registration, Attendance, Console] {
            assert_eq!(component.host(), format!("{}.spin.internal", component.name()));
        }
    }
}
