//! The people of the demo and the results that the demo expects for each.

use anyhow::{Context, ensure};
use fakes::marketo::Marketo;

use crate::cli::seed;

/// Number of leads that are registered through Marketo. The others are only invited.
const REGISTERED: usize = 30;
/// Every n-th registered lead does not attend.
const NO_SHOW_EVERY: usize = 4;

/// What a lead does, which determines the expected result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Participation {
    /// Registered, and attends.
    Attends,
    /// Registered, and does not attend.
    NoShow,
    /// Registered without a last name, which Zoom requires.
    Incomplete,
    /// Invited, and not registered.
    InvitedOnly,
}

impl Participation {
    /// Returns whether the application registers the lead in Zoom.
    pub(super) fn is_registered_in_zoom(self) -> bool {
        matches!(self, Self::Attends | Self::NoShow)
    }

    /// Returns the expected final progression status.
    pub(super) fn final_status(self) -> &'static str {
        match self {
            Self::Attends => "Attended",
            Self::NoShow => "No Show",
            Self::Incomplete => "Registration Error",
            Self::InvitedOnly => "Invited",
        }
    }
}

/// A lead of the demo.
#[derive(Debug, Clone)]
pub(super) struct DemoLead {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) participation: Participation,
}

/// A person who registers on Zoom's own page. Marketo does not know the person until the webinar is over (R10).
#[derive(Debug, Clone, Copy)]
pub(super) struct ZoomPageRegistrant {
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) email: &'static str,
    pub(super) attends: bool,
}

impl ZoomPageRegistrant {
    /// Returns the expected final progression status.
    pub(super) fn final_status(self) -> &'static str {
        if self.attends { "Attended" } else { "No Show" }
    }
}

/// The people who register on Zoom's own page.
pub(super) const ZOOM_PAGE_REGISTRANTS: [ZoomPageRegistrant; 3] = [
    ZoomPageRegistrant { first_name: "Wanda", last_name: "Walker", email: "wanda@elsewhere.example", attends: true },
    ZoomPageRegistrant { first_name: "Xavier", last_name: "Xu", email: "xavier@elsewhere.example", attends: true },
    ZoomPageRegistrant { first_name: "Yara", last_name: "Young", email: "yara@elsewhere.example", attends: false },
];

/// The leads of the demo: first the registered ones, then the invited ones.
pub(super) struct People(Vec<DemoLead>);

impl People {
    /// Seeds the fake Marketo and assigns each lead its participation.
    ///
    /// # Errors
    /// The seeded data is not as expected.
    pub(super) fn seed(marketo: &Marketo) -> anyhow::Result<Self> {
        let ids = seed::seed_marketo(marketo);
        ensure!(ids.len() == seed::LEAD_COUNT, "{} leads were seeded instead of {}", ids.len(), seed::LEAD_COUNT);
        let mut leads = Vec::new();
        for (number, id) in ids.into_iter().enumerate() {
            let participation = participation_of(number);
            if participation == Participation::Incomplete {
                marketo.arrange(|world| world.leads.by_id.get_mut(&id).and_then(|lead| lead.fields.remove("lastName")));
            }
            let lead = marketo.lead(id).with_context(|| format!("lead {id} does not exist"))?;
            let name = format!("{} {}", lead.text("firstName"), lead.text("lastName")).trim().to_owned();
            leads.push(DemoLead { id, name, email: lead.text("email").to_owned(), participation });
        }
        Ok(Self(leads))
    }

    /// Returns all leads.
    pub(super) fn all(&self) -> &[DemoLead] {
        &self.0
    }

    /// Returns the leads whose participation matches.
    pub(super) fn with(&self, matches: impl Fn(Participation) -> bool) -> Vec<&DemoLead> {
        self.0.iter().filter(|lead| matches(lead.participation)).collect()
    }

    /// Returns the ids of the leads whose participation matches.
    pub(super) fn ids(&self, matches: impl Fn(Participation) -> bool) -> Vec<i64> {
        self.with(matches).into_iter().map(|lead| lead.id).collect()
    }
}

fn participation_of(number: usize) -> Participation {
    match number {
        REGISTERED.. => Participation::InvitedOnly,
        _ if number + 1 == REGISTERED => Participation::Incomplete,
        _ if number % NO_SHOW_EVERY == NO_SHOW_EVERY - 1 => Participation::NoShow,
        _ => Participation::Attends,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_participation_occurs() {
        let count =
            |participation| (0..seed::LEAD_COUNT).filter(|&number| participation_of(number) == participation).count();
        assert_eq!(
            [Participation::Attends, Participation::NoShow, Participation::Incomplete, Participation::InvitedOnly]
                .map(count),
            [22, 7, 1, seed::LEAD_COUNT - REGISTERED]
        );
    }
}
