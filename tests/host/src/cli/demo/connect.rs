//! First step: a Zoom admin signs in, and a marketer connects a program to a webinar.

use anyhow::Context;
use fakes::env::MARKETO_API_KEY;
use fakes::marketo::subscription::{DEFAULT_PROGRAM, WEBINAR_PROGRAM};
use serde_json::{Value, json};

use super::context::Demo;
use crate::cli::seed::COLLEAGUE;

/// The name of the service that Alice creates.
const SERVICE: &str = "Acme Webinars";

impl Demo {
    /// Signs in, enables a colleague, connects the program and installs the flow step.
    ///
    /// # Errors
    /// A call fails that the next steps depend on.
    pub(super) async fn connect(&mut self) -> anyhow::Result<()> {
        self.timeline.heading("Connect");
        for endpoint in ["/zoom/events", "/oauth/zoom-events"] {
            let validated = self.env.zoom.validate_endpoint(&format!("{}{endpoint}", self.url)).await;
            self.checks.require(validated.is_ok(), || format!("Zoom rejects the endpoint {endpoint}: {validated:?}"));
        }
        self.timeline.line("Zoom validated the event endpoints.");
        let service = self.admin.sign_in(SERVICE).await?;
        self.timeline.line(format!("Alice signed in to Zoom and created the LaunchPoint service \"{SERVICE}\"."));
        self.admin.put(&format!("/oauth/services/{service}/users"), &json!({"users": [COLLEAGUE]})).await?.ok()?;
        self.timeline.line(format!("She enabled {COLLEAGUE}."));
        self.check_offered_webinars(&service).await?;
        self.check_rejected_connections(&service).await?;

        self.admin.connect(WEBINAR_PROGRAM, &service, self.webinars.main).await?.ok()?;
        self.timeline.line(format!("Program {WEBINAR_PROGRAM} is connected to the webinar. Its My Tokens:"));
        let program = self.env.marketo.program(WEBINAR_PROGRAM).context("the program does not exist")?;
        for (name, token) in &program.my_tokens {
            self.timeline.detail(format!("{{{{my.{name}}}}}  {}", token.value.replace('\n', " / ")));
        }
        let topic = program.my_tokens.get("Webinar Topic").map(|token| token.value.as_str());
        self.checks.equal("the My Token Webinar Topic", topic, Some("Meet the new Acme"));

        let report = self.env.marketo.install_check(&self.env.flow_step_url(), MARKETO_API_KEY).await;
        for violation in &report.violations {
            self.checks.fail(format!("Marketo rejects the flow step: {violation}"));
        }
        self.timeline.line("Marketo installed the flow step \"Register for Zoom Webinar\".");
        Ok(())
    }

    /// R3: exactly the single webinars of the admin and of the enabled colleague are offered.
    async fn check_offered_webinars(&mut self, service: &str) -> anyhow::Result<()> {
        let listed = self.admin.get(&format!("/catalog/webinars?service={service}")).await?.ok()?;
        let listed = listed["webinars"].as_array().context("the answer has no list of webinars")?;
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
        self.checks.equal("the webinars offered", offered, expected.to_vec());
        Ok(())
    }

    /// R3, R6: other connections are rejected with a reason.
    async fn check_rejected_connections(&mut self, service: &str) -> anyhow::Result<()> {
        let [recurring, recurring_without_time, other_users] = self.webinars.never_offered;
        for (program, webinar, code) in [
            (WEBINAR_PROGRAM, recurring, "WEBINAR_RECURRING"),
            (WEBINAR_PROGRAM, recurring_without_time, "WEBINAR_RECURRING"),
            (WEBINAR_PROGRAM, other_users, "HOST_NOT_ENABLED"),
            (DEFAULT_PROGRAM, self.webinars.main, "PROGRAM_NOT_WEBINAR_CHANNEL"),
        ] {
            let answer = self.admin.connect(program, service, webinar).await?;
            self.checks.equal(&format!("connecting {program} to {webinar}"), answer.code(), code);
        }
        self.timeline.line(
            "Connecting recurring webinars, another user's webinar, and a program of another channel is rejected.",
        );
        Ok(())
    }
}
