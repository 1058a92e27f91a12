//! Act one: a Zoom admin signs in, a marketer connects a program to a webinar.

use anyhow::Context;
use fakes::marketo::world::{DEFAULT_PROGRAM, WEBINAR_PROGRAM};
use fakes::stage::MARKETO_API_KEY;
use serde_json::{Value, json};

use super::Play;
use crate::cli::scene::COLLEAGUE;

/// The name of the LaunchPoint service.
const SERVICE: &str = "Acme Webinars";

impl Play {
    /// Signs in, enables a colleague, connects the program, installs the flow step.
    ///
    /// # Errors
    /// When the play cannot go on.
    pub(super) async fn connect(&mut self) -> anyhow::Result<()> {
        self.timeline.act("Connect");
        for endpoint in ["/zoom/events", "/oauth/zoom-events"] {
            let checked = self.stage.zoom.validate_endpoint(&self.url_of(endpoint)).await;
            self.findings.require(checked.is_ok(), || format!("Zoom does not take {endpoint}: {checked:?}"));
        }
        self.timeline.line("Zoom has validated where its events go.");
        let service = self.admin.sign_in(SERVICE).await?;
        self.timeline.line(format!("Alice has signed in to Zoom: the LaunchPoint service \"{SERVICE}\" is there."));
        self.admin.put(&format!("/oauth/services/{service}/users"), &json!({"users": [COLLEAGUE]})).await?.ok()?;
        self.timeline.line(format!("She has enabled {COLLEAGUE}."));
        self.look_at_webinars(&service).await?;
        self.try_what_is_refused(&service).await?;

        self.admin.connect(WEBINAR_PROGRAM, &service, self.webinars.main).await?.ok()?;
        self.timeline.line(format!("Program {WEBINAR_PROGRAM} is connected. Its My Tokens:"));
        let program = self.stage.marketo.program(WEBINAR_PROGRAM).context("the program is gone")?;
        for (name, token) in &program.my_tokens {
            self.timeline.detail(format!("{{{{my.{name}}}}}  {}", token.value.replace('\n', " / ")));
        }
        let topic = program.my_tokens.get("Webinar Topic").map(|token| token.value.as_str());
        self.findings.same("the My Token Webinar Topic", topic, Some("Meet the new Acme"));

        let report = self.stage.marketo.install_check(&self.stage.flow_step_url(), MARKETO_API_KEY).await;
        for violation in &report.violations {
            self.findings.note(format!("Marketo would not install the flow step: {violation}"));
        }
        self.timeline.line("Marketo has installed the flow step \"Register for Zoom Webinar\".");
        Ok(())
    }

    /// R3: the list has the single webinars of the admin and of the enabled colleague, and no others.
    async fn look_at_webinars(&mut self, service: &str) -> anyhow::Result<()> {
        let listed = self.admin.get(&format!("/catalog/webinars?service={service}")).await?.ok()?;
        let listed = listed["webinars"].as_array().context("there is no list of webinars")?;
        self.timeline.line(format!("{} webinars are offered:", listed.len()));
        let text = |webinar: &Value, field: &str| webinar[field].as_str().unwrap_or_default().to_owned();
        for webinar in listed {
            self.timeline.detail(format!(
                "{:<18} {}, registration {}",
                text(webinar, "topic"),
                text(webinar, "host_email"),
                text(webinar, "registration")
            ));
        }
        let mut offered: Vec<String> = listed.iter().map(|webinar| text(webinar, "id")).collect();
        offered.sort();
        let [hers, his] = self.webinars.also_offered;
        let mut expected = [self.webinars.main, hers, his].map(|id| id.to_string());
        expected.sort();
        self.findings.same("the webinars offered", offered, expected.to_vec());
        Ok(())
    }

    /// R3, R6: what may not be connected is refused with a reason.
    async fn try_what_is_refused(&mut self, service: &str) -> anyhow::Result<()> {
        let [weekly, unfixed, foreign] = self.webinars.never_offered;
        for (program, webinar, code) in [
            (WEBINAR_PROGRAM, weekly, "WEBINAR_RECURRING"),
            (WEBINAR_PROGRAM, unfixed, "WEBINAR_RECURRING"),
            (WEBINAR_PROGRAM, foreign, "HOST_NOT_ENABLED"),
            (DEFAULT_PROGRAM, self.webinars.main, "PROGRAM_NOT_WEBINAR_CHANNEL"),
        ] {
            let answer = self.admin.connect(program, service, webinar).await?;
            self.findings.same(&format!("connecting {program} to {webinar}"), answer.code(), code);
        }
        self.timeline.line("Recurring webinars, other people's, and a program of another channel are refused.");
        Ok(())
    }

    fn url_of(&self, path: &str) -> String {
        let base = self.stage.flow_step_url();
        format!("{}{path}", base.trim_end_matches("/flow-step"))
    }
}
