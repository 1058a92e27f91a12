//! The desk: what the sheets tell, spread out. It is laid out anew by each run, from sheets that do not change any more,
//! so that every run finds the same people in the same order.

use super::members::{Members, relevant};
use crate::app::App;
use crate::people::{Key, Presence, Registry, Roll, RollCall, Whereabouts};
use crate::sheets::{AT_ONCE, List, Matched, Member, Registered, Row, Sheet, Shelf, Standing, Stay, Work};
use domain::Error;
use domain::records::Connection;

/// Who was where.
pub(crate) struct Desk<'r> {
    pub(super) app: &'r App,
    pub(super) connection: &'r Connection,
    pub(super) registry: Registry,
    pub(super) roll: Roll,
    pub(super) members: Members,
    pub(super) is_last: bool,
    /// How many rows of the report were read.
    rows: u64,
    /// How many its pages said there are: the first, and the last.
    totals: (Option<u64>, Option<u64>),
}

impl<'r> Desk<'r> {
    /// Lays it out.
    pub(crate) async fn lay(app: &'r App, connection: &'r Connection, work: &Work) -> Result<Self, Error> {
        let shelf = |list| work.shelf(app, connection.program, list);
        let (registrants, absentees) = (shelf(List::Registrants), shelf(List::Absentees));
        let mut registry = Registry::new(registrants.is_some(), absentees.is_some());
        each(registrants, |row: &Registered| registry.registrant(row)).await?;
        each(absentees, |row: &Registered| registry.absentee(row)).await?;

        let mut roll = RollCall::new(&registry, connection.snapshot.host_email.as_ref());
        let (mut rows, mut totals) = (0, (None, None));
        if let Some((shelf, pages)) = shelf(List::Report) {
            each_sheet(shelf, pages, |sheet: &Sheet<Stay>| {
                rows += sheet.read;
                totals.0 = totals.0.or(sheet.total);
                // The last page knows best how far a growing report is.
                totals.1 = sheet.total.or(totals.1);
                sheet.rows.iter().for_each(|row| roll.row(row));
            })
            .await?;
        }
        let roll = roll.finish();

        let is_listed = shelf(List::Members).is_some() || relevant(&connection.channel).is_empty();
        let mut members = if is_listed { Members::default() } else { Members::unlisted() };
        let is_present = |member: &Member| presence(&roll, member).is_some();
        each(shelf(List::Members), |row: &Member| members.add(row, is_present(row))).await?;
        each(shelf(List::Matched), |row: &Matched| _ = members.add_attended(row.lead)).await?;
        Ok(Self { app, connection, registry, roll, members, is_last: work.is_last, rows, totals })
    }

    /// The same, when nobody is waited for any more, or when somebody is.
    pub(crate) fn for_last(self, is_last: bool) -> Self {
        Self { is_last, ..self }
    }

    /// How many rows of the report were read.
    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether rows are missing, or came while it was read.
    pub(crate) fn lacks_rows(&self) -> bool {
        let (first, last) = self.totals;
        last.is_some_and(|total| self.rows < total) || (first.is_some() && first != last)
    }

    /// Whether nothing but the report itself says that it is whole. Where Zoom lists absentees, that list says of
    /// each registrant who is not in the report whether they are missing from the webinar or from the report.
    pub(crate) fn wants_second_look(&self, work: &Work) -> bool {
        work.lists.absentees.none || self.rows == 0
    }

    /// Whether nobody came.
    pub(crate) fn is_empty(&self) -> bool {
        self.roll.is_empty()
    }

    /// Where a registrant was.
    pub(super) fn whereabouts(&self, key: Key) -> Whereabouts {
        self.registry.whereabouts(key, self.roll.presence(key).is_some(), self.is_last)
    }

    /// How many are waited for.
    pub(super) fn count_unaccounted(&self) -> usize {
        self.registry.keys().filter(|&key| self.whereabouts(key) == Whereabouts::Unaccounted).count()
    }

    /// How long a member was there, as far as the registrant's id tells.
    pub(super) fn presence(&self, member: &Member) -> Option<Presence> {
        presence(&self.roll, member)
    }

    /// Whether a member was not there.
    pub(super) fn missed(&self, member: &Member) -> bool {
        if self.members.attended(member.lead) {
            return false;
        }
        match member.standing {
            Standing::NoShow => true,
            Standing::Registered => {
                // One of whom Zoom knows nothing, or not any more, will not come either.
                let key = member.registrant.as_ref().map(Key::registrant);
                key.is_none_or(|key| self.whereabouts(key) != Whereabouts::Unaccounted)
            }
            Standing::Attended | Standing::Other => false,
        }
    }
}

fn presence(roll: &Roll, member: &Member) -> Option<Presence> {
    roll.presence(Key::registrant(member.registrant.as_ref()?))
}

/// Goes through the rows of a list, in their order.
pub(super) async fn each<R: Row>(shelf: Option<(Shelf<'_>, u32)>, mut with: impl FnMut(&R)) -> Result<(), Error> {
    let Some((shelf, pages)) = shelf else { return Ok(()) };
    each_sheet(shelf, pages, |sheet| sheet.rows.iter().for_each(&mut with)).await
}

async fn each_sheet<R: Row>(shelf: Shelf<'_>, pages: u32, mut with: impl FnMut(&Sheet<R>)) -> Result<(), Error> {
    let mut from = 0;
    while from < pages {
        let to = pages.min(from + AT_ONCE);
        shelf.pages(from, to).await?.iter().for_each(&mut with);
        from = to;
    }
    Ok(())
}
