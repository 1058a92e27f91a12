//! The component over in-memory ports, with the fake Zoom.

use super::fake_components::FakeComponents;
use async_trait::async_trait;
use axum::Router;
use base64::Engine;
use bytes::Bytes;
use domain::ServiceId;
use domain::time::SignedDuration;
use fakes::mounted::{APP_HOST, MountedFakes};
use fakes::support::{Effect, Entry, Fault};
use fakes::zoom::{Account, Decision, NewUser, SignIn, UserChange, Zoom};
use http::{HeaderMap, Request, header};
use platform::Ports;
use platform::ports::{KeyValue, StoreError};
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

pub(super) const ADMIN: &str = "Bearer admin-key-of-the-tests";

pub(super) struct Fixture {
    pub(super) in_memory: InMemoryPorts,
    pub(super) zoom: Zoom,
    /// The account of the person who signs in.
    account: Arc<Mutex<String>>,
    fakes: Arc<MountedFakes>,
    pub(super) components: FakeComponents,
    router: Router,
}

/// A response with its body.
#[derive(Debug)]
pub(super) struct TestResponse {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl TestResponse {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Returns the status and the problem's code.
    pub(super) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }
}

pub(super) fn token_key(byte: u8) -> String {
    base64::engine::general_purpose::STANDARD.encode([byte; 32])
}

impl Fixture {
    pub(super) fn new() -> Self {
        let in_memory = InMemoryPorts::default();
        let fakes = MountedFakes::mount(&in_memory);
        let zoom = fakes.zoom.clone();
        for user in ["bob@example.com", "carol@example.com"] {
            zoom.add_user(NewUser::named(user)).unwrap();
        }
        in_memory.set("admin_key", "admin-key-of-the-tests");
        in_memory.set("token_key", &token_key(1));
        let components = FakeComponents::default();
        components.serve(&in_memory);
        let router = crate::router(in_memory.ports());
        in_memory.serve(APP_HOST, router.clone());
        let account = Arc::new(Mutex::new(fakes::zoom::ACCOUNT.to_owned()));
        Self { in_memory, zoom, account, fakes: Arc::new(fakes), components, router }
    }

    /// Starts another instance of the component over the same store.
    pub(super) fn another_instance(&self) -> Self {
        self.with_ports(self.in_memory.ports())
    }

    /// Starts an instance over other ports.
    pub(super) fn with_ports(&self, ports: Ports) -> Self {
        let (in_memory, zoom, components) = (self.in_memory.clone(), self.zoom.clone(), self.components.clone());
        let (account, fakes) = (self.account.clone(), self.fakes.clone());
        Self { in_memory, zoom, account, fakes, components, router: crate::router(ports) }
    }

    /// Starts an instance that cannot write the keys with a prefix.
    pub(super) fn with_full_store(&self, prefix: &'static str) -> Self {
        let ports = self.in_memory.ports();
        self.with_ports(Ports { key_value: Arc::new(FullStore(ports.key_value.clone(), prefix)), ..ports })
    }

    pub(super) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> TestResponse {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        TestResponse {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// Sends a request as the admin.
    pub(super) async fn admin(&self, method: &str, path: &str, body: &str) -> TestResponse {
        self.send(method, path, &[("authorization", ADMIN)], body).await
    }

    /// Sends a request as another component.
    pub(super) async fn internal(&self, path: &str, body: &str) -> TestResponse {
        self.send("POST", path, &[], body).await
    }

    /// Sends a signed event as Zoom.
    pub(super) async fn send_event(&self, body: &Value) -> TestResponse {
        let body = body.to_string();
        let (timestamp, signature) = self.zoom.sign(body.as_bytes());
        let headers = [("x-zm-request-timestamp", timestamp.as_str()), ("x-zm-signature", signature.as_str())];
        self.send("POST", "/oauth/zoom-events", &headers, &body).await
    }

    /// Begins a sign-in. Returns the URL at Zoom and the browser's cookie.
    pub(super) async fn begin_sign_in(&self, name: &str) -> (String, String) {
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let response = self.admin("GET", &format!("/oauth/sign-in?service={name}"), "").await;
        assert_eq!(response.status, 303, "{response:?}");
        let cookie = response.header("set-cookie").split(';').next().unwrap().to_owned();
        (response.header("location").to_owned(), cookie)
    }

    /// Sends the browser back from Zoom.
    pub(super) async fn send_callback(&self, query: &str, cookie: &str) -> TestResponse {
        self.send("GET", &format!("/oauth/callback?{query}"), &[(header::COOKIE.as_str(), cookie)], "").await
    }

    /// Follows the browser to Zoom, where the person decides. Returns the query with which Zoom sends the browser back.
    pub(super) async fn visit_zoom(&self, location: &str) -> String {
        let request = Request::get(location).body(Bytes::new()).unwrap();
        let response = self.in_memory.ports().http.send(request).await.unwrap();
        assert_eq!(response.status(), 302, "{response:?}");
        let back = response.headers()[header::LOCATION].to_str().unwrap();
        back.strip_prefix("https://app.test/oauth/callback?").unwrap().to_owned()
    }

    /// Authorizes the app at Zoom. Returns the code that Zoom issues.
    pub(super) async fn authorize(&self, location: &str) -> String {
        let query = self.visit_zoom(location).await;
        let query: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let find = |name: &str| query.iter().find(|(found, _)| found == name).unwrap().1.clone();
        assert_eq!(find("state"), state_of(location));
        find("code")
    }

    /// Lets the admin of another account sign in from now on.
    pub(super) fn switch_account(&self, account: &str) {
        self.zoom.put_account(Account { id: account.to_owned(), plan: Default::default() });
        let email = admin_of(account);
        let user = NewUser { account: account.to_owned(), admin: true, ..NewUser::named(&email) };
        let user = self.zoom.add_user(user).unwrap();
        self.zoom.set_sign_in(SignIn { user: user.email, decision: Decision::Allow, scopes: None }).unwrap();
        *self.account.lock().unwrap() = account.to_owned();
    }

    /// Lets another user sign in from now on.
    pub(super) fn set_sign_in_user(&self, email: &str) {
        self.zoom.set_sign_in(SignIn { user: email.to_owned(), decision: Decision::Allow, scopes: None }).unwrap();
    }

    /// Sends the browser back from a sign-in that fails. Returns the page.
    pub(super) async fn fail_sign_in(&self, name: &str, fail: impl FnOnce(&Self)) -> TestResponse {
        let (location, cookie) = self.begin_sign_in(name).await;
        let code = self.authorize(&location).await;
        fail(self);
        let response = self.send_callback(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
        assert!(response.status >= 400, "{response:?}");
        response
    }

    /// Sets the scopes that the admin grants at the next sign-in.
    pub(super) fn set_granted_scopes(&self, scopes: Vec<String>) {
        let sign_in = SignIn { user: fakes::zoom::ADMIN.to_owned(), decision: Decision::Allow, scopes: Some(scopes) };
        self.zoom.set_sign_in(sign_in).unwrap();
    }

    /// Gives the admin their role, or takes it away.
    pub(super) fn set_admin_role(&self, admin: bool) {
        let change = UserChange { admin: Some(admin), ..UserChange::default() };
        self.zoom.change_user(fakes::zoom::ADMIN, change).unwrap();
    }

    /// Lets Zoom answer every request with 503 from now on.
    pub(super) fn take_zoom_down(&self) {
        self.zoom.faults().add(Fault::always("*", "/**", Effect::status(503)));
    }

    /// Ends every fault of Zoom.
    pub(super) fn restore_zoom(&self) {
        self.zoom.faults().clear();
    }

    /// Lets Zoom reject every access token, as its gateway does at times.
    pub(super) fn reject_access_tokens(&self) {
        let body = serde_json::json!({"code": 124, "message": "Invalid access token."});
        let effect = Effect::Status { status: 401, body, headers: Default::default() };
        self.zoom.faults().add(Fault::always("*", "/v2/**", effect));
    }

    /// Removes the app from an account at Zoom. Returns the status of the answer to Zoom's event.
    pub(super) async fn deauthorize(&self, account: &str) -> Option<u16> {
        self.zoom.deauthorize(account).await.unwrap().unwrap().status
    }

    /// Returns the number of requests for a renewal.
    pub(super) fn renewals(&self) -> usize {
        let requests = self.zoom.log().matching("POST", "/oauth/token");
        requests.iter().filter(|request| request.body["grant_type"] == "refresh_token").count()
    }

    /// Returns the tokens that were revoked.
    pub(super) fn revoked(&self) -> Vec<String> {
        let requests = self.zoom.log().matching("POST", "/oauth/revoke").into_iter();
        let succeeded = requests.filter(|request| request.status == Some(200));
        succeeded.map(|request| request.body["token"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns the requests for users other than the one who signed in.
    pub(super) fn user_lookups(&self) -> Vec<Entry> {
        let mut requests = self.zoom.log().matching("GET", "/v2/users/*");
        requests.retain(|request| request.path != "/v2/users/me");
        requests
    }

    /// Signs in and returns the service's id.
    pub(super) async fn sign_in(&self, name: &str) -> ServiceId {
        let (location, cookie) = self.begin_sign_in(name).await;
        let code = self.authorize(&location).await;
        let response = self.send_callback(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
        assert_eq!((response.status, response.header("location")), (303, "https://app.test/"), "{response:?}");
        let live = self.services().await.into_iter().find(|service| {
            service["name"] == name
                && service["account_id"] == self.account.lock().unwrap().as_str()
                && service["state"] == "active"
        });
        ServiceId::parse(live.unwrap()["id"].as_str().unwrap()).unwrap()
    }

    pub(super) async fn services(&self) -> Vec<Value> {
        let response = self.admin("GET", "/oauth/services", "").await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()["services"].as_array().unwrap().clone()
    }

    pub(super) async fn service(&self, id: &ServiceId) -> Value {
        self.services().await.into_iter().find(|service| service["id"] == id.as_str()).unwrap()
    }

    pub(super) async fn token(&self, id: &ServiceId) -> TestResponse {
        self.internal(&format!("/internal/token/{id}"), r#"{"refused":null}"#).await
    }

    /// Returns the access token that the component issues.
    pub(super) async fn access_token(&self, id: &ServiceId) -> String {
        let response = self.token(id).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn tick(&self) -> Value {
        let deadline = self.in_memory.ports().clock.now() + SignedDuration::from_secs(7);
        let response = self.internal("/internal/tick", &json!({"deadline": deadline}).to_string()).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    /// Returns the keys in the store, without the record of the store's own keys, which the first tick writes.
    pub(super) fn keys(&self) -> Vec<String> {
        self.in_memory.dump().into_keys().filter(|key| key != "data-keys").collect()
    }
}

/// Returns the address of the admin of an account that [`Fixture::switch_account`] created.
pub(super) fn admin_of(account: &str) -> String {
    format!("admin@{account}.test").replace('_', "-")
}

pub(super) fn state_of(authorize_url: &str) -> String {
    let url = url::Url::parse(authorize_url).unwrap();
    url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}

/// A store that fails to write some keys.
struct FullStore(Arc<dyn KeyValue>, &'static str);

#[async_trait]
impl KeyValue for FullStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(key).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        if key.starts_with(self.1) { Err(StoreError("full".into())) } else { self.0.set(key, value).await }
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.0.delete(key).await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.0.keys(prefix).await
    }
}
