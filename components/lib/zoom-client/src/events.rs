//! Zoom's events (webhooks): the signature, the validation of a URL, and the fields that components read.
//!
//! Fields are read one by one, when they are needed. A field that is missing, null or of another type is `None`, so that
//! it costs only the thing that needs it (R22).

use axum::extract::FromRequestParts;
use domain::ids::InstanceUuid;
use domain::lenient;
use domain::time::{self, Timestamp};
use domain::{AccountId, Email, ErrorCode, RegistrantId, Sensitive, UserId, WebinarId, json};
use http::HeaderMap;
use http::request::Parts;
use platform::auth::{constant_time_eq, hmac_sha256_hex};
use platform::{ApiError, JsonBody, Ports};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Name of the event by which Zoom validates a URL and its secret.
const URL_VALIDATION: &str = "endpoint.url_validation";

/// A request of Zoom whose signature was verified.
#[derive(Debug)]
pub enum ZoomRequest {
    /// Zoom validates the URL. This is the answer.
    UrlValidation(UrlValidation),
    /// Any other event.
    Event(ZoomEvent),
}

/// The answer to `endpoint.url_validation`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UrlValidation {
    plain_token: String,
    encrypted_token: String,
}

/// The person of `webinar.participant_joined`, by the fields that identify a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JoinedParticipant {
    /// The registration that the person joined with.
    pub registrant: Option<RegistrantId>,
    /// The e-mail address.
    pub email: Option<Email>,
    /// Whether the person is a signed-in user, who may be a colleague of the host.
    pub is_user: bool,
    /// When the person joined, else when Zoom sent the event.
    pub at: Option<Timestamp>,
}

/// Maximum length of a registrant id. A longer text is none.
const MAX_REGISTRANT_ID: usize = 100;

/// One event, as Zoom sent it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ZoomEvent(Value);

/// The headers of a signature: as an extractor it refuses a request without them before the body is read.
#[derive(Debug, Clone)]
pub struct SignatureHeaders {
    timestamp: String,
    signature: String,
}

/// Maximum length of the timestamp's header. Zoom sends seconds since 1970.
const MAX_TIMESTAMP_LENGTH: usize = 32;

impl SignatureHeaders {
    /// Reads the headers; `None` if one is missing, or not of the form that Zoom sends.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
        let (timestamp, signature) = (text("x-zm-request-timestamp")?, text("x-zm-signature")?);
        let digits = signature.strip_prefix("v0=")?.as_bytes();
        let is_well_formed = digits.len() == 64
            && digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
            && (1..=MAX_TIMESTAMP_LENGTH).contains(&timestamp.len());
        is_well_formed.then_some(Self { timestamp, signature })
    }

    /// Returns when Zoom signed a request, by its timestamp in seconds since 1970. It is trustworthy once the signature is
    /// verified, because the signature covers it.
    pub fn signed_at(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.timestamp.trim().parse().ok()?).ok()
    }
}

impl<S: Sync> FromRequestParts<S> for SignatureHeaders {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::of(&parts.headers).ok_or_else(|| ErrorCode::Unauthenticated.into())
    }
}

/// Verifies Zoom's signature over the raw body, and reads the event.
///
/// The age of the signature does not matter: Zoom may repeat an event with its first timestamp (docs/reference/zoom.md), and
/// an event is a hint only, so a replay does no harm.
///
/// # Errors
/// `UNAUTHENTICATED` without a valid signature; `INVALID_REQUEST` for a body that is no event, and for a
/// validation without a token.
pub async fn receive(ports: &Ports, headers: &SignatureHeaders, raw: &[u8]) -> Result<ZoomRequest, ApiError> {
    let secret = verify_signature(ports, headers, raw).await?;
    let JsonBody(event) = JsonBody::<ZoomEvent>::from_bytes(raw)?;
    match event.0["event"].as_str() {
        None => Err(ApiError::invalid("The field event must be the name of the event.")),
        Some(URL_VALIDATION) => {
            let plain_token = lenient::text(&event.payload()["plainToken"]);
            let plain_token = plain_token.ok_or_else(|| ApiError::invalid("The event has no plainToken."))?;
            let encrypted_token = encrypted_token(&secret, &plain_token)?;
            Ok(ZoomRequest::UrlValidation(UrlValidation { plain_token, encrypted_token }))
        }
        Some(_) => Ok(ZoomRequest::Event(event)),
    }
}

/// Returns the HMAC of a text under the app's secret token: what `endpoint.url_validation` expects.
///
/// # Errors
/// None: HMAC takes keys of any length.
pub fn encrypted_token(secret: &Sensitive, plain_token: &str) -> Result<String, ApiError> {
    Ok(hmac_sha256_hex(secret, &[plain_token.as_bytes()])?)
}

/// Returns the listed secret that signed a request.
async fn verify_signature(ports: &Ports, headers: &SignatureHeaders, raw: &[u8]) -> Result<Sensitive, ApiError> {
    let secrets = ports.config().zoom_webhook_secret().await?;
    let SignatureHeaders { timestamp, signature } = headers;
    for secret in secrets.iter() {
        let expected = format!("v0={}", hmac_sha256_hex(secret, &[b"v0:", timestamp.as_bytes(), b":", raw])?);
        if constant_time_eq(signature, &expected) {
            return Ok(secret.clone());
        }
    }
    Err(ErrorCode::Unauthenticated.into())
}

impl ZoomEvent {
    /// Returns the name, such as `webinar.ended`; empty if there is none.
    pub fn name(&self) -> &str {
        self.0["event"].as_str().unwrap_or_default()
    }

    /// Returns the object that the event is about; null if there is none.
    pub fn object(&self) -> &Value {
        &self.payload()["object"]
    }

    /// Returns the account.
    pub fn account(&self) -> Option<AccountId> {
        lenient::text(&self.payload()["account_id"]).map(AccountId::from)
    }

    /// Returns the user whom `app_deauthorized` names.
    pub fn user(&self) -> Option<UserId> {
        lenient::text(&self.payload()["user_id"]).filter(|user| !user.trim().is_empty()).map(UserId::from)
    }

    /// Returns the webinar. Its id is a string in some events and a number in others (docs/reference/zoom.md).
    pub fn webinar(&self) -> Option<WebinarId> {
        json::from_value(&self.object()["id"]).ok()
    }

    /// Returns when Zoom sent the event. Some of Zoom's samples have `event_ts` in the payload.
    pub fn sent_at(&self) -> Option<Timestamp> {
        instant(&self.payload()["event_ts"]).or_else(|| instant(&self.0["event_ts"]))
    }

    /// Returns the session of the webinar.
    pub fn session(&self) -> Option<InstanceUuid> {
        lenient::text(&self.object()["uuid"]).filter(|uuid| !uuid.is_empty()).map(InstanceUuid::from)
    }

    /// Returns when the session started.
    pub fn webinar_started_at(&self) -> Option<Timestamp> {
        instant(&self.object()["start_time"])
    }

    /// Returns when the webinar ended, else when Zoom sent the event.
    pub fn webinar_ended_at(&self) -> Option<Timestamp> {
        instant(&self.object()["end_time"]).or_else(|| self.sent_at())
    }

    /// Returns when the app was removed, else when Zoom sent the event.
    pub fn deauthorized_at(&self) -> Option<Timestamp> {
        instant(&self.payload()["deauthorization_time"]).or_else(|| self.sent_at())
    }

    /// Returns the person who joined. Nothing of it is certain to be there.
    pub fn participant(&self) -> JoinedParticipant {
        let fields = &self.object()["participant"];
        let text = |name: &str| lenient::text(&fields[name]).filter(|text| !text.trim().is_empty());
        let registrant = text("registrant_id").filter(|id| id.len() <= MAX_REGISTRANT_ID).map(RegistrantId::from);
        JoinedParticipant {
            registrant,
            email: text("email").and_then(|email| Email::parse(&email)),
            is_user: text("id").or_else(|| text("participant_user_id")).is_some(),
            at: instant(&fields["join_time"]).or_else(|| self.sent_at()),
        }
    }

    /// Returns whether the event has the flag of a practice session. It does not say whether that session ended, or
    /// whether the webinar has one (docs/reference/zoom.md).
    pub fn is_practice(&self) -> bool {
        let flag = &self.object()["practice_session"];
        flag.as_bool().unwrap_or_else(|| flag.as_str() == Some("true"))
    }

    fn payload(&self) -> &Value {
        &self.0["payload"]
    }
}

/// Reads an instant: milliseconds since 1970, as number or text, or RFC 3339. A date without a zone, such as
/// `2026-11-02 13:52:40` in the documented sample of `app_deauthorized`, is no instant: in the wrong zone it could be
/// before the admin's sign-in, and the event would count as outdated.
fn instant(value: &Value) -> Option<Timestamp> {
    let millis = |text: &str| text.parse().ok().map(time::from_millisecond);
    match value {
        Value::Number(number) => number.as_i64().map(time::from_millisecond),
        Value::String(text) => millis(text.trim()).or_else(|| time::parse(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use platform::testing::in_memory::InMemoryPorts;
    use proptest::prelude::*;
    use serde_json::json;

    const SECRET: &str = "webhook-secret-of-tests";

    fn in_memory() -> InMemoryPorts {
        let in_memory = InMemoryPorts::default();
        in_memory.set("zoom_webhook_secret", SECRET);
        in_memory
    }

    fn signed(raw: &[u8], seconds: i64) -> SignatureHeaders {
        let signature = hmac_sha256_hex(&SECRET.into(), &[format!("v0:{seconds}:").as_bytes(), raw]).unwrap();
        SignatureHeaders { timestamp: seconds.to_string(), signature: format!("v0={signature}") }
    }

    async fn received(body: &Value) -> Result<ZoomRequest, u16> {
        let in_memory = in_memory();
        let (ports, raw) = (in_memory.ports(), body.to_string().into_bytes());
        let headers = signed(&raw, ports.clock.now().as_second());
        receive(&ports, &headers, &raw).await.map_err(|error| error.into_response().status().as_u16())
    }

    fn event(payload: Value) -> ZoomEvent {
        ZoomEvent(json!({"event": "webinar.ended", "payload": payload}))
    }

    #[tokio::test]
    async fn r22_signatures_of_the_raw_body_are_accepted_whatever_their_age() {
        let in_memory = in_memory();
        let ports = in_memory.ports();
        let raw = br#"{ "event":"\u0061.b" }"#;
        let now = ports.clock.now().as_second();
        for seconds in [now, now - 301, now + 301, now - 86_400, 0] {
            let headers = signed(raw, seconds);
            assert!(receive(&ports, &headers, raw).await.is_ok(), "{}", seconds - now);
            assert_eq!(headers.signed_at().map(Timestamp::as_second), Some(seconds));
            let mut other_time = headers.clone();
            other_time.timestamp = (seconds + 1).to_string();
            assert!(receive(&ports, &other_time, raw).await.is_err(), "the signature covers the time");
        }
        let other_body = receive(&ports, &signed(br#"{"event":"a.b"}"#, now), raw).await;
        assert!(other_body.is_err());
    }

    #[test]
    fn a_request_without_the_form_of_a_signature_is_none_of_zoom() {
        let good = format!("v0={}", "0a".repeat(32));
        for (timestamp, signature, is_accepted) in [
            (Some("1793613600"), Some(&*good), true),
            (Some("odd"), Some(&*good), true),
            (None, Some(&*good), false),
            (Some("1793613600"), None, false),
            (Some(""), Some(&*good), false),
            (Some(&*"1".repeat(33)), Some(&*good), false),
            (Some("1793613600"), Some("v0="), false),
            (Some("1793613600"), Some(&good[3..]), false),
            (Some("1793613600"), Some(&good[..66]), false),
            (Some("1793613600"), Some(&*good.to_uppercase()), false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("x-zm-request-timestamp", timestamp), ("x-zm-signature", signature)] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            assert_eq!(SignatureHeaders::of(&headers).is_some(), is_accepted, "{timestamp:?} {signature:?}");
        }
    }

    #[tokio::test]
    async fn a_validation_is_answered_with_the_hmac_of_its_token() {
        let body = json!({"event": URL_VALIDATION, "payload": {"plainToken": "abc"}});
        let Ok(ZoomRequest::UrlValidation(answer)) = received(&body).await else { panic!("no validation") };
        let expected = hmac_sha256_hex(&SECRET.into(), &[b"abc"]).unwrap();
        assert_eq!(serde_json::to_value(answer).unwrap(), json!({"plainToken": "abc", "encryptedToken": expected}));
        assert!(matches!(received(&json!({"event": URL_VALIDATION, "payload": {}})).await, Err(400)));
    }

    #[tokio::test]
    async fn while_the_secret_is_changed_each_is_accepted_and_validates_with_itself() {
        let in_memory = InMemoryPorts::default();
        in_memory.set("zoom_webhook_secret", &format!("another, {SECRET}"));
        let (ports, raw) =
            (in_memory.ports(), br#"{"event":"endpoint.url_validation","payload":{"plainToken":"abc"}}"#);
        let answer = receive(&ports, &signed(raw, 0), raw).await.ok().unwrap();
        let ZoomRequest::UrlValidation(answer) = answer else { panic!("no validation") };
        assert_eq!(answer.encrypted_token, hmac_sha256_hex(&SECRET.into(), &[b"abc"]).unwrap());
    }

    #[tokio::test]
    async fn r22_any_object_with_a_name_is_an_event() {
        for body in
            [json!({"event": "invented.in_2030"}), json!({"event": "", "payload": 7}), json!({"event": "a", "x": []})]
        {
            assert!(matches!(received(&body).await, Ok(ZoomRequest::Event(_))), "{body}");
        }
        for body in [json!({}), json!({"event": 7}), json!([{"event": "a"}]), json!("a"), json!(null)] {
            assert!(matches!(received(&body).await, Err(400)), "{body}");
        }
    }

    #[test]
    fn r22_ids_are_read_from_numbers_and_texts() {
        for (id, expected) in [(json!(9), Some(9)), (json!("9"), Some(9)), (json!("nine"), None), (json!({}), None)] {
            assert_eq!(event(json!({"object": {"id": id}})).webinar().map(WebinarId::get), expected, "{id}");
        }
        for (id, expected) in [(json!("acc"), Some("acc")), (json!(7), Some("7")), (json!(""), None), (json!([]), None)]
        {
            assert_eq!(event(json!({"account_id": id})).account(), expected.map(AccountId::from), "{id}");
        }
        assert_eq!(event(json!(null)).webinar(), None);
    }

    #[test]
    fn r22_times_are_read_from_numbers_and_texts() {
        let at = Timestamp::constant(1_793_613_600, 0);
        for (value, expected) in [
            (json!(1_793_613_600_000_i64), Some(at)),
            (json!("1793613600000"), Some(at)),
            (json!("2026-11-02T10:00:00Z"), Some(at)),
            (json!("2026-11-02 11:00:00+01:00"), Some(at)),
            (json!("2026-11-02 13:52:40"), None),
            (json!(1.5), None),
            (json!(null), None),
            (json!([1]), None),
        ] {
            assert_eq!(event(json!({"event_ts": value})).sent_at(), expected, "{value}");
            assert_eq!(ZoomEvent(json!({"event_ts": value})).sent_at(), expected, "{value}");
            assert_eq!(event(json!({"object": {"end_time": value}})).webinar_ended_at(), expected, "{value}");
            assert_eq!(
                event(json!({"deauthorization_time": value, "event_ts": 0})).deauthorized_at(),
                Some(expected.unwrap_or_default())
            );
        }
    }

    #[test]
    fn r22_each_field_of_a_participant_is_read_by_itself() {
        let at = Timestamp::constant(1_793_613_600, 0);
        let joined = |participant: Value| {
            ZoomEvent(json!({"event_ts": 1_793_613_600_000_i64, "payload": {"object": {"participant": participant}}}))
                .participant()
        };
        let (registrant, email) = (Some("r1".into()), Email::parse("ada@x.test"));
        let complete = JoinedParticipant { registrant, email, is_user: false, at: Some(at) };
        let fields = json!({
            "id": "", "registrant_id": "r1", "email": " ada@x.test", "user_name": null, "join_time": "2026-11-02T10:00:00Z",
        });
        assert_eq!(joined(fields.clone()), complete);
        for odd in [json!(null), json!([1]), json!({"a": 1}), json!(""), json!(" ")] {
            let with = |name: &str| {
                let mut fields = fields.clone();
                fields[name] = odd.clone();
                joined(fields)
            };
            assert_eq!(with("registrant_id"), JoinedParticipant { registrant: None, ..complete.clone() }, "{odd}");
            assert_eq!(with("email"), JoinedParticipant { email: None, ..complete.clone() }, "{odd}");
            assert_eq!(with("join_time"), complete, "{odd}");
            assert_eq!(with("id"), complete, "{odd}");
            assert_eq!(joined(odd.clone()), JoinedParticipant { at: Some(at), ..Default::default() }, "{odd}");
        }
        assert_eq!(joined(json!({"registrant_id": 7})).registrant, Some("7".into()));
        assert_eq!(joined(json!({"registrant_id": "r".repeat(101)})).registrant, None);
        assert!(joined(json!({"participant_user_id": "u"})).is_user);
    }

    #[test]
    fn r22_practice_sessions_are_recognised_by_flag_or_text() {
        for (flag, expected) in [(json!(true), true), (json!("true"), true), (json!(false), false), (json!(1), false)] {
            assert_eq!(event(json!({"object": {"practice_session": flag}})).is_practice(), expected, "{flag}");
        }
    }

    proptest! {
        #[test]
        fn r22_reading_fields_never_panics(number in any::<i64>(), text in any::<String>()) {
            for value in [json!(number), json!(text), json!({"id": text}), json!([number])] {
                for body in [json!({"event": value, "payload": value}), event(json!({"event_ts": value, "object": value})).0, value.clone()] {
                    let event = ZoomEvent(body);
                    let _ = (event.name(), event.account(), event.webinar(), event.is_practice());
                    let _ = (event.sent_at(), event.webinar_ended_at(), event.deauthorized_at(), event.participant());
                }
            }
        }
    }
}
