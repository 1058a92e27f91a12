//! Progression statuses of a program's channel, and their order.

use serde::{Deserialize, Serialize};

/// The statuses that mean something to us. Customers rename and respell them, so they are found by
/// [`Channel::find`], never by their exact text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Known {
    /// Pushed to Zoom (R7).
    Registered,
    /// Waits for the host's approval.
    PendingApproval,
    /// Could not be registered.
    RegistrationError,
    /// Was in the webinar.
    Attended,
    /// Was registered and did not come.
    NoShow,
    /// Found the webinar full.
    WaitListed,
    /// Was turned away by the host.
    Rejected,
    /// Watched the recording.
    AttendedOnDemand,
}

impl Known {
    /// The name in Marketo's own webinar channel.
    pub const fn usual_name(self) -> &'static str {
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

    /// Whether a customer's spelling means this status: case, spaces, hyphens and underscores do not count, so that
    /// `No-Show` is `No Show`.
    pub fn is(self, name: &str) -> bool {
        fold(name) == fold(self.usual_name())
    }
}

fn fold(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

/// One status of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressionStatus {
    /// As the channel spells it: this is what Marketo takes.
    pub name: String,
    /// Its place in the order; Marketo moves members to higher steps only.
    pub step: i64,
}

/// A program's channel as far as we need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// The channel's name.
    pub name: String,
    /// Its statuses.
    pub statuses: Vec<ProgressionStatus>,
}

impl Channel {
    /// The channel's own spelling of a status, or `None` where the channel lacks it.
    pub fn find(&self, known: Known) -> Option<&ProgressionStatus> {
        self.statuses.iter().find(|status| known.is(&status.name))
    }

    /// Whether Marketo would move a member from one status to the other (R16): forward only. A status that the
    /// channel does not list has no step, and any step is ahead of it.
    pub fn moves_forward(&self, from: &str, to: &ProgressionStatus) -> bool {
        let from = self.statuses.iter().find(|status| fold(&status.name) == fold(from));
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
    fn r7_statuses_are_found_whatever_their_spelling() {
        let channel = channel();
        assert_eq!(channel.find(Known::Registered).unwrap().name, "registered");
        assert_eq!(channel.find(Known::NoShow).unwrap().name, "No-Show");
        assert_eq!(channel.find(Known::Attended).unwrap().name, "ATTENDED");
        assert_eq!(channel.find(Known::AttendedOnDemand).unwrap().name, "Attended On-demand");
        assert_eq!(channel.find(Known::RegistrationError), None);
        assert!(!Known::Registered.is("Registering"));
    }

    proptest! {
        #[test]
        fn r16_no_status_moves_back(from in 0usize..5, to in 0usize..5) {
            let channel = channel();
            let (from, to) = (&channel.statuses[from], &channel.statuses[to]);
            prop_assert_eq!(channel.moves_forward(&from.name, to), from.step < to.step);
            prop_assert!(!(channel.moves_forward(&from.name, to) && channel.moves_forward(&to.name, from)));
        }
    }

    #[test]
    fn r16_a_member_without_a_listed_status_may_get_any() {
        assert!(channel().moves_forward("Not in Program", &channel().statuses[0]));
    }
}
