//! Second step: smart campaigns add leads to the program, and Registered leads get their join links.

use std::collections::BTreeSet;

use anyhow::Context;
use fakes::env::MARKETO_API_KEY;
use fakes::marketo::campaign::{Campaign, FlowStep, Run};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::NewRegistrant;

use super::context::Demo;
use super::people::{Participation, ZOOM_PAGE_REGISTRANTS};

/// Number of leads per call of the flow step. Small, so that a campaign has several concurrent chunks.
const CHUNK_SIZE: usize = 8;

impl Demo {
    /// Runs the campaigns and opens the links of the e-mails that they send.
    ///
    /// # Errors
    /// A call fails that the next steps depend on.
    pub(super) async fn register(&mut self) -> anyhow::Result<()> {
        self.timeline.heading("Register");
        let flow_step = FlowStep { chunk_size: CHUNK_SIZE, ..FlowStep::new(self.env.flow_step_url(), MARKETO_API_KEY) };
        let invited = self.people.ids(|participation| participation == Participation::InvitedOnly);
        let count = invited.len();
        let invitation = Campaign {
            status: Some("Invited".to_owned()),
            email: false,
            ..Campaign::new(WEBINAR_PROGRAM, invited, flow_step.clone())
        };
        let run = self.env.marketo.run_campaign(invitation).await?;
        self.timeline.line(format!("A campaign set {count} leads to Invited: no one is registered in Zoom."));
        self.check_outcomes(&run, |_| "skipped");

        let registered = self.people.ids(|participation| participation != Participation::InvitedOnly);
        let count = registered.len();
        let run = self.env.marketo.run_campaign(Campaign::new(WEBINAR_PROGRAM, registered, flow_step)).await?;
        self.timeline.line(format!(
            "A campaign set {count} leads to Registered and sent them in {} chunks; each chunk had its callback.",
            run.chunks.len()
        ));
        self.check_outcomes(
            &run,
            |participation| if participation.is_registered_in_zoom() { "registered" } else { "failed" },
        );
        self.check_failures(&run).await?;
        self.open_join_links(&run).await?;

        for person in ZOOM_PAGE_REGISTRANTS {
            let new = NewRegistrant {
                email: person.email.to_owned(),
                first_name: person.first_name.to_owned(),
                last_name: person.last_name.to_owned(),
                ..NewRegistrant::default()
            };
            self.env.zoom.register_on_zoom(self.webinars.main, new).await?;
            let known = !self.env.marketo.leads_by_email(person.email).is_empty();
            self.checks.require(!known, || format!("{} is a lead before the webinar", person.email));
        }
        self.timeline.line(format!("{} people registered on Zoom's own page.", ZOOM_PAGE_REGISTRANTS.len()));
        Ok(())
    }

    /// Checks the flow step's outcome for each lead.
    fn check_outcomes(&mut self, run: &Run, expected: impl Fn(Participation) -> &'static str) {
        for violation in run.violations() {
            self.checks.fail(format!("the flow step violates its interface: {violation}"));
        }
        let outcomes = run.outcomes();
        for lead in self.people.all().iter().filter(|lead| run.campaign.lead_ids.contains(&lead.id)) {
            let registration =
                outcomes.get(&lead.id).and_then(|outcome| outcome.attributes.get("registration")?.as_str());
            let expected = Some(expected(lead.participation));
            self.checks.equal(&format!("the flow step's outcome for lead {}", lead.id), registration, expected);
        }
    }

    /// R8: the lead without a last name has the reason in its activity log. No other lead failed.
    async fn check_failures(&mut self, run: &Run) -> anyhow::Result<()> {
        let outcomes = run.outcomes();
        for lead in self.people.with(|participation| participation == Participation::Incomplete) {
            let (code, reason) =
                outcomes.get(&lead.id).map_or(("", ""), |outcome| (&*outcome.error_code, &*outcome.reason));
            self.checks.equal(&format!("the error of lead {}", lead.id), code, "MISSING_FIELD");
            self.timeline.line(format!("Lead {} was not registered. Marketo shows the reason: {reason}", lead.id));
        }
        let failures = self.admin.get("/registration/failures").await?.ok()?;
        let failures = failures["failures"].as_array().context("the answer has no list of failures")?;
        let incomplete: Vec<_> = self
            .people
            .ids(|participation| participation == Participation::Incomplete)
            .iter()
            .map(i64::to_string)
            .collect();
        for failure in failures {
            let lead = failure["lead_id"].as_str().unwrap_or_default();
            self.checks.require(incomplete.iter().any(|id| id == lead), || format!("the console lists {failure}"));
        }
        Ok(())
    }

    /// R9: the link in each confirmation e-mail is the lead's own and opens the webinar in the lead's name.
    async fn open_join_links(&mut self, run: &Run) -> anyhow::Result<()> {
        let client = reqwest::Client::new();
        let mut links = BTreeSet::new();
        for lead in self.people.with(Participation::is_registered_in_zoom) {
            let email = run.emails.iter().find(|email| email.lead_id == lead.id);
            let link = email.map(|email| email.member_webinar_url.clone()).unwrap_or_default();
            let page = match client.get(&link).send().await {
                Ok(page) => page.text().await?,
                Err(error) => error.to_string(),
            };
            let is_personal = page.contains(&format!("The personal link of {}.", lead.name));
            self.checks.require(is_personal, || format!("the e-mail of lead {} has the link {link:?}", lead.id));
            links.insert(link);
        }
        let registered = self.people.with(Participation::is_registered_in_zoom).len();
        self.checks.equal("the number of distinct join links", links.len(), registered);
        self.timeline.line(format!(
            "Marketo sent {registered} confirmation e-mails; each {{{{member.webinar url}}}} is the lead's own join link."
        ));
        Ok(())
    }
}
