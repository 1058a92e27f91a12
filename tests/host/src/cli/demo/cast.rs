//! Who takes part, and what has to become of each.

use anyhow::{Context, ensure};
use fakes::marketo::Marketo;

use crate::cli::scene;

/// How many of the leads are registered through Marketo; the others are invited only.
const REGISTERED: usize = 30;
/// Of those who are registered, every so many does not come.
const STAYS_AWAY: usize = 4;

/// What a lead does, and so what has to become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Registered, and comes.
    Comes,
    /// Registered, and does not come.
    StaysAway,
    /// Registered without a last name, which Zoom needs of everybody.
    Incomplete,
    /// Invited, which is not registered.
    Invited,
}

impl Part {
    /// Whether the lead has to be pushed to Zoom.
    pub(super) fn is_pushed(self) -> bool {
        matches!(self, Self::Comes | Self::StaysAway)
    }

    /// The progression status in the end.
    pub(super) fn final_status(self) -> &'static str {
        match self {
            Self::Comes => "Attended",
            Self::StaysAway => "No Show",
            Self::Incomplete => "Registration Error",
            Self::Invited => "Invited",
        }
    }
}

/// A lead with its part.
#[derive(Debug, Clone)]
pub(super) struct Lead {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) part: Part,
}

/// Somebody who registers on Zoom's own page, unknown to Marketo until the webinar is over (R10).
#[derive(Debug, Clone, Copy)]
pub(super) struct WalkIn {
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) email: &'static str,
    pub(super) comes: bool,
}

impl WalkIn {
    /// The progression status in the end.
    pub(super) fn final_status(self) -> &'static str {
        if self.comes { "Attended" } else { "No Show" }
    }
}

/// Those who register on Zoom's own page.
pub(super) const WALK_INS: [WalkIn; 3] = [
    WalkIn { first_name: "Wanda", last_name: "Walker", email: "wanda@elsewhere.example", comes: true },
    WalkIn { first_name: "Xavier", last_name: "Xu", email: "xavier@elsewhere.example", comes: true },
    WalkIn { first_name: "Yara", last_name: "Young", email: "yara@elsewhere.example", comes: false },
];

/// The leads, in order: those who are registered, then those who are invited.
pub(super) struct Cast(Vec<Lead>);

impl Cast {
    /// Sets the stand-in Marketo's scene and hands out the parts.
    ///
    /// # Errors
    /// When the scene is not as expected.
    pub(super) fn gather(marketo: &Marketo) -> anyhow::Result<Self> {
        let ids = scene::set_marketo(marketo);
        ensure!(ids.len() == scene::LEADS, "the scene has {} leads", ids.len());
        let mut leads = Vec::new();
        for (number, id) in ids.into_iter().enumerate() {
            let part = part_of(number);
            if part == Part::Incomplete {
                marketo.arrange(|world| world.leads.by_id.get_mut(&id).and_then(|lead| lead.fields.remove("lastName")));
            }
            let lead = marketo.lead(id).context("a lead is gone")?;
            let name = format!("{} {}", lead.text("firstName"), lead.text("lastName")).trim().to_owned();
            leads.push(Lead { id, name, email: lead.text("email").to_owned(), part });
        }
        Ok(Self(leads))
    }

    /// Everybody.
    pub(super) fn all(&self) -> &[Lead] {
        &self.0
    }

    /// Those with a part that fits.
    pub(super) fn with(&self, fits: impl Fn(Part) -> bool) -> Vec<&Lead> {
        self.0.iter().filter(|lead| fits(lead.part)).collect()
    }

    /// The ids of those with a part that fits.
    pub(super) fn ids(&self, fits: impl Fn(Part) -> bool) -> Vec<i64> {
        self.with(fits).into_iter().map(|lead| lead.id).collect()
    }
}

fn part_of(number: usize) -> Part {
    match number {
        REGISTERED.. => Part::Invited,
        _ if number + 1 == REGISTERED => Part::Incomplete,
        _ if number % STAYS_AWAY == STAYS_AWAY - 1 => Part::StaysAway,
        _ => Part::Comes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_played() {
        let count = |part| (0..scene::LEADS).filter(|&number| part_of(number) == part).count();
        assert_eq!(
            [Part::Comes, Part::StaysAway, Part::Incomplete, Part::Invited].map(count),
            [22, 7, 1, scene::LEADS - REGISTERED]
        );
    }
}
