//! Last step: checks the final data of Zoom and Marketo, and the logs of the components.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::Entry;
use fakes::zoom::{RegistrantStatus, Webinar};

use super::context::Demo;
use super::people::{Participation, ZOOM_PAGE_REGISTRANTS};
use super::report::Checks;
use super::table;
use crate::cli::seed;

/// Maximum number of add-registrant calls per e-mail address and day (R12).
const MAX_ADDS_PER_DAY: usize = 3;
/// The prefix of the line that the host logs when an instance traps.
const TRAP: &str = "trap";
/// Texts that only an e-mail address or a join link can bring into a log.
const PERSONAL_DATA: [&str; 3] = ["@customer.example", "@elsewhere.example", "tk="];

impl Demo {
    /// Prints and checks the final data of Zoom and Marketo.
    ///
    /// # Errors
    /// The webinar does not exist.
    pub(super) fn verify(&mut self) -> anyhow::Result<()> {
        let webinar = self.env.zoom.webinar(self.webinars.main).context("the webinar does not exist")?;
        self.timeline.heading("Result");
        print!("{}", table::text(&webinar, &self.env.marketo, self.people.all()));
        self.check_leads(&webinar);
        self.check_zoom_page_registrants();
        self.check_add_calls();
        self.check_rejected_calls();
        Ok(())
    }

    /// Every lead has its expected status and, if it was registered in Zoom, its registrant id and join link.
    fn check_leads(&mut self, webinar: &Webinar) {
        for lead in self.people.all() {
            let member = self.env.marketo.member(WEBINAR_PROGRAM, lead.id);
            let status = member.as_ref().map(|member| member.status_name.clone());
            let expected = lead.participation.final_status().to_owned();
            self.checks.equal(&format!("the status of lead {}", lead.id), status, Some(expected));

            let registrant = webinar.registrant(&lead.email);
            self.checks.equal(
                &format!("registration of lead {} in Zoom", lead.id),
                registrant.is_some(),
                lead.participation.is_registered_in_zoom(),
            );
            let (Some(registrant), Some(member)) = (registrant, member) else { continue };
            let name = |field: &str| format!("{field} of lead {}", lead.id);
            self.checks.equal(&name("webinarUrl"), member.text("webinarUrl"), &*registrant.join_url);
            self.checks.equal(&name("registrationCode"), member.text("registrationCode"), &*registrant.id);
            self.checks.equal(&name("Zoom's status"), registrant.status, RegistrantStatus::Approved);
        }
        let members = self.env.marketo.members(WEBINAR_PROGRAM);
        let registered = members.iter().filter(|member| member.status_name == "Registered").count();
        self.checks.equal("the number of members still Registered", registered, 0);
    }

    /// R10, R11: each person who registered on Zoom's own page is one lead. Phone callers and panelists are not leads.
    fn check_zoom_page_registrants(&mut self) {
        for person in ZOOM_PAGE_REGISTRANTS {
            let leads = self.env.marketo.leads_by_email(person.email);
            self.checks.equal(&format!("the number of leads of {}", person.email), leads.len(), 1);
            let Some(lead) = leads.first() else { continue };
            let name = (lead.text("firstName"), lead.text("lastName"));
            self.checks.equal("a new lead's name", name, (person.first_name, person.last_name));
            let member = self.env.marketo.member(WEBINAR_PROGRAM, lead.id);
            let status = member.map(|member| member.status_name);
            let expected = Some(person.final_status().to_owned());
            self.checks.equal(&format!("the status of {}", person.email), status, expected);
        }
        let leads = self.env.marketo.look(|world| world.leads.by_id.len());
        self.checks.equal("the number of leads", leads, seed::LEAD_COUNT + ZOOM_PAGE_REGISTRANTS.len());
    }

    /// R7, R12: exactly one add-registrant call for each lead that is registered in Zoom.
    fn check_add_calls(&mut self) {
        let mut adds: BTreeMap<String, usize> = BTreeMap::new();
        for call in self.env.zoom.log().matching("POST", "/v2/webinars/*/registrants") {
            *adds.entry(call.body["email"].as_str().unwrap_or_default().to_lowercase()).or_default() += 1;
        }
        let most = adds.values().copied().max().unwrap_or_default();
        self.checks.require(most <= MAX_ADDS_PER_DAY, || format!("one e-mail address was added to Zoom {most} times"));
        let registered: BTreeMap<String, usize> = self
            .people
            .with(Participation::is_registered_in_zoom)
            .into_iter()
            .map(|lead| (lead.email.to_lowercase(), 1))
            .collect();
        self.checks.require(adds == registered, || {
            format!("{} add-registrant calls for {} leads", adds.values().sum::<usize>(), registered.len())
        });
    }

    /// The fakes report no violation and rejected no call.
    fn check_rejected_calls(&mut self) {
        let violations = self.env.marketo.violations();
        self.checks.require(violations.is_empty(), || format!("Marketo reports violations: {violations:?}"));
        for (system, log) in [("Zoom", self.env.zoom.log()), ("Marketo", self.env.marketo.log())] {
            let rejected: Vec<String> = log.refused().iter().map(describe).collect();
            self.checks.require(rejected.is_empty(), || format!("{system} rejected {}", rejected.join(", ")));
        }
        self.timeline.line(format!(
            "Calls: {} to Zoom and {} to Marketo, with at most {} concurrent calls to Marketo.",
            self.env.zoom.log().entries().len(),
            self.env.marketo.calls_today(),
            self.env.marketo.most_calls_at_once()
        ));
    }
}

fn describe(entry: &Entry) -> String {
    format!("{} {} ({})", entry.method, entry.path, entry.refusal.as_deref().unwrap_or_default())
}

/// Checks that the logs in `state_dir` have no traps and no personal data.
///
/// # Errors
/// A log can't be read.
pub(super) fn check_logs(state_dir: &Path, checks: &mut Checks) -> anyhow::Result<()> {
    let folder = state_dir.join("logs");
    let context = || format!("can't read {}", folder.display());
    for file in std::fs::read_dir(&folder).with_context(context)? {
        let path = file.with_context(context)?.path();
        let bytes = std::fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
        let (name, text) = (path.file_name().unwrap_or_default().to_string_lossy(), String::from_utf8_lossy(&bytes));
        let trap = text.lines().find(|line| line.starts_with(TRAP));
        checks.require(trap.is_none(), || format!("{name}: {}", trap.unwrap_or_default()));
        let personal = text.lines().position(|line| PERSONAL_DATA.iter().any(|pattern| line.contains(pattern)));
        checks.require(personal.is_none(), || {
            format!("{name}: line {} has personal data", personal.unwrap_or_default() + 1)
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_traps_and_personal_data_in_logs() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        std::fs::create_dir(&logs).unwrap();
        std::fs::write(logs.join("a_stderr.txt"), "fine\ntrap: unreachable\n").unwrap();
        std::fs::write(logs.join("b_stdout.txt"), "fine\nlead9@customer.example\n").unwrap();
        let mut checks = Checks::default();
        check_logs(folder.path(), &mut checks).unwrap();
        let mut failed = checks.failed().to_vec();
        failed.sort();
        assert_eq!(failed, ["a_stderr.txt: trap: unreachable", "b_stdout.txt: line 2 has personal data"]);
    }
}
