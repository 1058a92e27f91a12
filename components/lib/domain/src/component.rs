//! The components that own records and have an internal API.

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
}

impl Component {
    /// Returns its name in `spin.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oauth => "oauth",
            Self::Catalog => "catalog",
            Self::Registration => "registration",
            Self::Attendance => "attendance",
        }
    }

    /// Returns its host name for service chaining.
    pub const fn host(self) -> &'static str {
        match self {
            Self::Oauth => "oauth.spin.internal",
            Self::Catalog => "catalog.spin.internal",
            Self::Registration => "registration.spin.internal",
            Self::Attendance => "attendance.spin.internal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_component_is_its_name_in_the_domain_for_service_chaining() {
        for component in [Component::Oauth, Component::Catalog, Component::Registration, Component::Attendance] {
            assert_eq!(component.host(), format!("{}.spin.internal", component.name()));
        }
    }
}
