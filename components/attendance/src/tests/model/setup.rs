//! Prepares a world: the webinar, the people at Zoom and in Marketo, and how Zoom behaves.

use super::oddness::odd;
use super::world::{Fate, InMarketo, Person, Registration, Role, Via, World};
use crate::tests::env::{ABSENTEES, EnvOptions, PROGRAM, TestEnv, WEBINAR};
use domain::status::ProgressionStatus;
use domain::time::SignedDuration;
use fakes::mounted::{MARKETO_HOST, ZOOM_HOST};
use fakes::zoom::{NewRegistrant, NewUser, NewWebinar, Panelist, ReportTiming};
use platform::testing::in_memory::InMemoryPorts;
use serde_json::json;

/// The program that also invites to the webinar.
const SIBLING: u64 = 1002;

/// Returns the environment of a world, in which nothing has happened yet.
pub(super) async fn prepare(world: &World) -> TestEnv {
    let options = EnvOptions { page_size: world.page_size };
    let setup = Setup { world, env: TestEnv::over(InMemoryPorts::ports, webinar(world), options).await };
    setup.set_up().await;
    setup.env
}

/// Returns a duration of minutes.
pub(super) fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

struct Setup<'w> {
    world: &'w World,
    env: TestEnv,
}

impl Setup<'_> {
    /// Adds everyone, and sets how Zoom behaves.
    async fn set_up(&self) {
        let Self { world, env, .. } = self;
        env.plan(env.now() + minutes(world.plans[0].start), world.plans[0].minutes.try_into().unwrap());
        env.connect(PROGRAM, WEBINAR).await;
        let no_show_after = world.no_show_after.try_into().unwrap();
        env.set_no_show_after(no_show_after).await;
        if world.has_sibling {
            env.connect(SIBLING, WEBINAR).await;
            env.change_connection_of(SIBLING, |sibling| sibling.no_show_after_minutes = no_show_after).await;
        }
        if world.has_cancelled {
            env.set_step("Cancelled", 25);
            let status = ProgressionStatus { name: "Cancelled".into(), step: 25 };
            env.change_connection(|connection| connection.channel.statuses.push(status)).await;
        }
        for (number, person) in world.people.iter().enumerate() {
            let is_user = matches!(person.role, Role::Colleague | Role::AlternativeHost { is_user: true });
            if is_user {
                env.zoom.add_user(NewUser::named(&person.email(number))).unwrap();
            }
            self.add_person(number, person).await;
        }
        let env = &self.env;
        env.set_report_timing(ReportTiming {
            delay_seconds: 60 * world.timing.delay,
            zero_duration_seconds: 60 * world.timing.zero_durations,
            growth_seconds: 60 * world.timing.growth,
            listing_delay_seconds: 60 * world.timing.listing,
            absentees_delay_seconds: 60 * world.timing.absentees,
        });
        if !world.lists_absentees {
            env.fail_zoom(ABSENTEES, 400, json!({"code": 4711, "message": "does not contain scopes:[x]."}));
        }
        if let Some(seed) = world.oddness {
            env.memory.serve(ZOOM_HOST, odd(env.zoom.router(), seed));
            env.memory.serve(MARKETO_HOST, odd(env.marketo.router(), seed));
        }
    }

    /// Registers a person at Zoom, and adds what Marketo knows.
    async fn add_person(&self, number: usize, person: &Person) {
        let Self { env, .. } = self;
        let email = person.email(number);
        let mut code = String::new();
        if let Some(registration) = person.registration() {
            code = self.register(number, &email, registration).await;
        }
        let lead_email = person.other_spelling(number);
        let lead = match person.in_marketo {
            InMarketo::Nothing => return,
            InMarketo::Leads(count) => (0..count).map(|_| env.lead(&lead_email)).min().unwrap(),
            InMarketo::Member(status) => {
                let lead = env.lead(&lead_email);
                match person.role {
                    Role::OfOtherWebinar => {
                        env.add_member(PROGRAM, lead, status, "other");
                        let link = json!({"webinarUrl": "https://zoom.test/w/10?tk=other"});
                        env.set_member_data(PROGRAM, lead, link);
                    }
                    Role::Registrant(Registration { via: Via::Program, .. }) => {
                        env.add_member(PROGRAM, lead, status, &code);
                    }
                    _ => env.add_member(PROGRAM, lead, status, ""),
                }
                lead
            }
        };
        match person.registration() {
            Some(Registration { via: Via::Program, fate, .. }) => {
                if matches!(fate, Fate::Corrected { .. }) {
                    env.add_ledger_entry(&Person::wrong_email(number), PROGRAM, lead).await;
                }
                if !matches!(fate, Fate::Corrected { is_renewed: false, .. }) {
                    env.add_ledger_entry(&email, PROGRAM, lead).await;
                }
            }
            Some(Registration { via: Via::Sibling, .. }) => {
                env.add_member(SIBLING, lead, "Registered", &code);
                env.add_ledger_entry(&email, SIBLING, lead).await;
            }
            _ => {}
        }
    }

    /// Registers a person. Returns the registrant id that the member has.
    async fn register(&self, number: usize, email: &str, registration: Registration) -> String {
        let zoom = &self.env.zoom;
        match registration.fate {
            Fate::Stands | Fate::Ended { .. } => self.register_address(number, email, true).await,
            Fate::Pending => self.register_address(number, email, false).await,
            Fate::Restored => {
                let id = self.register_address(number, email, true).await;
                zoom.set_registration(WEBINAR, email, "deny").await.unwrap();
                zoom.set_registration(WEBINAR, email, "approve").await.unwrap();
                id
            }
            Fate::Renewed { is_known } => {
                let first = self.register_address(number, email, true).await;
                zoom.set_registration(WEBINAR, email, "withdraw").await.unwrap();
                let second = self.register_address(number, email, true).await;
                if is_known { second } else { first }
            }
            Fate::Corrected { is_renewed, .. } => {
                let first = self.register_address(number, &Person::wrong_email(number), true).await;
                if is_renewed { self.register_address(number, email, true).await } else { first }
            }
        }
    }

    async fn register_address(&self, number: usize, email: &str, is_approved: bool) -> String {
        let [first_name, last_name] = ["First", "Last"].map(|name| format!("{name}{number}"));
        let registrant = NewRegistrant { email: email.to_owned(), first_name, last_name, ..NewRegistrant::default() };
        let id = self.env.zoom.register_on_zoom(WEBINAR, registrant).await.unwrap().id;
        if self.world.is_manual && is_approved {
            self.env.zoom.set_registration(WEBINAR, email, "approve").await.unwrap();
        }
        id
    }
}

/// Returns the webinar of a world.
fn webinar(world: &World) -> NewWebinar {
    let people = || world.people.iter().enumerate();
    let is_alternative = |person: &Person| {
        let registration = person.registration();
        matches!(person.role, Role::AlternativeHost { .. }) || registration.is_some_and(|one| one.is_alternative_host)
    };
    let hosts = people().filter(|(_, person)| is_alternative(person)).map(|(number, person)| person.email(number));
    let panelists = people().filter(|(_, person)| person.role == Role::Panelist);
    let panelist =
        |(number, person): (usize, &Person)| Panelist { email: person.email(number), name: "Panelist".to_owned() };
    NewWebinar {
        approval_type: match (world.has_registration, world.is_manual) {
            (false, _) => 2,
            (true, true) => 1,
            (true, false) => 0,
        },
        alternative_hosts: hosts.collect::<Vec<_>>().join("; "),
        panelists: panelists.map(panelist).collect(),
        ..NewWebinar::default()
    }
}
