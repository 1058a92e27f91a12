//! How far a reading and its accounting are. One record, written after each page or batch, so that a run that is killed
//! does again at most one of either.

use super::{List, Shelf};
use crate::app::App;
use crate::people::{Person, Presence};
use domain::ids::InstanceUuid;
use domain::records::{Attendance, Connection, Counts, Key, VERSION};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, LeadId, ProgramId, WebinarId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What was read so long ago is read anew: people may have been changed in Marketo since. Some hours, since outages of
/// Zoom and Marketo last so long.
const LASTS: SignedDuration = SignedDuration::from_hours(6);

/// Lists of one reading are begun anew so often: a page token lives for 15 minutes, in which each list is read.
const MOST_RESTARTS: u32 = 3;

/// Of the sheet with strangers who wait there are two: the next is written beside the one that holds.
pub(crate) const CARRIED: u32 = 2;

/// The record's place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WorkKey {
    /// The program.
    pub(crate) program: ProgramId,
}

impl Key for WorkKey {
    type Record = Work;
}

impl fmt::Display for WorkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attendance:{}:work", self.program)
    }
}

/// The steps of accounting for everybody, in their order: who attended first, so that nobody of them is taken for
/// absent (R16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Zoom's lists and Marketo's membership.
    Reading,
    /// Members who were there.
    AttendedMembers,
    /// People who were there and whom no membership tells.
    AttendedStrangers,
    /// Members who were not there.
    NoShowMembers,
    /// Registrants who were not there and whom no membership tells.
    NoShowStrangers,
    /// Who was there how long, for people who ask.
    Stays,
}

/// Which of Zoom's two lists of participants is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReportKind {
    /// The report, for admins.
    Report,
    /// The past participants, for those without the right to reports.
    Past,
}

/// How far the reading of one list is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Which reading of the list it is: one whose page token lapsed is followed by another.
    pub(crate) reading: u32,
    /// So many pages are there, or more.
    pub(crate) pages: u32,
    /// Whether the last one is among them.
    pub(crate) done: bool,
    /// Whether there is no such list.
    pub(crate) none: bool,
}

/// The lists that are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lists {
    pub(crate) report: Progress,
    pub(crate) registrants: Progress,
    pub(crate) absentees: Progress,
    pub(crate) members: Progress,
}

impl Lists {
    fn all(&self) -> [(List, Progress); 4] {
        [
            (List::Report, self.report),
            (List::Registrants, self.registrants),
            (List::Absentees, self.absentees),
            (List::Members, self.members),
        ]
    }
}

/// Sheets that are of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stale {
    list: List,
    reading: u32,
    pages: u32,
}

/// A person, and how long they were there.
pub(crate) type Queued = (Person, Option<Presence>);

/// A lead and how long the person was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tied {
    #[serde(rename = "l")]
    pub(crate) lead: LeadId,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(crate) presence: Option<Presence>,
}

/// How far a program's attendance is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Work {
    v: u32,
    /// The webinar.
    pub(crate) webinar: WebinarId,
    /// The run of it that is read (R13).
    pub(crate) instance: Option<InstanceUuid>,
    /// Which of Zoom's lists the report is.
    pub(crate) kind: ReportKind,
    /// The lists.
    pub(crate) lists: Lists,
    /// The present step.
    pub(crate) stage: Stage,
    /// So many of the step's people are done.
    pub(crate) done: u64,
    /// Leads whose status is to be set, until there are enough of them for a call.
    pub(crate) leads: Vec<Tied>,
    /// The sheet with strangers whose leads are to be found, until there are enough of them for a call: one of
    /// [`CARRIED`].
    pub(crate) carried: Option<u32>,
    /// So many sheets there are of members who were found by their address.
    pub(crate) matched: u32,
    /// Whether nobody is waited for any more whom Zoom lists neither as present nor as absent.
    pub(crate) is_last: bool,
    /// What was found so far.
    pub(crate) counts: Counts,
    /// When it began.
    #[serde(default)]
    pub(crate) began_at: Option<Timestamp>,
    /// The end of the webinar that was known then.
    #[serde(default)]
    ended_at: Option<Timestamp>,
    /// Pages and batches done. A run that does none has not come further.
    pub(crate) steps: u64,
    /// How often lists were begun anew because their page token had lapsed.
    #[serde(default)]
    restarts: u32,
    /// What is to be put away.
    stale: Vec<Stale>,
    /// The sheets that tell who was there how long: of which reading, and how many.
    pub(crate) stays: Option<(u32, u32)>,
}

impl Work {
    /// Nothing was read yet.
    fn new(webinar: WebinarId) -> Self {
        Self {
            v: VERSION,
            webinar,
            instance: None,
            kind: ReportKind::Report,
            lists: Lists::default(),
            stage: Stage::Reading,
            done: 0,
            leads: Vec::new(),
            carried: None,
            matched: 0,
            is_last: false,
            counts: Counts::default(),
            began_at: None,
            ended_at: None,
            steps: 0,
            restarts: 0,
            stale: Vec::new(),
            stays: None,
        }
    }

    /// The stored work on a connection's webinar, or a new one. Of a webinar that the program was connected to before
    /// nothing is kept, and of one that ended once more since, or that was read long ago, not what was read.
    pub(crate) async fn load(app: &App, connection: &Connection, record: &Attendance) -> Result<Self, Error> {
        let stored = app.store().get(&WorkKey { program: connection.program }).await?;
        let mut work = match stored {
            Some(work) if work.webinar == connection.snapshot.id => work,
            Some(mut work) => {
                if let Some((reading, pages)) = work.stays.take() {
                    work.stale.push(Stale { list: List::Stays, reading, pages });
                }
                Self { webinar: connection.snapshot.id, ..work.anew() }
            }
            None => Self::new(connection.snapshot.id),
        };
        let is_old = work.began_at.is_some_and(|began_at| began_at + LASTS < app.now());
        if is_old || work.ended_at != record.ended_at {
            work = work.anew();
        }
        work.began_at.get_or_insert(app.now());
        work.ended_at = record.ended_at;
        Ok(work)
    }

    /// The same from the start. Every list gets a new reading, since what is left of this one is put away later.
    pub(crate) fn anew(self) -> Self {
        let mut new = Self { stale: self.stale, stays: self.stays, steps: self.steps, ..Self::new(self.webinar) };
        // Once it has begun, more may lie there than was counted.
        if self.instance.is_some() {
            let reading = self.lists.members.reading;
            let lists = self.lists.all().map(|(list, Progress { reading, pages, .. })| Stale { list, reading, pages });
            let beside = [
                Stale { list: List::Matched, reading, pages: self.matched },
                Stale { list: List::Carried, reading, pages: CARRIED },
            ];
            new.stale.extend(lists.into_iter().chain(beside));
        }
        let next = |progress: Progress| Progress { reading: progress.reading + 1, ..Progress::default() };
        let Lists { report, registrants, absentees, members } = self.lists;
        new.lists = Lists {
            report: next(report),
            registrants: next(registrants),
            absentees: next(absentees),
            members: next(members),
        };
        new
    }

    /// One list from the start; `None` when that was tried often enough: what is taken for a lapsed page token is something
    /// else.
    pub(crate) fn restart(&mut self, list: List, progress: Progress) -> Option<Progress> {
        self.restarts += 1;
        self.stale.push(Stale { list, reading: progress.reading, pages: progress.pages });
        (self.restarts <= MOST_RESTARTS).then(|| Progress { reading: progress.reading + 1, ..Progress::default() })
    }

    /// The shelf of a list that was read; `None` where there is no such list.
    pub(crate) fn shelf<'a>(&self, app: &'a App, program: ProgramId, list: List) -> Option<(Shelf<'a>, u32)> {
        let reading = self.lists.members.reading;
        match list {
            List::Matched => return Some((Shelf::new(app, program, list, reading), self.matched)),
            List::Carried => return Some((Shelf::new(app, program, list, reading), CARRIED)),
            _ => {}
        }
        let (_, progress) = self.lists.all().into_iter().find(|(of, _)| *of == list)?;
        (!progress.none).then(|| (Shelf::new(app, program, list, progress.reading), progress.pages))
    }

    /// Who was there how long lies on other sheets from now on.
    pub(crate) fn keep_stays(&mut self, reading: u32, pages: u32) {
        if let Some((reading, pages)) = self.stays.replace((reading, pages)) {
            self.stale.push(Stale { list: List::Stays, reading, pages });
        }
    }

    /// Writes it down.
    pub(crate) async fn save(&self, app: &App, program: ProgramId) -> Result<(), Error> {
        Ok(app.store().put(&WorkKey { program }, self).await?)
    }

    /// Puts away what is of no use any more, as far as time allows. Whoever is cut off here does it again.
    pub(crate) async fn clear_stale(
        &mut self,
        app: &App,
        program: ProgramId,
        deadline: Timestamp,
    ) -> Result<(), Error> {
        let mut is_changed = false;
        while let Some(stale) = self.stale.last() {
            if !Shelf::new(app, program, stale.list, stale.reading).clear(stale.pages, deadline).await? {
                break;
            }
            self.stale.pop();
            is_changed = true;
        }
        if is_changed { self.save(app, program).await } else { Ok(()) }
    }
}
