//! Who is next: people in the order of the sheets, which is the same in every run.

use super::desk::{Desk, each};
use crate::people::{Details, Key, Person, Whereabouts, Whose, whose};
use crate::sheets::{AT_ONCE, List, Queued, Registered, Stay, Work};
use domain::Error;
use std::collections::HashSet;

/// Which people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// Everybody who was there.
    Attendees,
    /// Those of them whom no membership tells.
    AttendedStrangers,
    /// Registrants who were not there and whom no membership tells.
    NoShowStrangers,
}

/// A queue of people, one for each address.
pub(super) struct Queue {
    who: Who,
    /// The lists to go through, the next one last.
    lists: Vec<List>,
    page: u32,
    ready: std::vec::IntoIter<Queued>,
    /// Who was in the queue already.
    seen: HashSet<Key>,
}

impl Queue {
    /// The queue without its first people, who are done.
    pub(super) async fn after(desk: &Desk<'_>, work: &Work, who: Who, done: u64) -> Result<Self, Error> {
        let lists = match who {
            // Of a webinar that was deleted since Zoom lists only those who did not come.
            Who::NoShowStrangers if !desk.registry.is_there() => vec![List::Absentees],
            Who::NoShowStrangers => vec![List::Registrants],
            // Who attended and is on no list of registrants, or not with an address, is only known by the report.
            Who::Attendees | Who::AttendedStrangers => vec![List::Report, List::Registrants],
        };
        let mut queue = Self { who, lists, page: 0, ready: Vec::new().into_iter(), seen: HashSet::new() };
        if who == Who::NoShowStrangers {
            // Somebody who registered twice with one address and came once has attended (R16).
            let shelf = work.shelf(desk.app, desk.connection.program, List::Registrants);
            each(shelf, |row: &Registered| {
                let is_present = row.key().is_some_and(|key| desk.whereabouts(key) == Whereabouts::Present);
                queue.seen.extend(row.email.as_ref().filter(|_| is_present).map(Key::email));
            })
            .await?;
            let host = desk.connection.snapshot.host_email.as_ref().map(Key::email);
            let shelf = work.shelf(desk.app, desk.connection.program, List::Report);
            each(shelf, |row: &Stay| {
                if matches!(whose(row, &desk.registry, host), Whose::Attendee(_)) {
                    queue.seen.extend(row.email.as_ref().map(Key::email));
                }
            })
            .await?;
        }
        for _ in 0..done {
            queue.next(desk, work).await?;
        }
        Ok(queue)
    }

    /// The next people, at most so many.
    pub(super) async fn take(&mut self, desk: &Desk<'_>, work: &Work, most: usize) -> Result<Vec<Queued>, Error> {
        let mut people = Vec::new();
        while people.len() < most
            && let Some(person) = self.next(desk, work).await?
        {
            people.push(person);
        }
        Ok(people)
    }

    async fn next(&mut self, desk: &Desk<'_>, work: &Work) -> Result<Option<Queued>, Error> {
        loop {
            if let Some(person) = self.ready.next() {
                return Ok(Some(person));
            }
            let Some(&list) = self.lists.last() else { return Ok(None) };
            match work.shelf(desk.app, desk.connection.program, list) {
                Some((shelf, pages)) if self.page < pages => {
                    let to = pages.min(self.page + AT_ONCE);
                    let queued: Vec<_> = if list == List::Report {
                        let rows = shelf.pages::<Stay>(self.page, to).await?.into_iter().flat_map(|sheet| sheet.rows);
                        rows.filter_map(|row| self.participant(desk, row)).collect()
                    } else {
                        let sheets = shelf.pages::<Registered>(self.page, to).await?;
                        let rows = sheets.into_iter().flat_map(|sheet| sheet.rows);
                        rows.filter_map(|row| self.registrant(desk, row)).collect()
                    };
                    self.ready = queued.into_iter();
                    self.page = to;
                }
                _ => {
                    self.lists.pop();
                    self.page = 0;
                }
            }
        }
    }

    fn registrant(&mut self, desk: &Desk<'_>, row: Registered) -> Option<Queued> {
        let (key, email) = (row.key()?, Key::email(row.email.as_ref()?));
        let wanted = if self.who == Who::NoShowStrangers { Whereabouts::Absent } else { Whereabouts::Present };
        let is_next = desk.whereabouts(key) == wanted && self.is_wanted(desk, key) && self.seen.insert(email);
        is_next.then(|| (row.person(), desk.roll.presence(key)))
    }

    fn participant(&mut self, desk: &Desk<'_>, row: Stay) -> Option<Queued> {
        let host = desk.connection.snapshot.host_email.as_ref().map(Key::email);
        let Whose::Attendee(key) = whose(&row, &desk.registry, host) else { return None };
        if desk.registry.tells_email_of(key) || !self.is_wanted(desk, key) || !self.seen.insert(key) {
            return None;
        }
        if let Some(email) = row.email.as_ref().map(Key::email)
            && email != key
            && !self.seen.insert(email)
        {
            return None;
        }
        let details = Details::of_display_name(row.name.as_ref().map(|name| name.expose().as_str()));
        let person = Person { registrant: row.registrant, email: row.email, details };
        Some((person, desk.roll.presence(key)))
    }

    fn is_wanted(&self, desk: &Desk<'_>, key: Key) -> bool {
        self.who == Who::Attendees || !desk.members.have(key)
    }
}
