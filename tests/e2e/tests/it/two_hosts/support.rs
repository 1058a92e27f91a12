//! Shared by the tests of two hosts.

use crate::harness::{App, Fixture, Host};
use fakes::env::Admin;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use reqwest::Client;
use serde_json::Value;

/// Two hosts that serve one application. Zoom and Marketo know the first host only; tests send to the second what a load
/// balancer would.
pub struct TwoHosts {
    /// The standard fixture, on the first host.
    pub fixture: Fixture,
    /// The second host.
    pub second: Host,
    /// The admin API client of the second host.
    pub other: Admin,
}

impl TwoHosts {
    /// Starts both hosts on a Redis server of their own. Where there is none, prints that the test is skipped and returns
    /// `None`; with `CI` set, fails.
    pub async fn start() -> Option<Self> {
        // The two calls of each check are many more than a real application makes in 20 seconds.
        let marketo = fakes::marketo::Options { rate_limit: usize::MAX, ..fakes::marketo::Options::default() };
        let fixture = Fixture::new(App::start_on_redis(marketo).await?).await;
        let (second, other) = fixture.app.run_second().await;
        Some(Self { fixture, second, other })
    }

    /// Returns the URLs of the hosts.
    pub fn urls(&self) -> [&str; 2] {
        [self.fixture.app.url(), &self.second.url]
    }

    /// Returns the admin API clients of the hosts.
    pub fn admins(&self) -> [&Admin; 2] {
        [&self.fixture.admin, &self.other]
    }

    /// Sends a webinar event with Zoom's signature to a host.
    pub async fn send_event(&self, url: &str, event: &Value) {
        let body = event.to_string();
        let (timestamp, signature) = self.fixture.app.env.zoom.sign(body.as_bytes());
        let request = Client::new().post(format!("{url}/zoom/events")).header("content-type", "application/json");
        let request = request.header("x-zm-request-timestamp", timestamp).header("x-zm-signature", signature);
        assert_eq!(request.body(body).send().await.unwrap().status(), 200);
    }

    /// Adds leads that are Registered in the standard program.
    pub fn add_registered_leads(&self, count: usize) -> Vec<i64> {
        let leads = self.fixture.add_leads(count);
        for &lead in &leads {
            assert!(self.fixture.app.env.marketo.set_member(WEBINAR_PROGRAM, lead, "Registered"));
        }
        leads
    }

    /// Returns how often a lead's membership of the standard program was written with a link.
    pub fn member_writes(&self, lead: i64) -> usize {
        let path = format!("/rest/v1/programs/{WEBINAR_PROGRAM}/members.json");
        let writes = self.fixture.app.env.marketo.log().matching("POST", &path);
        let members = writes.iter().flat_map(|call| call.body["input"].as_array().into_iter().flatten());
        members.filter(|member| member["leadId"] == lead).count()
    }
}
