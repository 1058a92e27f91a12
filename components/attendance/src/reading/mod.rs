//! Reading: which run of the webinar it was, who was there, who was registered, and where the program's members stand.
//!
//! | module | what it is |
//! |---|---|
//! | [`instance`] | which run of the webinar counts (R13) |
//! | [`lists`] | the lists, page by page onto sheets |
//! | [`readiness`] | whether a page of the report can be trusted yet |

mod instance;
mod lists;
mod readiness;

use crate::app::App;
use crate::sheets::{List, Lists, Progress, ReportKind, Sheet, Shelf, Stay, Work};
use domain::Error;
use domain::ids::InstanceUuid;
use domain::records::Connection;
use domain::time::Timestamp;
use futures::join;
use lists::{Absentees, Ended, Members, Registrants, Report, read};
use marketo_client::Marketo;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use zoom_client::{Zoom, ZoomError};

/// Whoever reads.
pub(crate) struct Lookout<'r> {
    pub(crate) app: &'r App,
    pub(crate) connection: &'r Connection,
    pub(crate) zoom: &'r Zoom,
    pub(crate) marketo: &'r Marketo,
    pub(crate) deadline: Timestamp,
    /// Take the report as it is: it will not get better.
    pub(crate) as_it_is: bool,
    /// A report of this many rows tells nothing new.
    pub(crate) known_rows: Option<u64>,
    steps: AtomicU64,
    stopped: AtomicBool,
}

/// What a look at Zoom found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// No run of the webinar is over.
    NoInstance,
    /// There was a run, and there is no report of it yet.
    NoReport,
    /// There is a report that cannot be trusted yet.
    NotReady,
    /// It is as long as it was when everybody was accounted for.
    NothingNew,
    /// There was no time for more.
    CutOff,
    /// All there is lies on sheets.
    Ready,
}

/// Why a report is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unready {
    /// Zoom knows of none.
    NoReport,
    /// Rows are without their durations.
    TooEarly,
    /// It is an admin's right.
    Forbidden,
}

/// What the reading of all lists came to.
struct Sum {
    look: Look,
    failed: Option<Error>,
}

impl Sum {
    /// Takes what became of one list; returns how far it is.
    fn add(&mut self, work: &mut Work, list: List, before: Progress, ended: Result<Ended, Error>) -> Progress {
        let progress = match ended {
            Ok(Ended::Read(progress)) => progress,
            Ok(Ended::Lapsed(progress)) => match work.restart(list, progress) {
                Some(progress) => progress,
                None => {
                    self.failed.get_or_insert(lists::unreadable(list));
                    return before;
                }
            },
            Ok(Ended::Unready(_)) => {
                self.look = Look::NotReady;
                return before;
            }
            Err(error) => {
                self.failed.get_or_insert(error);
                return before;
            }
        };
        if !progress.done && self.look == Look::Ready {
            self.look = Look::CutOff;
        }
        progress
    }
}

impl<'r> Lookout<'r> {
    /// With clients that give up at the deadline.
    pub(crate) fn new(
        app: &'r App,
        connection: &'r Connection,
        zoom: &'r Zoom,
        marketo: &'r Marketo,
        deadline: Timestamp,
    ) -> Self {
        let (steps, stopped) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { app, connection, zoom, marketo, deadline, as_it_is: false, known_rows: None, steps, stopped }
    }

    /// Reads on from where the work was left, and notes in it how far it came.
    ///
    /// # Errors
    /// Zoom's and Marketo's, but for "not found", which here means "not yet" or "never" (R14).
    pub(crate) async fn look(&self, work: &mut Work) -> Result<Look, Error> {
        let outcome = self.try_look(work).await;
        work.steps += self.steps.swap(0, Ordering::Relaxed);
        // However it ended: what was read lies on sheets.
        work.save(self.app, self.connection.program).await?;
        outcome
    }

    async fn try_look(&self, work: &mut Work) -> Result<Look, Error> {
        if work.instance.is_none() {
            work.instance = self.instance().await?;
            // What is read from now on belongs to this run, also when we are killed over it.
            work.save(self.app, self.connection.program).await?;
        }
        let Some(instance) = work.instance.clone() else { return Ok(Look::NoInstance) };
        // The first page alone: most of the time it tells that it is too early, or that there is nothing new.
        if work.lists.report.pages == 0
            && let Some(look) = self.first_page(work, &instance).await?
        {
            return Ok(look);
        }
        self.rest(work, &instance).await
    }

    /// The run that counts, if one is over.
    async fn instance(&self) -> Result<Option<InstanceUuid>, Error> {
        let snapshot = &self.connection.snapshot;
        let instances = match self.zoom.past_instances(snapshot.id).await {
            Ok(instances) => instances,
            Err(ZoomError::Refused(refusal)) if refusal.is_not_found() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let moved = self.connection.moved_from.iter().copied();
        let planned: Vec<_> = std::iter::once(snapshot.start_time).chain(moved).collect();
        Ok(instance::that_ran(&instances, &planned).map(|instance| instance.uuid.clone()))
    }

    /// Reads the report's first page; tells what it came to, unless the rest is to be read.
    async fn first_page(&self, work: &mut Work, instance: &InstanceUuid) -> Result<Option<Look>, Error> {
        let mut ended = read(self, self.report(work, instance), work.lists.report, true).await?;
        if matches!(ended, Ended::Unready(Unready::Forbidden)) {
            work.kind = ReportKind::Past;
            ended = read(self, self.report(work, instance), work.lists.report, true).await?;
        }
        work.lists.report = match ended {
            Ended::Read(progress) | Ended::Lapsed(progress) => progress,
            Ended::Unready(Unready::TooEarly) => return Ok(Some(Look::NotReady)),
            Ended::Unready(_) => return Ok(Some(Look::NoReport)),
        };
        if work.lists.report.pages == 0 {
            return Ok(Some(Look::CutOff));
        }
        // A short report costs no more to read than to compare.
        let is_known = self.known_rows.is_some() && !work.lists.report.done;
        Ok((is_known && self.total(work).await? == self.known_rows).then_some(Look::NothingNew))
    }

    /// Reads all lists, one beside the other: each page tells where its next one is, so that the pages of one list come
    /// one after the other.
    async fn rest(&self, work: &mut Work, instance: &InstanceUuid) -> Result<Look, Error> {
        let lists = work.lists;
        let has_registration = self.connection.snapshot.registration.requires_registration();
        let none = |progress: Progress| Progress { done: true, none: true, ..progress };
        let (zoom, connection) = (self.zoom, self.connection);
        let registrants = async {
            match has_registration {
                true => read(self, Registrants { zoom, connection }, lists.registrants, false).await,
                false => Ok(Ended::Read(none(lists.registrants))),
            }
        };
        let absentees = async {
            match has_registration {
                true => read(self, Absentees { zoom, instance }, lists.absentees, false).await,
                false => Ok(Ended::Read(none(lists.absentees))),
            }
        };
        let members = read(self, Members { marketo: self.marketo, connection }, lists.members, false);
        let report = read(self, self.report(work, instance), lists.report, false);
        let (report, registrants, absentees, members) = join!(
            self.stop_at_error(report),
            self.stop_at_error(registrants),
            self.stop_at_error(absentees),
            self.stop_at_error(members),
        );
        let mut sum = Sum { look: Look::Ready, failed: None };
        work.lists = Lists {
            report: sum.add(work, List::Report, lists.report, report),
            registrants: sum.add(work, List::Registrants, lists.registrants, registrants),
            absentees: sum.add(work, List::Absentees, lists.absentees, absentees),
            members: sum.add(work, List::Members, lists.members, members),
        };
        sum.failed.map_or(Ok(sum.look), Err)
    }

    /// When one list cannot be had now, the others need not be read to their ends now either.
    async fn stop_at_error(&self, read: impl Future<Output = Result<Ended, Error>>) -> Result<Ended, Error> {
        let ended = read.await;
        if matches!(ended, Err(_) | Ok(Ended::Unready(_))) {
            self.stopped.store(true, Ordering::Relaxed);
        }
        ended
    }

    fn report<'a>(&'a self, work: &Work, instance: &'a InstanceUuid) -> Report<'a> {
        Report { zoom: self.zoom, instance, kind: work.kind, as_it_is: self.as_it_is }
    }

    /// How many rows the report's first page says there are.
    async fn total(&self, work: &Work) -> Result<Option<u64>, Error> {
        let shelf = Shelf::new(self.app, self.connection.program, List::Report, work.lists.report.reading);
        Ok(shelf.get::<Stay>(0).await?.and_then(|sheet: Sheet<Stay>| sheet.total))
    }

    /// Whether the report has more rows by now than were read.
    pub(crate) async fn has_grown(&self, work: &Work, rows: u64) -> Result<bool, Error> {
        let Some(instance) = &work.instance else { return Ok(false) };
        let page = self.report(work, instance).fetch(None).await?;
        Ok(page.total_records.unwrap_or(page.items.len() as u64) > rows)
    }
}
