//! Act three: the host moves the webinar, holds it, and Marketo learns who was there.

use std::time::Duration;

use anyhow::{Context, bail};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::zoom::{Attendance, HeldSession, Person, WebinarChange};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Play;
use super::cast::{Part, WALK_INS};
use super::patience::until;
use crate::cli::scene::PANELIST;

/// How long the webinar runs. It begins that long ago, so that it ends now.
const MINUTES: i64 = 45;
/// Of those who come, every so many loses the connection and comes back.
const COMES_BACK: usize = 5;
/// How long a change in Zoom may take to show in Marketo.
const CHANGE_LIMIT: Duration = Duration::from_secs(30);
/// How long the end of the webinar may take to show in Marketo: a run of the attendance component takes up to 25
/// seconds, and may need a second one.
const ATTENDANCE_LIMIT: Duration = Duration::from_secs(90);
/// How long the event alone is given before the scheduler and the admin help.
const EVENT_ALONE: Duration = Duration::from_secs(20);

impl Play {
    /// Moves and holds the webinar, and waits until its attendance is written.
    ///
    /// # Errors
    /// When the play cannot go on.
    pub(super) async fn attend(&mut self) -> anyhow::Result<()> {
        self.timeline.act("Account for");
        let start =
            Timestamp::from_second(Timestamp::now().as_second())?.checked_sub(SignedDuration::from_mins(MINUTES))?;
        self.move_webinar(start).await?;
        self.hold_webinar(start).await?;
        let attendance = self.wait_for_attendance().await?;
        let comers = self.cast.with(|part| part == Part::Comes).len() + WALK_INS.iter().filter(|one| one.comes).count();
        let pushed = self.cast.with(Part::is_pushed).len();
        self.findings.same("attended, as told", &attendance["attended"], &json!(comers));
        self.findings.same("no shows, as told", &attendance["no_show"], &json!(pushed + WALK_INS.len() - comers));
        self.findings.same("new leads, as told", &attendance["new_leads"], &json!(WALK_INS.len()));
        self.timeline.line(format!(
            "Marketo knows: {} attended, {} did not, {} of them are new leads.",
            attendance["attended"], attendance["no_show"], attendance["new_leads"]
        ));
        Ok(())
    }

    /// R4: what changes in Zoom changes in Marketo.
    async fn move_webinar(&mut self, start: Timestamp) -> anyhow::Result<()> {
        let before = self.start_token()?;
        let change = WebinarChange { start_time: Some(start), ..WebinarChange::default() };
        let delivery = self.stage.zoom.update_webinar(self.webinars.main, change).await?;
        let status = delivery.and_then(|delivery| delivery.status);
        self.findings
            .require(status.is_some_and(|status| status < 300), || format!("webinar.updated was answered {status:?}"));
        let after = until("the moved webinar's My Token", CHANGE_LIMIT, async || {
            let now = self.start_token()?;
            Ok((now != before).then_some(now))
        });
        let after = after.await?;
        self.timeline.line(format!("The host has moved the webinar: {{{{my.Webinar Start Date}}}} is now {after}."));
        Ok(())
    }

    fn start_token(&self) -> anyhow::Result<String> {
        let program = self.stage.marketo.program(WEBINAR_PROGRAM).context("the program is gone")?;
        Ok(program.my_tokens.get("Webinar Start Date").map(|token| token.value.clone()).unwrap_or_default())
    }

    async fn hold_webinar(&mut self, start: Timestamp) -> anyhow::Result<()> {
        let seconds = MINUTES * 60;
        let mut attendance = Vec::new();
        let mut came_back = 0;
        for (number, lead) in self.cast.with(|part| part == Part::Comes).into_iter().enumerate() {
            let person = Person::Registrant(lead.email.clone());
            if number % COMES_BACK == 0 {
                came_back += 1;
                attendance.push(Attendance::during(person.clone(), 0, seconds / 3));
                attendance.push(Attendance::during(person, seconds / 2, seconds / 2));
            } else {
                attendance.push(Attendance::throughout(person));
            }
        }
        let registrants = attendance.len() - came_back;
        for person in WALK_INS.iter().filter(|person| person.comes) {
            attendance.push(Attendance::during(Person::Registrant(person.email.to_owned()), 60, seconds / 2));
        }
        attendance.push(Attendance::throughout(Person::Panelist(PANELIST.to_owned())));
        attendance.push(Attendance::during(Person::DialIn("+15550199".to_owned()), 120, seconds / 4));
        let held = HeldSession { start_time: Some(start), minutes: MINUTES, attendance };
        let ended = self.stage.zoom.hold_webinar(self.webinars.main, held).await?;
        let status = ended.delivery.and_then(|delivery| delivery.status);
        self.findings
            .require(status.is_some_and(|status| status < 300), || format!("webinar.ended was answered {status:?}"));
        self.timeline.line(format!(
            "The webinar has run {MINUTES} minutes: {registrants} of the leads were there, {came_back} of them twice, \
             a caller and a panelist too.",
        ));
        Ok(())
    }

    /// Waits until the attendance is written. The event should be enough; where it was not, the scheduler's tick and
    /// the admin's wish must be.
    async fn wait_for_attendance(&self) -> anyhow::Result<Value> {
        let path = format!("/attendance/programs/{WEBINAR_PROGRAM}");
        let begun = Instant::now();
        let mut helped = false;
        let mut last = Value::Null;
        let attendance = until("the attendance", ATTENDANCE_LIMIT, async || {
            let now = self.admin.get(&path).await?.ok()?;
            if now["phase"] != last["phase"] {
                self.timeline.line(format!("Attendance is {}.", now["phase"].as_str().unwrap_or("unknown")));
            }
            last = now.clone();
            match now["phase"].as_str() {
                Some("settling" | "done") => return Ok(Some(now)),
                Some("failed") => bail!("the attendance failed: {}", now["problem"]),
                _ => {}
            }
            if begun.elapsed() > EVENT_ALONE {
                if !helped {
                    self.timeline.line("The event alone was not enough; the scheduler and the admin help.");
                }
                helped = true;
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
