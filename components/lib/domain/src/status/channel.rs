//! The statuses of a channel: their names and steps (R16).

use serde::{Deserialize, Serialize};

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
    /// Returns the status with a name: the exact one, else one with a name that [`is_same_name`].
    pub fn find(&self, name: &str) -> Option<&ProgressionStatus> {
        let exact = self.statuses.iter().find(|status| status.name == name);
        exact.or_else(|| self.statuses.iter().find(|status| is_same_name(&status.name, name)))
    }

    /// Returns whether a status is at a higher step than another (R16). A status that the channel does not list has no
    /// step, so every step is higher.
    pub fn moves_forward(&self, from: &str, to: &ProgressionStatus) -> bool {
        self.find(from).is_none_or(|from| from.step < to.step)
    }
}

/// Returns whether two names are spellings of one name. Case, spaces, hyphens and underscores do not matter, so that
/// `No-Show` is `no show`.
pub fn is_same_name(one: &str, other: &str) -> bool {
    normalized(one).eq(normalized(other))
}

fn normalized(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_')).flat_map(char::to_lowercase)
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
        let found = |name: &str| channel.find(name).map(|status| status.name.as_str());
        assert_eq!(found("Registered "), Some("registered"));
        assert_eq!(found("NO SHOW"), Some("No-Show"));
        assert_eq!(found("attended"), Some("ATTENDED"));
        assert_eq!((found("Registering"), found("")), (None, None));
        assert!(is_same_name("NICHT erschienen", "Nicht Erschienen") && is_same_name("ÜBERGANG", "übergang"));
    }

    #[test]
    fn the_exact_name_wins_over_another_spelling() {
        let mut channel = channel();
        channel.statuses.push(ProgressionStatus { name: "Registered".into(), step: 45 });
        assert_eq!((channel.find("Registered").unwrap().step, channel.find("registered").unwrap().step), (45, 40));
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
