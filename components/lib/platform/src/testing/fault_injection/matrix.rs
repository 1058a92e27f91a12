//! A fault matrix: each call of a component × each fault × which call of its kind × for how long.

use super::fault::Fault;
use super::simulation::Simulation;
use domain::time::{SignedDuration, Timestamp};
use std::fmt::Debug;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The interval of the tick.
const TICK_INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// Maximum duration of a request on edge platforms (docs/reference/spin.md).
const MAX_REQUEST_DURATION: SignedDuration = SignedDuration::from_secs(30);

/// The recipient of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callee {
    /// Another component.
    Component,
    /// Zoom's REST API.
    Zoom,
    /// Marketo's REST API, whose errors come with HTTP 200.
    Marketo,
    /// Marketo's identity service and its receiver of callbacks, whose errors are HTTP statuses.
    MarketoHttp,
    /// The store, for a read.
    StoreRead,
    /// The store, for a write or a deletion.
    StoreWrite,
}

impl Callee {
    /// Returns whether a call of this callee can have a fault. Add calls also have [`Fault::DailyOfRegistrant`] and
    /// [`Fault::KilledAfterCountedFailure`].
    pub fn can_have(self, fault: Fault) -> bool {
        let is_store = matches!(self, Self::StoreRead | Self::StoreWrite);
        match fault {
            Fault::KilledBefore | Fault::KilledAfter => true,
            Fault::StoreErrorBefore => is_store,
            Fault::StoreErrorAfter => self == Self::StoreWrite,
            Fault::DailyOfRegistrant | Fault::KilledAfterCountedFailure => false,
            Fault::DailyOfAccount => self == Self::Zoom,
            Fault::MarketoCode(_) => self == Self::Marketo,
            _ => !is_store,
        }
    }
}

/// How long a fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultDuration {
    /// One call.
    Once,
    /// Every such call for a number of minutes.
    Minutes(i64),
}

impl FaultDuration {
    /// Returns how long after its first occurrence the fault recurs.
    pub fn length(self) -> SignedDuration {
        match self {
            Self::Once => SignedDuration::ZERO,
            Self::Minutes(minutes) => SignedDuration::from_mins(minutes),
        }
    }
}

/// One fault of one kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Injection<C> {
    /// The kind of call.
    pub call: C,
    /// The fault.
    pub fault: Fault,
    /// Which call of its kind is the first with the fault.
    pub nth: u32,
    /// For how long.
    pub duration: FaultDuration,
}

impl<C: Copy> Injection<C> {
    /// Returns every combination, in the order of the arguments. `nths`: up to which call of its kind.
    pub fn all(calls: &[C], nths: u32, durations: &[FaultDuration]) -> Vec<Self> {
        let mut all = Vec::new();
        for &call in calls {
            for fault in Fault::ALL {
                for nth in 1..=nths {
                    all.extend(durations.iter().map(|&duration| Self { call, fault, nth, duration }));
                }
            }
        }
        all
    }
}

/// Counts the calls of a case, and decides which have its fault.
#[derive(Debug, Default)]
pub struct InjectionCounter {
    seen: u32,
    began: Option<Timestamp>,
}

impl InjectionCounter {
    /// Counts a call, and returns its fault.
    pub fn fault_of<C: PartialEq>(&mut self, injection: &Injection<C>, call: &C, now: Timestamp) -> Option<Fault> {
        if *call != injection.call {
            return None;
        }
        self.seen += 1;
        if self.seen == injection.nth {
            self.began = Some(now);
            return Some(injection.fault);
        }
        let lasts = self.began.is_some_and(|began| now < began + injection.duration.length());
        lasts.then_some(injection.fault)
    }

    /// Returns whether the fault was injected.
    pub const fn has_occurred(&self) -> bool {
        self.began.is_some()
    }
}

/// Runs cases and prints their number. A case returns its errors.
///
/// # Panics
/// When a case has errors or panics, and when there are fewer cases than the minimum: the matrix has shrunk.
pub fn run_cases<C: Copy + Debug>(name: &str, cases: &[C], minimum: usize, run: impl Fn(C) -> Vec<String>) {
    // Written to stderr directly, because the test harness captures the output of `eprintln!` in a test that passes.
    let _ = writeln!(std::io::stderr(), "{name}: {} cases", cases.len());
    assert!(cases.len() >= minimum, "only {} cases", cases.len());
    let mut failed = Vec::new();
    for &case in cases {
        let errors = catch_unwind(AssertUnwindSafe(|| run(case))).unwrap_or_else(|_| vec!["it panicked".to_owned()]);
        if !errors.is_empty() {
            failed.push(format!("{case:?}: {}", errors.join("; ")));
        }
    }
    assert!(failed.is_empty(), "{} of {} cases fail:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

/// The ticks of a case: once a minute, without those at which nothing is due.
#[derive(Debug)]
pub struct Ticks {
    began: Timestamp,
    timeout: SignedDuration,
}

impl Ticks {
    /// Begins now.
    pub fn new(simulation: &Simulation, timeout: SignedDuration) -> Self {
        Self { began: simulation.now(), timeout }
    }

    /// Moves to the first tick at which something is due. Returns `false` if nothing is, or not before the timeout.
    pub fn advance(&self, simulation: &Simulation, due: Option<Timestamp>) -> bool {
        let Some(until_due) = due.map(|due| due.duration_since(self.began)).filter(|wait| *wait < self.timeout) else {
            return false;
        };
        let minutes = until_due.as_mins().max(0);
        let next = self.began + SignedDuration::from_mins(minutes) + TICK_INTERVAL;
        let now = simulation.now();
        simulation.move_to(if next > now { next } else { now + TICK_INTERVAL });
        true
    }
}

impl Simulation {
    /// Runs a request, as [`Simulation::run`]. Adds it to the slow ones if an edge platform would have ended it.
    pub fn run_request<T>(&self, name: &str, slow: &mut Vec<String>, request: impl Future<Output = T>) -> Option<T> {
        let began = self.now();
        let answer = self.run(request);
        let took = self.now().duration_since(began);
        if took > MAX_REQUEST_DURATION {
            slow.push(format!("{name} took {} ms", took.as_millis()));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    #[test]
    fn all_combinations_are_generated_once() {
        let all = Injection::all(&['a', 'b'], 3, &[FaultDuration::Once, FaultDuration::Minutes(1)]);
        assert_eq!(all.len(), 2 * Fault::ALL.len() * 3 * 2);
        for (index, injection) in all.iter().enumerate() {
            assert!(!all[..index].contains(injection), "{injection:?}");
        }
    }

    #[test]
    fn a_fault_begins_with_the_nth_call_of_its_kind_and_lasts_for_its_duration() {
        let hits = |duration| {
            let injection = Injection { call: 'a', fault: Fault::Refused, nth: 2, duration };
            let mut counter = InjectionCounter::default();
            let calls = [('b', 0), ('a', 0), ('a', 1), ('b', 1), ('a', 2), ('a', 5), ('a', 6)];
            calls.map(|(call, minute)| counter.fault_of(&injection, &call, at(minute)).is_some())
        };
        assert_eq!(hits(FaultDuration::Once), [false, false, true, false, false, false, false]);
        assert_eq!(hits(FaultDuration::Minutes(5)), [false, false, true, false, true, true, false]);
    }

    #[test]
    #[should_panic(expected = "2 of 3 cases fail")]
    fn cases_with_errors_or_panics_are_reported() {
        run_cases("test", &[1, 2, 3], 3, |case| match case {
            1 => Vec::new(),
            2 => vec!["an error".to_owned()],
            _ => panic!("a panic"),
        });
    }

    #[test]
    #[should_panic(expected = "only 1 cases")]
    fn a_matrix_that_has_shrunk_is_an_error() {
        run_cases("test", &[1], 2, |_| Vec::new());
    }
}
