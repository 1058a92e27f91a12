//! Which status of a channel has which meaning (R21): guessed from the names, or chosen by the admin.

use super::channel::{Channel, ProgressionStatus, is_same_name};
use super::guess::{self, Guess};
use super::meaning::Meaning;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The status that has a meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedStatus {
    /// The channel's spelling. `None` if no status has the meaning: then it is never set.
    pub status: Option<String>,
    /// Whether an admin chose it. Otherwise it was guessed.
    #[serde(default)]
    pub chosen: bool,
}

/// The statuses of a connection, by meaning. A status has at most one meaning, except that cancelled and denied may share
/// one.
///
/// A meaning that the mapping lacks, as in records of earlier versions, has the status that is guessed from the channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatusMapping(BTreeMap<Meaning, MappedStatus>);

impl StatusMapping {
    /// Guesses the mapping from the names of a channel's statuses.
    pub fn guess(channel: &Channel) -> Self {
        let mut mapping = Self::default();
        mapping.refresh(channel);
        mapping
    }

    /// Guesses again what was guessed and is no longer in the channel, and what the mapping lacks. What an admin chose
    /// stays, and so does a guess whose status is still there.
    pub fn refresh(&mut self, channel: &Channel) {
        self.0.retain(|_, mapped| {
            mapped.chosen || mapped.status.as_ref().is_some_and(|name| channel.find(name).is_some())
        });
        let guesses: Vec<_> =
            channel.statuses.iter().filter_map(|status| Some((guess::guess(&status.name)?, status))).collect();
        for meaning in Meaning::ALL {
            if !self.0.contains_key(&meaning) {
                let status = self.best_guess(meaning, &guesses).map(|status| status.name.clone());
                self.0.insert(meaning, MappedStatus { status, chosen: false });
            }
        }
        // A channel with one status for both: people whom the host denied are cancelled (R21). The reverse would call
        // people rejected who cancelled themselves.
        let cancelled = self.0.get(&Meaning::Cancelled).and_then(|mapped| mapped.status.clone());
        if let Some(denied) = self.0.get_mut(&Meaning::Denied)
            && !denied.chosen
            && denied.status.is_none()
        {
            denied.status = cancelled;
        }
    }

    /// Returns the status whose name fits a meaning best; `None` if none or two fit equally well, because a wrong
    /// guess is worse than none. Leaves out the statuses that have a meaning.
    fn best_guess<'c>(
        &self,
        meaning: Meaning,
        guesses: &[(Guess, &'c ProgressionStatus)],
    ) -> Option<&'c ProgressionStatus> {
        let is_free =
            |status: &ProgressionStatus| self.0.values().all(|used| used.status.as_deref() != Some(&*status.name));
        let fitting = || guesses.iter().filter(|(guess, status)| guess.meaning == meaning && is_free(status));
        let best = fitting().map(|(guess, _)| guess.rank).min()?;
        let mut best = fitting().filter(|(guess, _)| guess.rank == best).map(|&(_, status)| status);
        best.next().filter(|_| best.next().is_none())
    }

    /// Maps a meaning to a status, or to none, because an admin chose so. A guess of another meaning that has the status
    /// is dropped, and a guess of denied that is the status of cancelled follows it.
    pub fn choose(&mut self, meaning: Meaning, status: Option<String>) {
        let before = self.0.get(&meaning).and_then(|mapped| mapped.status.clone());
        for (&other, mapped) in self.0.iter_mut().filter(|(_, mapped)| !mapped.chosen) {
            if mapped.status.is_some() && mapped.status == status && !may_share(meaning, other) {
                mapped.status = None;
            } else if (meaning, other) == (Meaning::Cancelled, Meaning::Denied) && mapped.status == before {
                mapped.status.clone_from(&status);
            }
        }
        self.0.insert(meaning, MappedStatus { status, chosen: true });
    }

    /// Returns the entry of a meaning; `None` if the mapping lacks it.
    pub fn get(&self, meaning: Meaning) -> Option<&MappedStatus> {
        self.0.get(&meaning)
    }

    /// Returns whether every meaning has an entry. Only records of earlier versions lack some.
    pub fn is_complete(&self) -> bool {
        self.0.len() == Meaning::ALL.len()
    }

    /// Returns the entries that an admin chose.
    pub fn chosen(&self) -> impl Iterator<Item = (Meaning, &MappedStatus)> {
        self.0.iter().filter(|(_, mapped)| mapped.chosen).map(|(&meaning, mapped)| (meaning, mapped))
    }

    /// Returns two meanings that have the same status although they may not share one.
    pub fn conflict(&self) -> Option<(Meaning, Meaning)> {
        let entries: Vec<_> =
            self.0.iter().filter_map(|(&meaning, mapped)| Some((meaning, mapped.status.as_deref()?))).collect();
        entries.iter().enumerate().find_map(|(index, &(one, name))| {
            let mut later = entries[index + 1..].iter();
            let same = later.find(|&&(other, other_name)| name == other_name && !may_share(one, other));
            same.map(|&(other, _)| (one, other))
        })
    }

    /// Returns the meaning of the status with a name, in any spelling. Of cancelled and denied, which may share a status,
    /// it is cancelled.
    pub fn meaning_of(&self, name: &str) -> Option<Meaning> {
        let find = |is_match: &dyn Fn(&str) -> bool| {
            self.0
                .iter()
                .find(|(_, mapped)| mapped.status.as_deref().is_some_and(is_match))
                .map(|(&meaning, _)| meaning)
        };
        find(&|mapped| mapped == name).or_else(|| find(&|mapped| is_same_name(mapped, name)))
    }
}

/// Returns whether two meanings may have one status.
const fn may_share(one: Meaning, other: Meaning) -> bool {
    matches!((one, other), (Meaning::Cancelled | Meaning::Denied, Meaning::Cancelled | Meaning::Denied))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn channel(names: &[&str]) -> Channel {
        let status =
            |(index, name): (usize, &&str)| ProgressionStatus { name: (*name).into(), step: 10 * index as i64 };
        Channel { name: "Webinar".into(), statuses: names.iter().enumerate().map(status).collect() }
    }

    fn guessed(names: &[&str]) -> StatusMapping {
        StatusMapping::guess(&channel(names))
    }

    /// Returns the statuses in the order of the meanings.
    fn statuses(mapping: &StatusMapping) -> [Option<&str>; 8] {
        Meaning::ALL.map(|meaning| mapping.get(meaning).and_then(|mapped| mapped.status.as_deref()))
    }

    #[test]
    fn r21_channels_of_customers_are_mapped() {
        let german = ["Kein Mitglied", "Eingeladen", "Registriert", "Nicht erschienen", "Teilgenommen"];
        assert_eq!(
            statuses(&guessed(&german)),
            [Some("Registriert"), None, None, None, None, Some("Teilgenommen"), Some("Nicht erschienen"), None]
        );
        let numbered = [
            "1 Invited",
            "2 Registered",
            "2a Registered - Pending",
            "3 No Show",
            "4 Attended - Success",
            "5 On-Demand",
        ];
        assert_eq!(
            statuses(&guessed(&numbered)),
            [
                Some("2 Registered"),
                Some("2a Registered - Pending"),
                None,
                None,
                None,
                Some("4 Attended - Success"),
                Some("3 No Show"),
                Some("5 On-Demand"),
            ]
        );
        let default = [
            "Not in Program",
            "Invited",
            "Pending Approval",
            "Wait Listed",
            "Rejected",
            "Registered",
            "Registration Error",
            "No Show",
            "Attended On-demand",
            "Attended",
        ];
        assert_eq!(
            statuses(&guessed(&default)),
            [
                Some("Registered"),
                Some("Pending Approval"),
                None,
                Some("Rejected"),
                Some("Registration Error"),
                Some("Attended"),
                Some("No Show"),
                Some("Attended On-demand"),
            ]
        );
    }

    #[test]
    fn r21_two_names_that_fit_equally_well_are_not_guessed() {
        assert_eq!(statuses(&guessed(&["Registered", "Signed Up"]))[0], None);
        assert_eq!(statuses(&guessed(&["Registered - Partner", "2 Registered"]))[0], Some("2 Registered"));
        assert_eq!(statuses(&guessed(&["Not Registered", "Pre-registered", "Registration Error"]))[0], None);
    }

    #[test]
    fn r21_denied_people_are_cancelled_in_a_channel_with_one_status_for_both() {
        let mut mapping = guessed(&["Registered", "Cancelled"]);
        assert_eq!(statuses(&mapping)[2..4], [Some("Cancelled"), Some("Cancelled")]);
        assert_eq!((mapping.conflict(), mapping.meaning_of("CANCELLED")), (None, Some(Meaning::Cancelled)));
        mapping.choose(Meaning::Cancelled, Some("Registered Not".into()));
        assert_eq!(statuses(&mapping)[2..4], [Some("Registered Not"); 2]);
        assert_eq!(statuses(&guessed(&["Registered", "Rejected"]))[2..4], [None, Some("Rejected")]);
    }

    #[test]
    fn r21_what_was_chosen_stays_and_what_vanished_is_guessed_again() {
        let mut mapping = guessed(&["Registered", "Attended", "No Show"]);
        mapping.choose(Meaning::Registered, Some("No Show".into()));
        mapping.choose(Meaning::Pending, None);
        // The guess of No Show gives way.
        assert_eq!(statuses(&mapping)[..2], [Some("No Show"), None]);
        assert_eq!((statuses(&mapping)[6], mapping.conflict()), (None, None));
        mapping.refresh(&channel(&["Registered", "4 Attended", "Attended", "Pending", "Nicht erschienen"]));
        let expected = [Some("No Show"), None, None, None, None, Some("Attended"), Some("Nicht erschienen"), None];
        assert_eq!(statuses(&mapping), expected);
        mapping.refresh(&channel(&["4 Attended"]));
        assert_eq!((statuses(&mapping)[0], statuses(&mapping)[5]), (Some("No Show"), Some("4 Attended")));
        let chosen: Vec<_> = mapping.chosen().map(|(meaning, _)| meaning).collect();
        assert_eq!(chosen, [Meaning::Registered, Meaning::Pending]);
    }

    #[test]
    fn r21_two_chosen_meanings_of_one_status_are_a_conflict() {
        let mut mapping = guessed(&["Registered", "Attended"]);
        mapping.choose(Meaning::Registered, Some("Attended".into()));
        mapping.choose(Meaning::NoShow, Some("Attended".into()));
        assert_eq!(mapping.conflict(), Some((Meaning::Registered, Meaning::NoShow)));
    }

    #[test]
    fn mappings_survive_serialization() {
        let mut mapping = guessed(&["Registriert"]);
        mapping.choose(Meaning::NoShow, None);
        let json = serde_json::to_value(&mapping).unwrap();
        assert_eq!(json["registered"], serde_json::json!({"status": "Registriert", "chosen": false}));
        assert_eq!(json["no_show"], serde_json::json!({"status": null, "chosen": true}));
        assert_eq!(serde_json::from_value::<StatusMapping>(json).unwrap(), mapping);
    }

    const NAMES: [&str; 12] = [
        "Registered",
        "2 Registered",
        "Registriert",
        "Attended",
        "Teilgenommen",
        "No Show",
        "Cancelled",
        "Denied",
        "Pending",
        "Registration Error",
        "Attended On-demand",
        "Invited",
    ];

    proptest! {
        #[test]
        fn r21_each_status_has_at_most_one_meaning(
            names in prop::sample::subsequence(NAMES.to_vec(), 0..=12),
            choices in prop::collection::vec((0usize..8, 0usize..12), 0..4),
        ) {
            let channel = channel(&names);
            let mut mapping = StatusMapping::guess(&channel);
            prop_assert_eq!(mapping.conflict(), None);
            for (meaning, name) in choices {
                let status = names.get(name).map(|name| (*name).to_owned());
                mapping.choose(Meaning::ALL[meaning], status);
                mapping.refresh(&channel);
                if let Some((one, other)) = mapping.conflict() {
                    let is_chosen = |meaning| mapping.get(meaning).unwrap().chosen;
                    prop_assert!(is_chosen(one) && is_chosen(other));
                }
            }
            prop_assert!(mapping.is_complete());
        }
    }
}
