//! Act two: smart campaigns put leads into the program; those who are Registered get their join links.

use std::collections::BTreeSet;

use anyhow::Context;
use fakes::marketo::campaign::{Campaign, FlowStep, Run};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::MARKETO_API_KEY;
use fakes::zoom::NewRegistrant;

use super::Play;
use super::cast::{Part, WALK_INS};

/// Leads per call of the flow step: small, so that a campaign comes in several chunks at once.
const CHUNK: usize = 8;

impl Play {
    /// Runs the campaigns and follows the links of the e-mails that they send.
    ///
    /// # Errors
    /// When the play cannot go on.
    pub(super) async fn register(&mut self) -> anyhow::Result<()> {
        self.timeline.act("Register");
        let flow_step = FlowStep { chunk_size: CHUNK, ..FlowStep::new(self.stage.flow_step_url(), MARKETO_API_KEY) };
        let invited = self.cast.ids(|part| part == Part::Invited);
        let count = invited.len();
        let invitation = Campaign {
            status: Some("Invited".to_owned()),
            email: false,
            ..Campaign::new(WEBINAR_PROGRAM, invited, flow_step.clone())
        };
        let run = self.stage.marketo.run_campaign(invitation).await?;
        self.timeline.line(format!("A campaign has run over {count} leads with the status Invited: nobody is pushed."));
        self.look_at_outcomes(&run, |_| "skipped");

        let registered = self.cast.ids(|part| part != Part::Invited);
        let count = registered.len();
        let run = self.stage.marketo.run_campaign(Campaign::new(WEBINAR_PROGRAM, registered, flow_step)).await?;
        self.timeline.line(format!(
            "A campaign has run over {count} leads with the status Registered, in {} chunks, each called back.",
            run.chunks.len()
        ));
        self.look_at_outcomes(&run, |part| if part.is_pushed() { "registered" } else { "failed" });
        self.look_at_failures(&run).await?;
        self.follow_links(&run).await?;

        for person in WALK_INS {
            let new = NewRegistrant {
                email: person.email.to_owned(),
                first_name: person.first_name.to_owned(),
                last_name: person.last_name.to_owned(),
                ..NewRegistrant::default()
            };
            self.stage.zoom.register_on_zoom(self.webinars.main, new).await?;
            let known = !self.stage.marketo.leads_by_email(person.email).is_empty();
            self.findings.require(!known, || format!("{} is a lead before the webinar", person.email));
        }
        self.timeline.line(format!("{} people have registered on Zoom's own page.", WALK_INS.len()));
        Ok(())
    }

    /// What the flow step reported of every lead.
    fn look_at_outcomes(&mut self, run: &Run, expected: impl Fn(Part) -> &'static str) {
        for violation in run.violations() {
            self.findings.note(format!("the flow step broke its interface: {violation}"));
        }
        let outcomes = run.outcomes();
        for lead in self.cast.all().iter().filter(|lead| run.campaign.lead_ids.contains(&lead.id)) {
            let told = outcomes.get(&lead.id).and_then(|outcome| outcome.attributes.get("registration")?.as_str());
            self.findings.same(&format!("the flow step's word on lead {}", lead.id), told, Some(expected(lead.part)));
        }
    }

    /// R8: the lead without a last name has the reason in its activity log; nobody else failed.
    async fn look_at_failures(&mut self, run: &Run) -> anyhow::Result<()> {
        let outcomes = run.outcomes();
        for lead in self.cast.with(|part| part == Part::Incomplete) {
            let (code, reason) =
                outcomes.get(&lead.id).map_or(("", ""), |outcome| (&*outcome.error_code, &*outcome.reason));
            self.findings.same(&format!("the error of lead {}", lead.id), code, "MISSING_FIELD");
            self.timeline.line(format!("Lead {} was not registered, and Marketo says why: {reason}", lead.id));
        }
        let failures = self.admin.get("/registration/failures").await?.ok()?;
        let failures = failures["failures"].as_array().context("there is no list of failures")?;
        let incomplete: Vec<_> = self.cast.ids(|part| part == Part::Incomplete).iter().map(i64::to_string).collect();
        for failure in failures {
            let lead = failure["lead_id"].as_str().unwrap_or_default();
            self.findings.require(incomplete.iter().any(|id| id == lead), || format!("the console lists {failure}"));
        }
        Ok(())
    }

    /// R9: the link in each confirmation e-mail is the reader's own, and leads to the webinar in their name.
    async fn follow_links(&mut self, run: &Run) -> anyhow::Result<()> {
        let reader = reqwest::Client::new();
        let mut links = BTreeSet::new();
        for lead in self.cast.with(Part::is_pushed) {
            let email = run.emails.iter().find(|email| email.lead_id == lead.id);
            let link = email.map(|email| email.member_webinar_url.clone()).unwrap_or_default();
            let page = match reader.get(&link).send().await {
                Ok(page) => page.text().await?,
                Err(error) => error.to_string(),
            };
            let is_theirs = page.contains(&format!("The personal link of {}.", lead.name));
            self.findings.require(is_theirs, || format!("the e-mail of lead {} has the link {link:?}", lead.id));
            links.insert(link);
        }
        let pushed = self.cast.with(Part::is_pushed).len();
        self.findings.same("how many different join links were sent", links.len(), pushed);
        self.timeline.line(format!(
            "{pushed} confirmation e-mails have gone out; each {{{{member.webinar url}}}} is its reader's own link."
        ));
        Ok(())
    }
}
