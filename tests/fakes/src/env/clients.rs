//! A client of the application's public HTTP interface, for the admin and the scheduler (docs/API.md).

use anyhow::{Context, ensure};
use reqwest::{Client, Method, RequestBuilder, redirect};
use serde_json::{Value, json};

/// An HTTP client with a cookie store, the admin key and the cron key.
#[derive(Debug, Clone)]
pub struct Admin {
    browser: Client,
    url: String,
    admin_key: String,
    cron_key: String,
}

/// An HTTP response of the application.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON body; a string if the body is not JSON, null if there is none.
    pub body: Value,
    /// `Content-Type` header.
    pub content_type: String,
    /// `Location` header.
    pub location: Option<String>,
}

impl Answer {
    /// Returns the body of a successful response.
    ///
    /// # Errors
    /// Returns an error if the status is not 2xx; the error shows status and body.
    pub fn ok(self) -> anyhow::Result<Value> {
        ensure!((200..300).contains(&self.status), "the application answered {}: {}", self.status, self.body);
        Ok(self.body)
    }

    /// Returns the code of a problem document, or an empty string.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Admin {
    /// Creates a client for the application at a URL.
    ///
    /// # Errors
    /// Returns an error if the HTTP client cannot be created.
    pub fn new(url: &str, admin_key: &str, cron_key: &str) -> anyhow::Result<Self> {
        let browser = Client::builder().redirect(redirect::Policy::none()).cookie_store(true).build()?;
        let [url, admin_key, cron_key] = [url, admin_key, cron_key].map(str::to_owned);
        Ok(Self { browser, url, admin_key, cron_key })
    }

    /// Signs in to Zoom under a service name and follows every redirect as a browser does. The fake Zoom decides which
    /// user signs in. Returns the last response: 303 to the console on success.
    ///
    /// # Errors
    /// Returns an error if the application or the fake Zoom cannot be reached.
    pub async fn go_through_sign_in(&self, service: &str) -> anyhow::Result<Answer> {
        let begin = self.request(Method::GET, "/oauth/sign-in").query(&[("service", service)]);
        let mut answer = send(begin).await?;
        for _ in 0..2 {
            let Some(location) = answer.location.clone().filter(|_| (300..400).contains(&answer.status)) else { break };
            answer = send(self.browser.get(location)).await?;
        }
        Ok(answer)
    }

    /// Signs in and returns the service's id.
    ///
    /// # Errors
    /// Returns an error if the sign-in does not end in the console, or the service is not listed.
    pub async fn sign_in(&self, service: &str) -> anyhow::Result<String> {
        let answer = self.go_through_sign_in(service).await?;
        ensure!(answer.status == 303, "the sign-in ended with {}: {}", answer.status, answer.body);
        let services = self.get("/oauth/services").await?.ok()?;
        let mut services = services["services"].as_array().into_iter().flatten();
        let mine = services.find(|listed| listed["name"] == service).context("the service is not listed")?;
        Ok(mine["id"].as_str().context("the service has no id")?.to_owned())
    }

    /// Connects a program to a webinar.
    ///
    /// # Errors
    /// Returns an error if the application cannot be reached.
    pub async fn connect(&self, program: i64, service: &str, webinar: u64) -> anyhow::Result<Answer> {
        let body = json!({"service": service, "webinar": webinar.to_string()});
        send(self.request(Method::PUT, &format!("/catalog/programs/{program}")).json(&body)).await
    }

    /// Sends a `GET` with the admin key.
    ///
    /// # Errors
    /// Returns an error if the application cannot be reached.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        send(self.request(Method::GET, path)).await
    }

    /// Sends a `POST` with the admin key.
    ///
    /// # Errors
    /// Returns an error if the application cannot be reached.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// Sends a `PUT` with the admin key.
    ///
    /// # Errors
    /// Returns an error if the application cannot be reached.
    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        send(self.request(Method::PUT, path).json(body)).await
    }

    /// Sends a `DELETE` with the admin key.
    ///
    /// # Errors
    /// Returns an error if the application cannot be reached.
    pub async fn delete(&self, path: &str) -> anyhow::Result<Answer> {
        send(self.request(Method::DELETE, path)).await
    }

    /// Calls the tick, as the scheduler does every minute.
    ///
    /// # Errors
    /// Returns an error if the application cannot be reached.
    pub async fn tick(&self) -> anyhow::Result<Answer> {
        send(self.browser.post(format!("{}/attendance/tick", self.url)).bearer_auth(&self.cron_key)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.browser.request(method, format!("{}{path}", self.url)).bearer_auth(&self.admin_key)
    }
}

async fn send(request: RequestBuilder) -> anyhow::Result<Answer> {
    let response = request.send().await?;
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (status, location) = (response.status().as_u16(), header("location"));
    let content_type = header("content-type").unwrap_or_default();
    let bytes = response.bytes().await?;
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        serde_json::from_slice(&bytes).unwrap_or_else(|_| text())
    };
    Ok(Answer { status, body, content_type, location })
}
