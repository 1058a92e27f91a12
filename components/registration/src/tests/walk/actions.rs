//! The actions of a walk.

use super::super::fixture::{PROGRAM, WEBINAR, lead, lead_id};
use super::super::following::OTHER_PROGRAM;
use super::super::peers::marketo_error;
use super::{LEADS, Walk, address};
use domain::time::SignedDuration;
use fakes::support::{DropWhen, Effect, Fault};
use fakes::zoom::{EVENTS, EventSettings, NewRegistrant, WebinarChange};
use serde_json::json;

impl Walk {
    /// Does one thing at random. What it starts is run, killed, or left for later.
    pub(super) async fn act(&mut self) {
        let number = 1 + self.dice.roll(LEADS);
        match self.dice.roll(16) {
            0 | 1 => self.register_by_flow_step(number).await,
            2..=4 => self.call_webhook(number, "Registered").await,
            5 => self.call_webhook(number, "Cancelled").await,
            6..=9 => self.change_in_zoom(number).await,
            10 => self.register_on_zoom(number).await,
            11 => self.move_webinar().await,
            12 => self.disturb_events().await,
            13 => self.disturb_peers(),
            _ => self.tick().await,
        }
        match self.dice.roll(6) {
            0 => {
                self.log.push("  the worker is killed".to_owned());
                self.fixture.memory.kill_background();
            }
            1 => {}
            2 => self.fixture.memory.run_background().await,
            3 => self.fixture.drop_events(),
            _ => self.fixture.deliver_events().await,
        }
    }

    /// Changes a membership's status, where Marketo allows it.
    fn set_status(&mut self, program: u64, number: u64, status: &str) -> bool {
        let (program, lead) = (program.try_into().unwrap(), lead_id(number).try_into().unwrap());
        let is_set = self.fixture.marketo.set_member(program, lead, status);
        self.log.push(format!("marketer: lead {number} is {status} in {program}: {is_set}"));
        is_set
    }

    async fn register_by_flow_step(&mut self, number: u64) {
        if self.set_status(PROGRAM, number, "Registered") {
            let mut row = lead(number);
            row["objectContext"]["email"] = json!(address(number));
            self.fixture.accept(&format!("chunk {}", self.log.len()), &[row]).await;
            self.log.push("  flow step".to_owned());
        }
    }

    async fn call_webhook(&mut self, number: u64, status: &str) {
        let program = [PROGRAM, OTHER_PROGRAM][usize::try_from(self.dice.roll(2)).unwrap()];
        if self.set_status(program, number, status) {
            let body = json!({
                "program_id": program, "lead_id": lead_id(number), "email": address(number), "first_name": "F",
                "last_name": "L", "status": status,
            });
            let (_, answer) = self.fixture.send("POST", "/registration/webhook", &body).await;
            self.log.push(format!("  webhook: {} {}", answer["outcome"], answer["code"]));
        }
    }

    async fn change_in_zoom(&mut self, number: u64) {
        let actions = ["approve", "approve", "deny", "cancel", "withdraw", "delete"];
        let action = actions[usize::try_from(self.dice.roll(6)).unwrap()];
        let is_done = self.fixture.zoom.set_registration(WEBINAR, &address(number), action).await.is_ok();
        self.log.push(format!("zoom: {action} {}: {is_done}", address(number)));
    }

    async fn register_on_zoom(&mut self, number: u64) {
        let person = NewRegistrant { email: address(number), first_name: "F".to_owned(), ..NewRegistrant::default() };
        let is_done = self.fixture.zoom.register_on_zoom(WEBINAR, person).await.is_ok();
        self.log.push(format!("zoom: {} registers: {is_done}", address(number)));
    }

    async fn move_webinar(&mut self) {
        let start = self.fixture.zoom.webinar(WEBINAR).unwrap().start_time.unwrap();
        let start_time = Some(start + SignedDuration::from_hours(1));
        let change = WebinarChange { start_time, ..WebinarChange::default() };
        self.fixture.zoom.update_webinar(WEBINAR, change).await.unwrap();
        self.log.push("zoom: the webinar moves".to_owned());
    }

    /// Loses all events from now on, or none, or without links, or delivers an earlier one again.
    async fn disturb_events(&mut self) {
        let settings = match self.dice.roll(4) {
            0 => EventSettings { events: Some(Vec::new()), ..EventSettings::default() },
            1 => {
                let events = Some(EVENTS.map(str::to_owned).to_vec());
                EventSettings { events, ..EventSettings::default() }
            }
            2 => EventSettings { approvals_lack_link: Some(true), ..EventSettings::default() },
            _ => {
                let deliveries = self.fixture.zoom.deliveries();
                let later = deliveries.len().max(1) as u64;
                let place = usize::try_from(self.dice.roll(later)).unwrap();
                if let Some(delivery) = deliveries.get(place) {
                    self.log.push(format!("zoom: {} again", delivery.event));
                    self.fixture.zoom.resend(delivery.seq).await.unwrap();
                }
                return;
            }
        };
        self.log.push(format!("zoom: events {:?}", settings.events.as_ref().map(Vec::len)));
        self.fixture.zoom.set_events(settings);
    }

    /// Lets Zoom or Marketo fail until further notice, once, or work again.
    fn disturb_peers(&mut self) {
        let what = self.dice.roll(5);
        self.log.push(format!(
            "peers: {}",
            ["zoom fails", "marketo fails", "all work", "lost answer", "quota"][what as usize]
        ));
        let zoom = self.fixture.zoom.faults();
        let marketo = self.fixture.marketo.faults();
        match what {
            0 => zoom.add(Fault::always("*", "/v2/**", Effect::status(503))),
            1 => marketo.add(Fault::always("*", "/rest/**", marketo_error("611"))),
            2 => {
                zoom.clear();
                marketo.clear();
            }
            3 => zoom.add(Fault::once("*", "/v2/**", Effect::Drop { drop: DropWhen::After })),
            _ => marketo.add(Fault::once("*", "/rest/**", marketo_error("607")).times(6)),
        }
    }

    async fn tick(&mut self) {
        let minutes = i64::try_from(1 + self.dice.roll(20)).unwrap();
        self.fixture.memory.advance(SignedDuration::from_mins(minutes));
        self.log.push(format!("a tick after {minutes} minutes"));
        self.fixture.tick().await;
    }
}
