//! Who belongs to the webinar's own side: its host, alternative hosts and panelists (R11). Pure.

use crate::person::PersonKey;
use domain::Email;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Maximum number of addresses that are kept. The run state has to fit into one value.
const MAX_ADDRESSES: usize = 200;

/// The webinar's own side, by the keys of the addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnSide {
    addresses: HashSet<PersonKey>,
    /// Whether an address that is not registered belongs to an attendee. It does not while the panelists of a webinar
    /// with registration are unknown: the address may then be a panelist's.
    pub(crate) accepts_unregistered: bool,
}

impl OwnSide {
    /// Creates the own side from the addresses of the host and the alternative hosts.
    pub(crate) fn new(hosts: impl IntoIterator<Item = Email>, has_registration: bool) -> Self {
        let mut own_side = Self { addresses: HashSet::new(), accepts_unregistered: !has_registration };
        own_side.add(hosts);
        own_side
    }

    /// Adds the addresses of the panelists, if they could be read.
    pub(crate) fn add_panelists(&mut self, panelists: Option<Vec<Email>>) {
        self.accepts_unregistered |= panelists.is_some();
        self.add(panelists.into_iter().flatten());
    }

    fn add(&mut self, emails: impl IntoIterator<Item = Email>) {
        self.addresses.extend(emails.into_iter().take(MAX_ADDRESSES).map(|email| PersonKey::email(&email)));
    }

    /// Returns the keys of all addresses.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = PersonKey> {
        self.addresses.iter().copied()
    }

    /// Returns whether an address belongs to the own side.
    pub(crate) fn contains(&self, email: PersonKey) -> bool {
        self.addresses.contains(&email)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn r11_hosts_and_panelists_are_found_in_each_spelling() {
        let mut own_side = OwnSide::new([email("host@x.test")], true);
        own_side.add_panelists(Some(vec![email("Speaker@y.test")]));
        for (text, expected) in [("HOST@x.test", true), ("speaker@y.test", true), ("ada@x.test", false)] {
            assert_eq!(own_side.contains(PersonKey::email(&email(text))), expected, "{text}");
        }
    }

    #[test]
    fn r11_an_unregistered_address_is_an_attendee_unless_it_may_be_a_panelist() {
        for (panelists, has_registration, expected) in
            [(None, true, false), (None, false, true), (Some(Vec::new()), true, true)]
        {
            let mut own_side = OwnSide::new([], has_registration);
            own_side.add_panelists(panelists);
            assert_eq!(own_side.accepts_unregistered, expected);
        }
    }
}
