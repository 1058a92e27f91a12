//! The world of one case: the component over ports that fail, with the people who register.

use super::case::Case;
use super::faults::Faults;
use crate::tests::world::{World, email, lead};
use domain::time::{SignedDuration, Timestamp};
use futures::FutureExt;
use platform::rehearsal::Rehearsal;
use serde_json::{Value, json};
use std::sync::Arc;

/// Who registers well. 1 and 2 have one address in different case; Marketo does not tell the status of 5 and 6.
pub(super) const GOOD: [u64; 6] = [1, 2, 4, 5, 6, 8];

/// Who has no last name.
pub(super) const NAMELESS: [u64; 2] = [3, 7];

/// A value of a lead is no longer: a longer one is cut.
const NOTE: usize = 4_000;

/// Marketo asks for a tick about every minute.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Spin ends a request after 30 seconds.
const REQUEST_LIMIT: SignedDuration = SignedDuration::from_secs(30);

/// A case ends by then.
const TWO_DAYS: SignedDuration = SignedDuration::from_hours(48);

pub(super) struct Stage {
    pub(super) world: World,
    pub(super) rehearsal: Arc<Rehearsal>,
    pub(super) faults: Arc<Faults>,
    /// The requests that took longer than Spin lets them.
    pub(super) slow: Vec<String>,
}

impl Stage {
    pub(super) fn new(case: Case) -> Self {
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
        let mut marketo = world.marketo.lock().unwrap();
        marketo.is_strict = true;
        for id in GOOD.into_iter().chain(NAMELESS) {
            marketo.statuses.insert(id, "Registered".into());
            let last_name = (!NAMELESS.contains(&id)).then(|| format!("L{id}"));
            let person = json!({"id": id, "email": address(id), "firstName": format!("F{id}"), "lastName": last_name});
            marketo.leads.insert(id, person);
        }
        drop(marketo);
        Self { world, rehearsal, faults, slow: Vec::new() }
    }

    /// Hands over a chunk, which is accepted without trouble, and works on it.
    pub(super) fn deliver(&mut self, token: &str, leads: &[Value]) {
        self.faults.pause(true);
        let accepted = self.rehearsal.run(self.world.accept(token, leads));
        self.faults.pause(false);
        accepted.expect("nothing kills it yet");
        if self.rehearsal.run(self.world.memory.run_background()).is_none() {
            self.start();
        }
    }

    /// A new process.
    pub(super) fn start(&mut self) {
        self.rehearsal.start();
        self.world.restart(self.rehearsal.ports());
    }

    /// Sends a request; `None` when the process dies over it.
    pub(super) fn send(&mut self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let began = self.rehearsal.now();
        let answer = self.rehearsal.run(self.world.send("POST", path, body));
        if answer.is_none() {
            self.start();
        }
        let took = self.rehearsal.now().duration_since(began);
        if took > REQUEST_LIMIT {
            self.slow.push(format!("{path} took {} ms", took.as_millis()));
        }
        answer
    }

    /// Ticks every minute until nothing is left to do, or for two days.
    pub(super) fn tick_until_quiet(&mut self) {
        let began = self.rehearsal.now();
        while let Some(due) = self.due().filter(|due| due.duration_since(began) < TWO_DAYS) {
            // Ticks before that have nothing to do.
            let minutes = due.duration_since(began).as_millis().max(0) / MINUTE.as_millis();
            let next = began + MINUTE * (minutes + 1);
            let next = if next > self.rehearsal.now() { next } else { self.rehearsal.now() + MINUTE };
            self.rehearsal.move_to(next);
            self.tick();
        }
        // Once more, when there is nothing to do.
        self.tick();
    }

    fn tick(&mut self) {
        let deadline = self.rehearsal.now() + SignedDuration::from_secs(25);
        self.send("/internal/tick", &json!({ "deadline": deadline }));
    }

    /// When the next tick has something to do.
    fn due(&self) -> Option<Timestamp> {
        let mut due: Vec<_> = self.rehearsal.next_late().into_iter().collect();
        for (key, value) in self.world.memory.dump() {
            let read = || serde_json::from_slice::<Value>(&value).unwrap();
            if key.starts_with("outbox:") && read()["problem"].is_null() {
                due.push(self.rehearsal.now());
            } else if key.starts_with("failure:") {
                due.extend(read()["next_try"].as_str().map(|at| at.parse::<Timestamp>().unwrap()));
            }
        }
        due.into_iter().min()
    }
}

/// A lead's address.
pub(super) fn address(id: u64) -> String {
    match id {
        2 => email(1).to_uppercase(),
        // In the first chunk, too.
        8 => email(4).to_uppercase(),
        _ => email(id),
    }
}

/// A lead of a chunk, with so many bytes of notes.
pub(super) fn person(id: u64, notes: usize) -> Value {
    let mut lead = lead(id);
    lead["objectContext"]["email"] = json!(address(id));
    if NAMELESS.contains(&id) {
        lead["objectContext"]["lastName"] = Value::Null;
    }
    if [5, 6].contains(&id) {
        lead["programMemberContext"] = Value::Null;
    }
    if notes > 0 {
        // No single value is that long.
        for part in 0..notes.div_ceil(NOTE) {
            lead["objectContext"][format!("notes{part}")] = json!("x".repeat(NOTE));
        }
    }
    lead
}
