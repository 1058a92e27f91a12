//! A minimal client of the fake Zoom.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fakes::zoom::{CLIENT_ID, CLIENT_SECRET, NewWebinar, Options, Zoom};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

pub(crate) const REDIRECT: &str = "http://127.0.0.1:3000/oauth/callback";
pub(crate) const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

/// A fake Zoom and a signed-in client.
pub(crate) struct App {
    pub(crate) zoom: Zoom,
    pub(crate) http: reqwest::Client,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl App {
    /// Starts a fake Zoom and signs its admin in.
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let mut app = Self::signed_out(options).await;
        app.sign_in().await;
        app
    }

    pub(crate) async fn signed_out(options: Options) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let zoom = Zoom::start(options).await.unwrap();
        Self { zoom, http, access: String::new(), refresh: String::new() }
    }

    pub(crate) fn authorize_url(&self) -> Url {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        Url::parse_with_params(
            &format!("{}/oauth/authorize", self.zoom.url()),
            [
                ("response_type", "code"),
                ("client_id", CLIENT_ID),
                ("redirect_uri", REDIRECT),
                ("state", "the-state"),
                ("code_challenge", challenge.as_str()),
                ("code_challenge_method", "S256"),
            ],
        )
        .unwrap()
    }

    /// Requests the authorization page. Returns the URL that it redirects to.
    pub(crate) async fn authorize(&self) -> Url {
        let response = self.http.get(self.authorize_url()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FOUND);
        response.headers()["location"].to_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn code(&self) -> String {
        parameter(&self.authorize().await, "code").unwrap()
    }

    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let request = self.http.post(format!("{}/oauth/token", self.zoom.url()));
        let response = request.basic_auth(CLIENT_ID, Some(CLIENT_SECRET)).form(form).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    pub(crate) async fn trade_code(&self, code: &str, verifier: &str, redirect: &str) -> (StatusCode, Value) {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", verifier),
            ("redirect_uri", redirect),
        ])
        .await
    }

    pub(crate) async fn sign_in(&mut self) {
        let code = self.code().await;
        let (status, tokens) = self.trade_code(&code, VERIFIER, REDIRECT).await;
        assert_eq!(status, 200, "{tokens}");
        self.access = tokens["access_token"].as_str().unwrap().to_owned();
        self.refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.http.request(method, format!("{}/v2{path}", self.zoom.url())).bearer_auth(&self.access);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    /// Status and body of a GET.
    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        read(self.send(Method::GET, path, None).await).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        read(self.send(Method::POST, path, Some(body)).await).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        read(self.send(Method::PUT, path, Some(body)).await).await
    }

    pub(crate) async fn register(&self, webinar: u64, email: &str) -> (u16, Value) {
        self.post(&format!("/webinars/{webinar}/registrants"), person(email)).await
    }

    /// Adds a webinar of the admin. Returns its id.
    pub(crate) fn webinar(&self, new: NewWebinar) -> u64 {
        self.zoom.add_webinar(new).unwrap().id
    }
}

pub(crate) fn person(email: &str) -> Value {
    json!({ "email": email, "first_name": "Bo", "last_name": "Berg" })
}

pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

pub(crate) async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}
