//! Third step: the host reschedules and runs the webinar, and its attendance is written to Marketo.

use std::time::Duration;

use anyhow::{Context, bail};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{Attendance, HeldSession, Person, WebinarChange};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::context::Demo;
use super::people::{Participation, ZOOM_PAGE_REGISTRANTS};
use super::wait::poll_until;
use crate::cli::seed::PANELIST;

/// How long the webinar runs.
const MINUTES: i64 = 45;
/// How long ago it ended: No Show is set half an hour after the end, when Zoom's reports are complete.
const ENDED_AGO_MINUTES: i64 = 40;
/// Every n-th attendee disconnects and joins again.
const REJOIN_EVERY: usize = 5;
/// How long a change in Zoom may take to appear in Marketo.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the attendance may take to be written: a run of the attendance component takes up to 25 seconds, and two
/// runs may be needed.
const ATTENDANCE_TIMEOUT: Duration = Duration::from_secs(90);
/// How long to wait for Zoom's event to take effect before calling the tick and requesting a sync.
const EVENT_TIMEOUT: Duration = Duration::from_secs(20);

impl Demo {
    /// Reschedules and runs the webinar, and waits until its attendance is written.
    ///
    /// # Errors
    /// A call fails, or the attendance is not written in time.
    pub(super) async fn attend(&mut self) -> anyhow::Result<()> {
        self.timeline.heading("Attendance");
        let now = Timestamp::from_second(Timestamp::now().as_second())?;
        let start = now.checked_sub(SignedDuration::from_mins(MINUTES + ENDED_AGO_MINUTES))?;
        self.reschedule_webinar(start).await?;
        self.run_webinar(start).await?;
        let attendance = self.wait_for_attendance().await?;
        let attended = self.people.with(|participation| participation == Participation::Attends).len()
            + ZOOM_PAGE_REGISTRANTS.iter().filter(|person| person.attends).count();
        let registered = self.people.with(Participation::is_registered_in_zoom).len();
        self.checks.equal("the number of attended", &attendance["attended"], &json!(attended));
        self.checks.equal(
            "the number of no shows",
            &attendance["no_show"],
            &json!(registered + ZOOM_PAGE_REGISTRANTS.len() - attended),
        );
        self.checks.equal("the number of new leads", &attendance["new_leads"], &json!(ZOOM_PAGE_REGISTRANTS.len()));
        self.timeline.line(format!(
            "The attendance is in Marketo: {} attended, {} no shows; {} of them are new leads.",
            attendance["attended"], attendance["no_show"], attendance["new_leads"]
        ));
        Ok(())
    }

    /// R4: a change in Zoom appears in Marketo.
    async fn reschedule_webinar(&mut self, start: Timestamp) -> anyhow::Result<()> {
        let before = self.start_token()?;
        let change = WebinarChange { start_time: Some(start), ..WebinarChange::default() };
        let delivery = self.env.zoom.update_webinar(self.webinars.main, change).await?;
        let status = delivery.and_then(|delivery| delivery.status);
        self.checks.require(status.is_some_and(|status| status < 300), || {
            format!("the answer to webinar.updated is {status:?}")
        });
        let after = poll_until("the My Token of the new start time", CHANGE_TIMEOUT, async || {
            let now = self.start_token()?;
            Ok((now != before).then_some(now))
        });
        let after = after.await?;
        self.timeline.line(format!("The host rescheduled the webinar: {{{{my.Webinar Start Date}}}} is now {after}."));
        Ok(())
    }

    fn start_token(&self) -> anyhow::Result<String> {
        let program = self.env.marketo.program(WEBINAR_PROGRAM).context("the program does not exist")?;
        Ok(program.my_tokens.get("Webinar Start Date").map(|token| token.value.clone()).unwrap_or_default())
    }

    async fn run_webinar(&mut self, start: Timestamp) -> anyhow::Result<()> {
        let seconds = MINUTES * 60;
        let mut attendance = Vec::new();
        let mut rejoined = 0;
        for (number, lead) in
            self.people.with(|participation| participation == Participation::Attends).into_iter().enumerate()
        {
            let person = Person::Registrant(lead.email.clone());
            if number % REJOIN_EVERY == 0 {
                rejoined += 1;
                attendance.push(Attendance::during(person.clone(), 0, seconds / 3));
                attendance.push(Attendance::during(person, seconds / 2, seconds / 2));
            } else {
                attendance.push(Attendance::throughout(person));
            }
        }
        let registrants = attendance.len() - rejoined;
        for person in ZOOM_PAGE_REGISTRANTS.iter().filter(|person| person.attends) {
            attendance.push(Attendance::during(Person::Registrant(person.email.to_owned()), 60, seconds / 2));
        }
        attendance.push(Attendance::throughout(Person::Panelist(PANELIST.to_owned())));
        attendance.push(Attendance::during(Person::DialIn("+15550199".to_owned()), 120, seconds / 4));
        let held = HeldSession { start_time: Some(start), minutes: MINUTES, attendance };
        let ended = self.env.zoom.hold_as_planned(self.webinars.main, held).await?;
        let status = ended.delivery.and_then(|delivery| delivery.status);
        self.checks.require(status.is_some_and(|status| status < 300), || {
            format!("the answer to webinar.ended is {status:?}")
        });
        self.timeline.line(format!(
            "The webinar ran for {MINUTES} minutes and ended {ENDED_AGO_MINUTES} minutes ago: {registrants} leads attended, {rejoined} of them joined twice. A \
             phone caller and a panelist attended, too.",
        ));
        Ok(())
    }

    /// Waits until the attendance is written. Zoom's event starts the work; after [`EVENT_TIMEOUT`] the demo calls the
    /// tick and requests a sync, as a scheduler and an admin do.
    async fn wait_for_attendance(&self) -> anyhow::Result<Value> {
        let path = format!("/attendance/programs/{WEBINAR_PROGRAM}");
        let started = Instant::now();
        let mut event_missed = false;
        let mut last = Value::Null;
        let attendance = poll_until("the attendance", ATTENDANCE_TIMEOUT, async || {
            let now = self.admin.get(&path).await?.ok()?;
            if now["phase"] != last["phase"] {
                self.timeline.line(format!("The attendance is {}.", now["phase"].as_str().unwrap_or("unknown")));
            }
            last = now.clone();
            match now["phase"].as_str() {
                Some("settling" | "done") => return Ok(Some(now)),
                Some("failed") => bail!("the attendance failed: {}", now["problem"]),
                _ => {}
            }
            if started.elapsed() > EVENT_TIMEOUT {
                if !event_missed {
                    self.timeline.line("Zoom's event did not complete the attendance; calling the tick.");
                }
                event_missed = true;
                self.admin.tick().await?.ok()?;
                if now["phase"] == "waiting" {
                    self.admin.post(&format!("{path}/sync"), &json!({})).await?.ok()?;
                }
            }
            Ok(None)
        });
        attendance.await
    }
}
