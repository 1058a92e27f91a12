//! Progression statuses of a program's channel, and their steps.

use serde::{Deserialize, Serialize};

/// The statuses that the application knows.
///
/// It sets the first five, and lists the others as missing if a channel lacks them. Customers vary their spelling, so a
/// status is found by [`Channel::find`], never by its exact name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StandardStatus {
    /// To be registered in Zoom (R7).
    Registered,
    /// Waits for the host's approval.
    PendingApproval,
    /// Could not be registered.
    RegistrationError,
    /// Attended the webinar.
    Attended,
    /// Registered and did not attend.
    NoShow,
    /// Found the webinar full.
    WaitListed,
    /// Denied by the host.
    Rejected,
    /// Watched the recording.
    AttendedOnDemand,
}

impl StandardStatus {
    /// Returns the name in Marketo's default webinar channel.
    pub const fn default_name(self) -> &'static str {
        match self {
            Self::Registered => "Registered",
            Self::PendingApproval => "Pending Approval",
            Self::RegistrationError => "Registration Error",
            Self::Attended => "Attended",
            Self::NoShow => "No Show",
            Self::WaitListed => "Wait Listed",
            Self::Rejected => "Rejected",
            Self::AttendedOnDemand => "Attended On-demand",
        }
    }

    /// Returns whether a name is a spelling of this status. Case, spaces, hyphens and underscores do not matter, so
    /// that `No-Show` is `No Show`.
    pub fn is(self, name: &str) -> bool {
        normalize(name) == normalize(self.default_name())
    }
}

fn normalize(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

/// One status of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressionStatus {
    /// The channel's spelling, which Marketo requires.
    pub name: String,
    /// The step. Marketo moves members to equal or higher steps only (R16).
    pub step: i64,
}

/// A program's channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// The name.
    pub name: String,
    /// The statuses.
    pub statuses: Vec<ProgressionStatus>,
}

impl Channel {
    /// Returns the status with its spelling in this channel; `None` if the channel lacks it.
    pub fn find(&self, known: StandardStatus) -> Option<&ProgressionStatus> {
        self.statuses.iter().find(|status| known.is(&status.name))
    }

    /// Returns whether a status is at a higher step than another (R16). A status that the channel does not list has no
    /// step, so every step is higher.
    pub fn moves_forward(&self, from: &str, to: &ProgressionStatus) -> bool {
        let from = self.statuses.iter().find(|status| normalize(&status.name) == normalize(from));
        from.is_none_or(|from| from.step < to.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn channel() -> Channel {
        let statuses =
            [("Invited", 10), ("registered", 40), ("No-Show", 50), ("Attended On-demand", 60), ("ATTENDED", 70)];
        Channel {
            name: "Webinar".into(),
            statuses: statuses.map(|(name, step)| ProgressionStatus { name: name.into(), step }).into(),
        }
    }

    #[test]
    fn r7_statuses_are_found_in_each_spelling() {
        let channel = channel();
        assert_eq!(channel.find(StandardStatus::Registered).unwrap().name, "registered");
        assert_eq!(channel.find(StandardStatus::NoShow).unwrap().name, "No-Show");
        assert_eq!(channel.find(StandardStatus::Attended).unwrap().name, "ATTENDED");
        assert_eq!(channel.find(StandardStatus::AttendedOnDemand).unwrap().name, "Attended On-demand");
        assert_eq!(channel.find(StandardStatus::RegistrationError), None);
        assert!(!StandardStatus::Registered.is("Registering"));
    }

    proptest! {
        #[test]
        fn r16_statuses_move_forward_only(from in 0usize..5, to in 0usize..5) {
            let channel = channel();
            let (from, to) = (&channel.statuses[from], &channel.statuses[to]);
            prop_assert_eq!(channel.moves_forward(&from.name, to), from.step < to.step);
            prop_assert!(!(channel.moves_forward(&from.name, to) && channel.moves_forward(&to.name, from)));
        }
    }

    #[test]
    fn r16_a_member_with_an_unlisted_status_can_get_any_status() {
        assert!(channel().moves_forward("Not in Program", &channel().statuses[0]));
    }
}
