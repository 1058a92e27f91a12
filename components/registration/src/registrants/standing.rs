//! The standing of a person at a webinar, as Zoom has it. Pure.

use domain::records::RegistrationOutcome;
use domain::{ErrorCode, Problem, RegistrantId, Sensitive};
use zoom_client::registrants::{Registrant, RegistrantStatus};

/// The standing of a person at a webinar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// May join with the personal link (R9).
    Approved {
        /// The registrant.
        registrant: RegistrantId,
        /// The personal join link.
        join_url: Sensitive,
    },
    /// Waits for the host's approval, or for the link.
    Pending {
        /// The registrant.
        registrant: RegistrantId,
    },
    /// Denied, or cancelled by the host. Zoom keeps the registrant, who can be approved again.
    Denied {
        /// The registrant.
        registrant: RegistrantId,
    },
    /// In none of Zoom's lists: the person cancelled, or the host deleted the registrant. The address can be added again.
    Gone,
}

impl Standing {
    /// Returns the standing of a registrant with a status; `None` for a row without an id.
    pub fn of(registrant: &Registrant, status: RegistrantStatus) -> Option<Self> {
        let id = RegistrantId::from(registrant.id.clone()?);
        Some(match (status, &registrant.join_url) {
            (RegistrantStatus::Approved, Some(url)) => {
                Self::Approved { registrant: id, join_url: Sensitive::from(url.clone()) }
            }
            (RegistrantStatus::Approved | RegistrantStatus::Pending, _) => Self::Pending { registrant: id },
            (RegistrantStatus::Denied, _) => Self::Denied { registrant: id },
        })
    }

    /// Returns the registrant, if Zoom has one.
    pub const fn registrant(&self) -> Option<&RegistrantId> {
        match self {
            Self::Approved { registrant, .. } | Self::Pending { registrant } | Self::Denied { registrant } => {
                Some(registrant)
            }
            Self::Gone => None,
        }
    }

    /// Returns whether the person is registered, with or without approval.
    pub const fn is_registered(&self) -> bool {
        matches!(self, Self::Approved { .. } | Self::Pending { .. })
    }

    /// Returns the outcome that the ledger has for it. `former`: the registrant that the ledger knew.
    pub fn outcome(&self, former: Option<&RegistrantId>) -> RegistrationOutcome {
        let withdrawn =
            |code, registrant| RegistrationOutcome::Failed { problem: Problem::of(code), next_try: None, registrant };
        match self.clone() {
            Self::Approved { registrant, join_url } => RegistrationOutcome::Registered { registrant, join_url },
            Self::Pending { registrant } => RegistrationOutcome::Pending { registrant },
            Self::Denied { registrant } => withdrawn(ErrorCode::RegistrantDenied, Some(registrant)),
            Self::Gone => withdrawn(ErrorCode::RegistrantCancelled, former.cloned()),
        }
    }

    /// Returns whether an outcome of the ledger says the same. Whether a registration ended by denial or by cancellation
    /// makes no difference, unless Zoom has the registrant again.
    pub fn agrees_with(&self, outcome: &RegistrationOutcome) -> bool {
        match self {
            Self::Approved { .. } | Self::Pending { .. } => *outcome == self.outcome(None),
            Self::Denied { registrant } => outcome.is_withdrawn() && outcome.registrant() == Some(registrant),
            Self::Gone => outcome.is_withdrawn() || outcome.registrant().is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approved(url: &str) -> Standing {
        Standing::Approved { registrant: "r".into(), join_url: url.into() }
    }

    #[test]
    fn r18_the_ledger_agrees_with_the_standing_that_it_was_written_from() {
        let former = RegistrantId::from("r");
        let pending = Standing::Pending { registrant: "r".into() };
        let denied = Standing::Denied { registrant: "r".into() };
        let all = [approved("u"), pending, denied, Standing::Gone];
        for (one, standing) in all.iter().enumerate() {
            for (other, written) in all.iter().enumerate() {
                let agrees = standing.agrees_with(&written.outcome(Some(&former)));
                // Denied and gone both mean that the registration does not stand.
                assert_eq!(agrees, one == other || (one >= 2 && other >= 2), "{standing:?} {written:?}");
            }
        }
        assert!(!approved("other").agrees_with(&approved("u").outcome(None)));
    }

    #[test]
    fn r18_a_failure_of_another_cause_disagrees_with_a_registration_only() {
        let full = RegistrationOutcome::failed(Problem::of(ErrorCode::WebinarFull), None);
        assert!(!approved("u").agrees_with(&full));
        assert!(!Standing::Denied { registrant: "r".into() }.agrees_with(&full));
        assert!(Standing::Gone.agrees_with(&full));
    }
}
