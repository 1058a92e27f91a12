//! A client of the REST API with an access token.

use anyhow::Context;
use fakes::marketo::{CLIENT_ID, CLIENT_SECRET, Marketo};
use serde_json::{Value, json};

/// A client of the fake's REST API.
pub(crate) struct Caller {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Caller {
    /// Signs in.
    pub(crate) async fn of(marketo: &Marketo) -> anyhow::Result<Self> {
        let http = reqwest::Client::new();
        let granted: Value = token_request(&http, marketo, CLIENT_SECRET).send().await?.json().await?;
        let token = granted["access_token"].as_str().context("no access token")?.to_owned();
        Ok(Self { http, url: marketo.url(), token })
    }

    /// Sends a GET to a path with a query.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        Ok(request.send().await?.json().await?)
    }

    /// Sends a POST with JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.token);
        Ok(request.json(body).send().await?.json().await?)
    }

    /// Sends a POST with a form.
    pub(crate) async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> anyhow::Result<Value> {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.token);
        Ok(request.form(pairs).send().await?.json().await?)
    }

    /// Syncs one lead by e-mail address.
    pub(crate) async fn sync(&self, email: &str) -> anyhow::Result<Value> {
        self.post("/rest/v1/leads.json", &json!({"input": [{"email": email}]})).await
    }
}

/// Returns the request to the identity service.
pub(crate) fn token_request(http: &reqwest::Client, marketo: &Marketo, secret: &str) -> reqwest::RequestBuilder {
    let query = [("grant_type", "client_credentials"), ("client_id", CLIENT_ID), ("client_secret", secret)];
    http.get(format!("{}/identity/oauth/token", marketo.url())).query(&query)
}

/// Returns the code of a response-level error; empty on success.
pub(crate) fn code(answer: &Value) -> &str {
    answer["errors"][0]["code"].as_str().unwrap_or_default()
}

/// Returns the status of each record, or the code of the error that skipped it.
pub(crate) fn outcomes(answer: &Value) -> Vec<&str> {
    let records = answer["result"].as_array().into_iter().flatten();
    records
        .map(|record| record["reasons"][0]["code"].as_str().or(record["status"].as_str()).unwrap_or_default())
        .collect()
}
