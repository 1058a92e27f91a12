//! Last step: a second program, whose people are registered by their status alone, copied from Zoom's own page, and set to
//! Attended as soon as they join (R23, R10).

use std::time::Duration;

use anyhow::Context;
use fakes::marketo::subscription::{Member, NewProgram, WEBINAR_CHANNEL};
use fakes::zoom::{Joining, NewRegistrant, NewWebinar, Person, Registrant};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::context::Demo;
use super::people::Participation;
use super::wait::poll_until;

/// How soon the webinar starts: people may join it now.
const STARTS_IN: SignedDuration = SignedDuration::from_mins(10);
/// How long a change may take: the first attempt waits half a minute for the flow step.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The person who registers on Zoom's own page.
const GUEST: &str = "zoe@elsewhere.example";

/// The second program and its webinar.
struct LiveProgram {
    program: i64,
    webinar: u64,
}

impl Demo {
    /// Plays what the application does without a flow step.
    ///
    /// # Errors
    /// A call fails, or a change does not show in time.
    pub(super) async fn by_itself(&mut self) -> anyhow::Result<()> {
        self.timeline.heading("By itself, and live");
        let live = self.connect_live_program().await?;
        let lead = self.people.with(|participation| participation == Participation::InvitedOnly);
        let (lead, email) = lead.first().map(|lead| (lead.id, lead.email.clone())).context("no lead is invited")?;
        self.env.marketo.set_member(live.program, lead, "Registered");
        self.timeline.line("A campaign set one lead to Registered, without a flow step.");

        let guest = NewRegistrant {
            email: GUEST.to_owned(),
            first_name: "Zoe".to_owned(),
            last_name: "Zimmermann".to_owned(),
            ..NewRegistrant::default()
        };
        let guest = self.env.zoom.register_on_zoom(live.webinar, guest).await?;
        let copied =
            self.wait_for_member(&live, "the copied registration", "Registered", || self.lead_of(GUEST)).await?;
        self.check_link("the copied registration", &copied, &guest);
        self.timeline.line("Somebody registered on Zoom's page, and is a lead and a member with their join link.");

        let member = self.wait_for_member(&live, "the registration by status", "Registered", || Some(lead)).await?;
        let registrant = self.registrant(&live, &email).context("the lead is not in Zoom")?;
        self.check_link("the registration by status", &member, &registrant);
        let adds = self.env.zoom.log().count("POST", &format!("/v2/webinars/{}/registrants", live.webinar));
        self.checks.equal("the add-registrant calls", adds, 1);
        self.timeline.line("The lead is registered in Zoom, with one add-registrant call.");

        self.env.zoom.start_webinar(live.webinar).await?;
        let joining = Joining { person: Person::Registrant(GUEST.to_owned()), waiting_room: false };
        self.env.zoom.join(live.webinar, joining).await?;
        let path = format!("/attendance/programs/{}", live.program);
        let shown = self.admin.get(&path).await?.ok()?;
        self.checks.require(shown["live_since"].is_string(), || format!("the program is not live: {shown}"));
        self.wait_for_member(&live, "the live attendance", "Attended", || self.lead_of(GUEST)).await?;
        self.timeline.line("The webinar started, and whoever joined is Attended while it runs.");
        Ok(())
    }

    /// Connects a second program to a webinar that is about to start, with the settings on.
    async fn connect_live_program(&self) -> anyhow::Result<LiveProgram> {
        let start = Timestamp::now().checked_add(STARTS_IN)?;
        let topic = "Ask the makers".to_owned();
        let webinar = NewWebinar { topic, start_time: Some(start), ..NewWebinar::default() };
        let webinar = self.env.zoom.add_webinar(webinar)?.id;
        let (kind, channel) = ("Event with Webinar".to_owned(), WEBINAR_CHANNEL.to_owned());
        let program = NewProgram { id: None, name: "Ask the makers".to_owned(), kind, channel };
        let program = self.env.marketo.arrange(|subscription| subscription.add_program(program, Timestamp::now()));
        let services = self.admin.get("/oauth/services").await?.ok()?;
        let service = services["services"][0]["id"].as_str().context("no service")?.to_owned();
        self.admin.connect(program, &service, webinar).await?.ok()?;
        let settings = json!({"copy_zoom_registrations": true, "live": true});
        self.admin.put(&format!("/catalog/programs/{program}/settings"), &settings).await?.ok()?;
        // Status changes are noticed from the first tick on.
        self.admin.tick().await?.ok()?;
        self.timeline.line(format!("Program {program} is connected to a webinar that starts soon."));
        Ok(LiveProgram { program, webinar })
    }

    /// Calls the tick until a lead has a status and a join link in the program. Returns the membership.
    async fn wait_for_member(
        &self,
        live: &LiveProgram,
        what: &str,
        status: &str,
        lead: impl Fn() -> Option<i64>,
    ) -> anyhow::Result<Member> {
        let member = poll_until(what, TIMEOUT, async || {
            self.admin.tick().await?.ok()?;
            let member = lead().and_then(|lead| self.env.marketo.member(live.program, lead));
            Ok(member.filter(|member| member.status_name == status && !member.text("webinarUrl").is_empty()))
        });
        member.await
    }

    fn check_link(&mut self, what: &str, member: &Member, registrant: &Registrant) {
        self.checks.equal(&format!("the link of {what}"), member.text("webinarUrl"), &*registrant.join_url);
        self.checks.equal(&format!("the code of {what}"), member.text("registrationCode"), &*registrant.id);
    }

    fn lead_of(&self, email: &str) -> Option<i64> {
        self.env.marketo.leads_by_email(email).first().map(|lead| lead.id)
    }

    fn registrant(&self, live: &LiveProgram, email: &str) -> Option<Registrant> {
        self.env.zoom.webinar(live.webinar)?.registrant(email).cloned()
    }
}
