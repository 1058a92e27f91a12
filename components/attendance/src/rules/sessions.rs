//! Which sessions of a webinar count (R13). A webinar is all of its sessions that overlap the planned time and had
//! attendees; a rehearsal, a sound check, and a room that is opened again do not count. Pure.

use domain::ids::InstanceUuid;
use domain::records::{EndedSessions, SessionVerdict, StartedSession};
use domain::time::{self, SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long before the planned start a session may end and still not count.
const BEFORE_START: SignedDuration = SignedDuration::from_hours(1);

/// How long after the planned end a session may start and still count.
const AFTER_END: SignedDuration = SignedDuration::from_hours(4);

/// How long after the planned end the nearest session counts if none overlaps the planned time.
const NEAREST_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Maximum duration of a session at Zoom.
pub(crate) const MAX_DURATION: SignedDuration = SignedDuration::from_hours(30);

/// A planned time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Plan {
    pub(crate) fn new(start: Timestamp, minutes: u32) -> Self {
        Self { start, end: time::after(start, SignedDuration::from_mins(i64::from(minutes))) }
    }

    /// Returns when the time ends in which a session of this plan may start.
    pub(crate) fn window_end(self) -> Timestamp {
        time::after(self.end, AFTER_END)
    }

    fn window_start(self) -> Timestamp {
        self.start - BEFORE_START
    }

    /// Returns whether an instant is in the time in which a session of this plan takes place.
    pub(crate) fn window_contains(self, at: Timestamp) -> bool {
        self.window_start() <= at && at < self.window_end()
    }
}

/// Maximum difference between the start and the end of one session in two events, if the end names no session.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// Returns whether a session that started has not ended, as far as events show.
pub(crate) fn is_under_way(started: &StartedSession, ended: Option<&EndedSessions>, now: Timestamp) -> bool {
    let has_ended = ended.is_some_and(|ended| {
        let is_named = ended.sessions.iter().any(|session| session.uuid == started.uuid);
        is_named || (ended.sessions.is_empty() && ended.at + CLOCK_SKEW >= started.at)
    });
    !has_ended && now < started.at + MAX_DURATION
}

/// The planned time of a webinar, and the earlier ones that were valid when people registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plans {
    pub(crate) current: Plan,
    pub(crate) earlier: Vec<Plan>,
}

/// How a session is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// Zoom's list of past sessions has it.
    Listed,
    /// An event reported its end.
    Ended,
    /// It may be none: an event reported the end of what may have been a practice session, or Zoom names it as the
    /// webinar's latest.
    Possible,
}

/// A session that is known before its report is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownSession {
    pub(crate) uuid: InstanceUuid,
    #[serde(default)]
    pub(crate) start: Option<Timestamp>,
    #[serde(default)]
    pub(crate) end: Option<Timestamp>,
    pub(crate) origin: Origin,
}

/// What the report shows of a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionFacts {
    /// The first join.
    pub(crate) start: Option<Timestamp>,
    /// The last leave.
    pub(crate) end: Option<Timestamp>,
    /// The number of people who do not belong to the own side.
    pub(crate) attendees: usize,
}

/// Whether the report of a session was read, and what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadState {
    Unread,
    WithAttendees,
    /// No attendees, or no report.
    WithoutAttendees,
}

/// Which sessions are considered. Each next tier is used only if no session of the earlier ones counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tier {
    /// Those at the current planned time.
    Current,
    /// Those at an earlier planned time.
    Earlier,
    /// The nearest to a planned time.
    Nearest,
}

impl Plans {
    /// Returns the tier to use after one in which no session counts; `None` if it is too early.
    pub(crate) fn next_tier(&self, tier: Tier, now: Timestamp) -> Option<Tier> {
        let next = match tier {
            Tier::Current if !self.earlier.is_empty() => (Tier::Earlier, self.current.window_end()),
            Tier::Current | Tier::Earlier => (Tier::Nearest, time::after(self.current.end, NEAREST_AFTER)),
            Tier::Nearest => return None,
        };
        (now >= next.1).then_some(next.0)
    }

    /// Returns the indexes of the sessions whose reports a tier needs and that were not read.
    pub(crate) fn to_read(&self, tier: Tier, sessions: &[(&KnownSession, ReadState)]) -> Vec<usize> {
        let is_needed = |index: &usize| {
            let (session, read) = sessions[*index];
            let is_in_tier = match tier {
                Tier::Current => may_overlap(session, self.current),
                Tier::Earlier => self.earlier.iter().any(|plan| may_overlap(session, *plan)),
                Tier::Nearest => self.nearest(sessions) == Some(*index),
            };
            read == ReadState::Unread && is_in_tier
        };
        (0..sessions.len()).filter(is_needed).collect()
    }

    /// Returns the index of the session that is nearest to a planned time and has or may have attendees.
    pub(crate) fn nearest(&self, sessions: &[(&KnownSession, ReadState)]) -> Option<usize> {
        let may_count = |index: &usize| sessions[*index].1 != ReadState::WithoutAttendees;
        (0..sessions.len()).filter(may_count).min_by_key(|&index| self.distance(sessions[index].0))
    }

    /// Returns how far a session's start is from the nearest planned one. A session without a start is the farthest.
    pub(crate) fn distance(&self, session: &KnownSession) -> SignedDuration {
        let plans = self.earlier.iter().chain([&self.current]);
        let distance = |start: Timestamp| plans.map(|plan| start.duration_since(plan.start).abs()).min();
        session.start.and_then(distance).unwrap_or(SignedDuration::MAX)
    }

    /// Returns the verdict on a session whose report is complete. Of the tier [`Tier::Nearest`], one session counts.
    pub(crate) fn verdict(
        &self,
        tier: Tier,
        session: &KnownSession,
        facts: &SessionFacts,
        is_nearest: bool,
    ) -> SessionVerdict {
        let span = Span::of(session, facts);
        let overlaps = |plan: &Plan| span.is_some_and(|span| span.overlaps(*plan));
        let counting = match tier {
            _ if overlaps(&self.current) => SessionVerdict::Planned,
            Tier::Earlier | Tier::Nearest if self.earlier.iter().any(overlaps) => SessionVerdict::EarlierPlan,
            Tier::Nearest if is_nearest => SessionVerdict::Nearest,
            _ => return SessionVerdict::OtherTime,
        };
        if facts.attendees > 0 { counting } else { SessionVerdict::OwnSideOnly }
    }

    /// Returns whether sessions without attendees lasted for half of the planned time. The webinar was then held, and
    /// no one came.
    pub(crate) fn was_held_without_attendees<'s>(
        &self,
        sessions: impl Iterator<Item = (&'s KnownSession, &'s SessionFacts)>,
    ) -> bool {
        let Plan { start, end } = self.current;
        let covered: SignedDuration = sessions
            .filter_map(|(session, facts)| Span::of(session, facts))
            .map(|span| span.end.min(end).duration_since(span.start.max(start)).max(SignedDuration::ZERO))
            .sum();
        covered > SignedDuration::ZERO && covered * 2 >= end.duration_since(start)
    }
}

/// When a session took place.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: Timestamp,
    end: Timestamp,
}

impl Span {
    fn of(session: &KnownSession, facts: &SessionFacts) -> Option<Self> {
        let start = session.start.into_iter().chain(facts.start).min()?;
        let end = session.end.into_iter().chain(facts.end).max().unwrap_or(start);
        Some(Self { start, end: end.max(start) })
    }

    fn overlaps(self, plan: Plan) -> bool {
        self.start < plan.window_end() && self.end > plan.window_start()
    }
}

/// Returns whether a session may overlap a planned time, as far as is known before its report is read.
fn may_overlap(session: &KnownSession, plan: Plan) -> bool {
    let begins_in_time = session.start.is_none_or(|start| start < plan.window_end());
    let latest_end = session.end.or_else(|| session.start.map(|start| time::after(start, MAX_DURATION)));
    begins_in_time && latest_end.is_none_or(|end| end > plan.window_start())
}

#[cfg(test)]
#[path = "sessions_tests.rs"]
mod tests;
