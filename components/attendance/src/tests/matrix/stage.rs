//! The world of one case: the component over ports that fail, and a webinar that has ended.

use super::case::Case;
use super::script::Faults;
use crate::tests::world::{PROGRAM, World, row};
use domain::records::{Attendance, Phase};
use domain::time::{SignedDuration, Timestamp};
use futures::FutureExt;
use platform::rehearsal::Rehearsal;
use serde_json::{Value, json};
use std::sync::Arc;

/// Marketo asks for a tick about every minute.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Spin ends a request after 30 seconds.
const REQUEST_LIMIT: SignedDuration = SignedDuration::from_secs(30);

/// A case ends by then: Zoom's daily limit is over, late rows were awaited.
const THREE_DAYS: SignedDuration = SignedDuration::from_hours(72);

/// Came, registered through Marketo; stayed away; came, registered on Zoom's page; stayed away; came and is a lead.
pub(super) const EVERYBODY: [(&str, &str); 7] = [
    ("r1", "Attended"),
    ("r2", "Attended"),
    ("r3", "No Show"),
    ("r4", "No Show"),
    ("r5", "Attended"),
    ("r6", "Attended"),
    ("r7", "No Show"),
];

pub(super) struct Stage {
    pub(super) world: World,
    pub(super) faults: Arc<Faults>,
    rehearsal: Arc<Rehearsal>,
    /// The requests that took longer than Spin lets them.
    pub(super) slow: Vec<String>,
}

impl Stage {
    pub(super) fn new(case: Option<Case>) -> Self {
        let mut shared = None;
        let world = World::over(|memory| {
            let faults = Arc::new(Faults::new(case, memory));
            let rehearsal = Arc::new(Rehearsal::new(memory, faults.clone()));
            let ports = rehearsal.ports();
            shared = Some((faults, rehearsal));
            ports
        });
        let world = world.now_or_never().expect("the world is made at once");
        let (faults, rehearsal) = shared.unwrap();
        {
            let mut marketo = world.marketo();
            for id in ["r1", "r2", "r3", "r7"] {
                marketo.member(id, "Registered", id);
            }
            marketo.lead("r5@x.test");
        }
        let came: Vec<_> = EVERYBODY.iter().filter(|(_, status)| *status == "Attended").map(|(id, _)| *id).collect();
        world.zoom().crowd(&EVERYBODY.map(|(id, _)| id), &came);
        let again =
            json!({"registrant_id": "r1", "join_time": "2026-11-02T09:05:00Z", "leave_time": "2026-11-02T09:25:00Z"});
        world.zoom().rows.as_mut().unwrap().push(row(again));
        world.held();
        Self { world, faults, rehearsal, slow: Vec::new() }
    }

    /// The webinar has ended: Zoom says so, and the scheduler calls until nothing is left to do.
    pub(super) fn play(&mut self) {
        if self.rehearsal.run(self.world.tell_end_somehow()).is_none() {
            self.start();
        }
        self.work_on();
        let began = self.rehearsal.now();
        while let Some(due) = self.due().filter(|due| due.duration_since(began) < THREE_DAYS) {
            // Ticks before that have nothing to do.
            let minutes = due.duration_since(began).as_millis().max(0) / MINUTE.as_millis();
            let next = began + MINUTE * (minutes + 1);
            let next = if next > self.rehearsal.now() { next } else { self.rehearsal.now() + MINUTE };
            self.rehearsal.move_to(next);
            self.tick();
        }
    }

    /// What is left for after the answers, by whichever process there is.
    fn work_on(&mut self) {
        if self.rehearsal.run(self.world.memory.run_background()).is_none() {
            self.start();
        }
    }

    fn tick(&mut self) {
        let began = self.rehearsal.now();
        if self.rehearsal.run(self.world.tick_somehow()).is_none() {
            self.start();
        }
        let took = self.rehearsal.now().duration_since(began);
        if took > REQUEST_LIMIT {
            self.slow.push(format!("a tick took {} ms", took.as_millis()));
        }
        self.work_on();
    }

    /// A new process.
    fn start(&mut self) {
        self.rehearsal.start();
        self.world.restart(self.rehearsal.ports());
    }

    /// When the next tick has something to do.
    fn due(&self) -> Option<Timestamp> {
        let late = self.rehearsal.next_late();
        let Some(record) = self.record() else { return Some(self.rehearsal.now()) };
        let next = match record.phase {
            Phase::Done | Phase::Failed => None,
            _ => Some(record.next_at.unwrap_or(self.rehearsal.now())),
        };
        late.into_iter().chain(next).min()
    }

    fn record(&self) -> Option<Attendance> {
        self.world.record().now_or_never().expect("the store answers at once")
    }

    /// How far the program is, as people see it.
    pub(super) fn view(&mut self) -> Value {
        let view = self.rehearsal.run(self.world.admin("GET", &format!("/attendance/programs/{PROGRAM}")));
        view.map(|(_, view)| view).unwrap_or_default()
    }
}
