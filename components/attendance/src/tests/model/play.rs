//! Lets a world happen, and checks after each step that nobody is No Show who attends in the end.

use super::setup::{self, minutes};
use super::truth::Truth;
use super::world::{Fate, Person, Plan, Registration, Role, RowFields, Stay, World};
use crate::tests::env::{HOST, PROGRAM, TestEnv, WEBINAR};
use domain::records::ProgramConnection;
use domain::time::{SignedDuration, Timestamp};
use domain::webinar::Snapshot;
use fakes::zoom::{Attendance, HeldSession, Person as ZoomPerson};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Maximum number of ticks after the last thing that happens.
const MAX_TICKS: usize = 120;

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Step {
    Plan(usize),
    EndRegistration(usize),
    StartSession(usize),
    EndSession(usize),
    RepeatEvent(usize),
    Tick,
    Sync,
}

/// A world while it happens.
pub(super) struct Play<'w> {
    world: &'w World,
    truth: &'w Truth,
    env: TestEnv,
    began: Timestamp,
    /// The addresses of those who attend in the end, in lower case.
    attendees: BTreeSet<String>,
    /// The number of people who are No Show.
    no_shows: usize,
    /// The position of each session's event of the end among the deliveries.
    ended: Vec<Option<usize>>,
    /// Whether a session is under way and its start is known.
    is_under_way: bool,
    plan: Plan,
    faults: Vec<String>,
    /// What happened, for people to read.
    log: Vec<String>,
}

impl<'w> Play<'w> {
    /// Prepares a world.
    pub(super) async fn new(world: &'w World, truth: &'w Truth) -> Self {
        let env = setup::prepare(world).await;
        let people = world.people.iter().zip(&truth.people).enumerate();
        let attendees = people.filter(|(_, (_, truth))| truth.attended);
        Self {
            attendees: attendees.map(|(number, (person, _))| person.email(number).to_lowercase()).collect(),
            no_shows: 0,
            began: env.now(),
            ended: vec![None; world.sessions.len()],
            is_under_way: false,
            plan: world.plans[0],
            faults: Vec::new(),
            log: Vec::new(),
            world,
            truth,
            env,
        }
    }

    /// Lets everything happen. Returns what was wrong, and what happened.
    pub(super) async fn run(mut self) -> (Vec<String>, Vec<String>) {
        for (at, step) in steps(self.world) {
            self.tick_until(at).await;
            self.advance_to(at);
            self.log.push(format!("minute {at}: {step:?}"));
            self.perform(step).await;
            self.check();
        }
        for _ in 0..MAX_TICKS {
            let Some(next) = self.next_poll().await else { break };
            self.advance_to(next);
            self.tick(next).await;
        }
        self.check_end().await;
        (self.faults, self.log)
    }

    /// Ticks as a scheduler that calls each minute, without the calls that have nothing to do.
    async fn tick_until(&mut self, until: i64) {
        // A program that stays due forever would be a fault that the end shows.
        for _ in 0..MAX_TICKS {
            let Some(mut next) = self.next_poll().await else { return };
            if let Some((from, to)) = self.world.outage
                && (from..to).contains(&next)
            {
                next = to;
            }
            if next > until {
                return;
            }
            self.advance_to(next);
            self.tick(next).await;
        }
    }

    async fn tick(&mut self, at: i64) {
        self.env.tick().await;
        self.env.memory.run_background().await;
        self.log.push(format!("minute {at}: tick"));
        self.check();
    }

    /// Returns the minute of the next tick that has something to do; none if the program has ended.
    async fn next_poll(&self) -> Option<i64> {
        let view = self.env.view().await;
        if matches!(view["phase"].as_str(), Some("done" | "failed")) {
            return None;
        }
        let next: Timestamp = view["next_at"].as_str()?.parse().unwrap();
        let due = next.max(self.env.now()).duration_since(self.began).as_millis();
        Some(i64::try_from((due + 59_999) / 60_000).unwrap())
    }

    fn advance_to(&self, minute: i64) {
        let wait = (self.began + minutes(minute)).duration_since(self.env.now());
        if wait > SignedDuration::ZERO {
            self.env.memory.advance(wait);
        }
    }

    async fn perform(&mut self, step: Step) {
        match step {
            Step::Plan(number) => self.change_plan(self.world.plans[number]).await,
            Step::EndRegistration(number) => {
                let person = &self.world.people[number];
                let Some(Registration { fate: Fate::Ended { how, .. }, .. }) = person.registration() else { return };
                self.env.zoom.set_registration(WEBINAR, &person.email(number), how).await.unwrap();
            }
            Step::StartSession(number) => {
                let arrives = self.world.sessions[number].started_arrives;
                self.is_under_way = arrives;
                self.env.receive_events(arrives);
                self.env.zoom.start_webinar(WEBINAR).await.unwrap();
                self.env.receive_events(false);
            }
            Step::EndSession(number) => self.end_session(number).await,
            Step::RepeatEvent(number) => {
                if let Some(seq) = self.ended[number] {
                    self.env.receive_events(true);
                    self.env.zoom.resend(seq).await.unwrap();
                    self.env.receive_events(false);
                    self.env.memory.run_background().await;
                }
            }
            Step::Tick => {
                self.env.tick().await;
                self.env.memory.run_background().await;
            }
            Step::Sync => _ = self.env.sync().await,
        }
    }

    async fn change_plan(&mut self, plan: Plan) {
        let start = self.began + minutes(plan.start);
        let duration = plan.minutes.try_into().unwrap();
        self.env.plan(start, duration);
        self.plan = plan;
        if plan.is_told {
            let now = self.env.now();
            let update = |connection: &mut ProgramConnection| {
                let snapshot = Snapshot { start_time: start, duration, ..connection.snapshot.clone() };
                connection.update_snapshot(snapshot, now);
            };
            self.env.change_connection(update).await;
        }
    }

    async fn end_session(&mut self, number: usize) {
        let session = &self.world.sessions[number];
        let people = self.world.people.iter().enumerate();
        let stays = people.flat_map(|(number, person)| person.stays.iter().map(move |stay| (number, person, stay)));
        let attendance = stays
            .filter(|(.., stay)| stay.session == number)
            .map(|(number, person, stay)| attendance(number, person, stay));
        let held = HeldSession {
            start_time: Some(self.began + minutes(session.start)),
            minutes: session.end - session.start,
            attendance: attendance.collect(),
        };
        self.is_under_way = false;
        self.env.receive_events(session.ended_arrives);
        let delivery = self.env.zoom.end_webinar_after(WEBINAR, held).await.unwrap();
        self.env.receive_events(false);
        self.ended[number] = delivery.map(|delivery| delivery.seq);
        if session.kills_worker {
            self.env.memory.kill_background();
        } else {
            self.env.memory.run_background().await;
        }
    }

    /// Checks what has to be true at any moment.
    fn check(&mut self) {
        let members = self.env.marketo.members(PROGRAM.try_into().unwrap());
        let no_shows: Vec<_> = members.iter().filter(|member| member.status_name == "No Show").collect();
        for member in &no_shows {
            let email = self.env.marketo.lead(member.lead_id).unwrap().text("email").to_lowercase();
            if self.attendees.contains(&email) {
                self.fault(&format!("{email} is No Show, who attends in the end"));
            }
        }
        if no_shows.len() > self.no_shows {
            if self.env.now() < self.began + minutes(self.plan.end()) {
                self.fault("somebody is set to No Show before the planned end");
            }
            if self.is_under_way {
                self.fault("somebody is set to No Show during a session");
            }
        }
        self.no_shows = no_shows.len();
    }

    fn fault(&mut self, what: &str) {
        let fault = format!("{what}, after {}", self.log.last().map_or("nothing", String::as_str));
        if !self.faults.iter().any(|known| known.starts_with(what)) {
            self.faults.push(fault);
        }
    }

    /// Checks the end state.
    async fn check_end(&mut self) {
        let view = self.env.view().await;
        let mut expect = |what: &str, found: &Value, expected: Value| {
            if *found != expected {
                self.faults.push(format!("{what} is {found} instead of {expected}"));
            }
        };
        let truth = self.truth;
        let is_held = truth.sessions.is_some();
        expect("phase", &view["phase"], if is_held { json!("done") } else { json!("failed") });
        let code = if is_held { Value::Null } else { json!("WEBINAR_NEVER_STARTED") };
        expect("problem", &view["problem"]["code"], code);
        let count = |is_counted: &dyn Fn(&super::truth::PersonTruth) -> bool| {
            json!(truth.people.iter().filter(|person| is_counted(person)).count())
        };
        if is_held {
            expect("attended", &view["attended"], count(&|one| one.attended && one.status == Some("Attended")));
            expect("no_show", &view["no_show"], count(&|one| one.status == Some("No Show")));
            expect("never_registered", &view["never_registered"], count(&|one| one.is_never_registered));
            expect("unmatched", &view["unmatched"], json!(truth.unmatched));
            expect("minutes", &view["minutes"], json!(truth.minutes));
        }
        for (number, person) in self.world.people.iter().enumerate() {
            let expected = truth.people[number];
            let leads = self.env.leads(&person.email(number));
            let status = leads.iter().find_map(|lead| self.env.status_of(PROGRAM, *lead));
            let mut expect = |what: &str, found: Value, expected: Value| {
                if found != expected {
                    self.faults.push(format!("person {number}: {what} is {found} instead of {expected}"));
                }
            };
            expect("status", json!(status), json!(expected.status));
            expect("number of leads", json!(leads.len()), json!(expected.leads));
            if matches!(person.registration().map(|one| one.fate), Some(Fate::Corrected { .. })) {
                let wrong = self.env.leads(&Person::wrong_email(number)).len();
                expect("number of leads of the wrong address", json!(wrong), json!(0));
            }
        }
        let mut seen = BTreeSet::new();
        for (lead, status) in self.env.status_changes_in(PROGRAM) {
            if !seen.insert((lead, status.clone())) {
                self.faults.push(format!("lead {lead} is set to {status} twice"));
            }
        }
        if !self.faults.is_empty() {
            self.log.push(view.to_string());
        }
    }
}

/// Returns everything that happens, in order.
fn steps(world: &World) -> Vec<(i64, Step)> {
    let mut steps = Vec::new();
    steps.extend(world.plans.iter().enumerate().skip(1).map(|(number, plan)| (plan.at, Step::Plan(number))));
    for (number, person) in world.people.iter().enumerate() {
        if let Some(Registration { fate: Fate::Ended { at, .. }, .. }) = person.registration() {
            steps.push((at, Step::EndRegistration(number)));
        }
    }
    for (number, session) in world.sessions.iter().enumerate() {
        steps.push((session.start, Step::StartSession(number)));
        steps.push((session.end, Step::EndSession(number)));
        if let Some(after) = session.ended_again {
            steps.push((session.end + after, Step::RepeatEvent(number)));
        }
    }
    let request = |(at, is_sync): &(i64, bool)| (*at, if *is_sync { Step::Sync } else { Step::Tick });
    steps.extend(world.requests.iter().map(request));
    steps.sort_by_key(|(at, _)| *at);
    steps
}

fn attendance(number: usize, person: &Person, stay: &Stay) -> Attendance {
    let email = person.email(number);
    let who = match person.role {
        Role::Host => ZoomPerson::User(HOST.to_owned()),
        Role::Colleague | Role::AlternativeHost { is_user: true } => ZoomPerson::User(email),
        Role::Panelist => ZoomPerson::Panelist(email),
        Role::Caller => ZoomPerson::DialIn(format!("+1 555 01{number:02}")),
        Role::Registrant(Registration { fate: Fate::Corrected { uses_first: true, .. }, .. }) => {
            ZoomPerson::Registrant(Person::wrong_email(number))
        }
        Role::Registrant(_) => ZoomPerson::Registrant(email),
        Role::Visitor | Role::OfOtherWebinar | Role::AlternativeHost { .. } => ZoomPerson::Visitor(email),
    };
    let is_registrant = person.registration().is_some();
    Attendance {
        waiting_room: stay.is_waiting,
        late_seconds: 60 * stay.late,
        without_duration: stay.is_endless,
        without_registrant_id: is_registrant && stay.fields == RowFields::Email,
        without_email: is_registrant && stay.fields == RowFields::Id,
        ..Attendance::during(who, stay.from, stay.seconds)
    }
}
