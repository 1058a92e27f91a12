//! The end: what Zoom and Marketo hold, and whether that is what it has to be.

use std::collections::BTreeMap;

use anyhow::Context;
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::support::Entry;
use fakes::zoom::{RegistrantStatus, Webinar};

use super::Play;
use super::cast::{Part, WALK_INS};
use super::table;
use crate::cli::scene;

/// Zoom's limit of add-registrant calls per e-mail address and day (R12).
const ADDS_PER_DAY: usize = 3;

impl Play {
    /// Prints both sides and checks them.
    ///
    /// # Errors
    /// When the webinar is gone.
    pub(super) async fn end(&mut self) -> anyhow::Result<()> {
        let webinar = self.stage.zoom.webinar(self.webinars.main).context("the webinar is gone")?;
        self.timeline.act("In the end");
        print!("{}", table::text(&webinar, &self.stage.marketo, self.cast.all()));
        self.check_leads(&webinar);
        self.check_walk_ins();
        self.check_adds();
        self.check_manners();
        Ok(())
    }

    /// Every lead has the status that its part brings, and Zoom's registration where it was pushed.
    fn check_leads(&mut self, webinar: &Webinar) {
        for lead in self.cast.all() {
            let member = self.stage.marketo.member(WEBINAR_PROGRAM, lead.id);
            let status = member.as_ref().map(|member| member.status_name.clone());
            let expected = lead.part.final_status().to_owned();
            self.findings.same(&format!("the status of lead {}", lead.id), status, Some(expected));

            let registrant = webinar.registrant(&lead.email);
            self.findings.same(
                &format!("whether lead {} is registered in Zoom", lead.id),
                registrant.is_some(),
                lead.part.is_pushed(),
            );
            let (Some(registrant), Some(member)) = (registrant, member) else { continue };
            let what = |field: &str| format!("{field} of lead {}", lead.id);
            self.findings.same(&what("webinarUrl"), member.text("webinarUrl"), &*registrant.join_url);
            self.findings.same(&what("registrationCode"), member.text("registrationCode"), &*registrant.id);
            self.findings.same(&what("Zoom's status"), registrant.status, RegistrantStatus::Approved);
        }
        let members = self.stage.marketo.members(WEBINAR_PROGRAM);
        let left = members.iter().filter(|member| member.status_name == "Registered").count();
        self.findings.same("how many are left Registered", left, 0);
    }

    /// R10, R11: who registered on Zoom's own page has become one lead each; callers and panelists none.
    fn check_walk_ins(&mut self) {
        for person in WALK_INS {
            let leads = self.stage.marketo.leads_by_email(person.email);
            self.findings.same(&format!("how many leads {} is", person.email), leads.len(), 1);
            let Some(lead) = leads.first() else { continue };
            let name = (lead.text("firstName"), lead.text("lastName"));
            self.findings.same("a new lead's name", name, (person.first_name, person.last_name));
            let member = self.stage.marketo.member(WEBINAR_PROGRAM, lead.id);
            let status = member.map(|member| member.status_name);
            let expected = Some(person.final_status().to_owned());
            self.findings.same(&format!("the status of {}", person.email), status, expected);
        }
        let leads = self.stage.marketo.look(|world| world.leads.by_id.len());
        self.findings.same("how many leads there are", leads, scene::LEADS + WALK_INS.len());
    }

    /// R7, R12: one add-registrant call for each lead that was pushed, and none for anybody else.
    fn check_adds(&mut self) {
        let mut adds: BTreeMap<String, usize> = BTreeMap::new();
        for call in self.stage.zoom.log().matching("POST", "/v2/webinars/*/registrants") {
            *adds.entry(call.body["email"].as_str().unwrap_or_default().to_lowercase()).or_default() += 1;
        }
        let most = adds.values().copied().max().unwrap_or_default();
        self.findings.require(most <= ADDS_PER_DAY, || format!("somebody was added to Zoom {most} times"));
        let pushed: BTreeMap<String, usize> =
            self.cast.with(Part::is_pushed).into_iter().map(|lead| (lead.email.to_lowercase(), 1)).collect();
        self.findings.require(adds == pushed, || {
            format!("{} add-registrant calls for {} leads", adds.values().sum::<usize>(), pushed.len())
        });
    }

    /// Neither stand-in had anything to object to.
    fn check_manners(&mut self) {
        let violations = self.stage.marketo.violations();
        self.findings.require(violations.is_empty(), || format!("Marketo objects: {violations:?}"));
        for (system, log) in [("Zoom", self.stage.zoom.log()), ("Marketo", self.stage.marketo.log())] {
            let refused: Vec<String> = log.refused().iter().map(described).collect();
            self.findings.require(refused.is_empty(), || format!("{system} refused: {}", refused.join(", ")));
        }
        self.timeline.line(format!(
            "Calls: {} to Zoom, {} to Marketo, at most {} at once.",
            self.stage.zoom.log().entries().len(),
            self.stage.marketo.calls_today(),
            self.stage.marketo.most_calls_at_once()
        ));
    }
}

fn described(entry: &Entry) -> String {
    format!("{} {} ({})", entry.method, entry.path, entry.refusal.as_deref().unwrap_or_default())
}
