//! People: who was in the webinar, who was registered. Pure.
//!
//! | module | what it is |
//! |---|---|
//! | [`key`] | what tells people apart |
//! | [`stays`] | the time that somebody was there who came and went |
//! | [`registry`] | registrants and absentees: who is missing, and why |
//! | [`roll`] | rows of the report become people |

mod key;
mod registry;
mod roll;
mod stays;

pub(crate) use key::Key;
pub(crate) use registry::{Registry, Whereabouts};
pub(crate) use roll::{Presence, Roll, RollCall, Whose, whose};

use domain::{Email, RegistrantId, Sensitive};
use serde::{Deserialize, Serialize};

/// Somebody who was in the webinar, or was registered for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    /// Zoom's id of the registration, for those who registered.
    pub(crate) registrant: Option<RegistrantId>,
    /// The address, where Zoom tells it.
    pub(crate) email: Option<Email>,
    /// What else Zoom tells (R11).
    pub(crate) details: Details,
}

/// What Zoom tells of a person besides the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Details {
    pub(crate) first_name: Option<Sensitive>,
    pub(crate) last_name: Option<Sensitive>,
    pub(crate) company: Option<Sensitive>,
    pub(crate) phone: Option<Sensitive>,
}

impl Details {
    /// From the name that was shown in the webinar: its first word, and the rest.
    pub(crate) fn of_display_name(name: Option<&str>) -> Self {
        let mut words = name.unwrap_or_default().trim().splitn(2, char::is_whitespace);
        let mut next = || words.next().map(str::trim).filter(|word| !word.is_empty()).map(Sensitive::from);
        Self { first_name: next(), last_name: next(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_name_is_split_after_its_first_word() {
        for (name, first, last) in [
            (Some("Ada Lovelace"), Some("Ada"), Some("Lovelace")),
            (Some("  Ada   King of Lovelace "), Some("Ada"), Some("King of Lovelace")),
            (Some("Ada"), Some("Ada"), None),
            (Some("  "), None, None),
            (None, None, None),
        ] {
            let details = Details::of_display_name(name);
            let text = |part: &Option<Sensitive>| part.as_ref().map(|part| part.expose().clone());
            assert_eq!((text(&details.first_name).as_deref(), text(&details.last_name).as_deref()), (first, last));
        }
    }
}
