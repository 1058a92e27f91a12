//! The benchmark's baseline: the key-value and outbound calls that `registration` makes for one webhook lead, in
//! sequence and nothing else.
//!
//! It has no router, rules, timeouts or extension, and every failure is an error. The request carries what
//! `registration` has to look up: `service`, `webinar`, `program`, `lead`, `email` and `zoom` (a URL). Tokens are
//! cached in the instance, as in `registration`.

#[cfg(target_arch = "wasm32")]
mod calls {
    use bytes::Bytes;
    use serde_json::{Value, json};
    use spin_sdk::http::body::IncomingBodyExt;
    use spin_sdk::http::{self as client, FullBody, Request, Response};
    use spin_sdk::{key_value::Store, variables};
    use std::error::Error;
    use std::sync::Mutex;

    /// The cached Zoom token and Marketo token.
    static TOKENS: Mutex<(Option<String>, Option<String>)> = Mutex::new((None, None));

    type Outcome<T> = Result<T, Box<dyn Error>>;

    #[spin_sdk::http_service]
    async fn handle(request: Request) -> String {
        match register(request).await {
            Ok(answer) => answer.to_string(),
            Err(error) => json!({ "outcome": "failed", "error": error.to_string() }).to_string(),
        }
    }

    async fn register(request: Request) -> Outcome<Value> {
        let key = variables::get("marketo_api_key").await?;
        if request.headers().get("x-api-key").is_none_or(|given| given != key.as_str()) {
            return Err("wrong API key".into());
        }
        let lead: Value = serde_json::from_slice(&request.into_body().bytes().await?)?;
        let text = |name: &str| lead[name].as_str().unwrap_or_default();
        let (program, id, webinar) = (text("program"), &lead["lead"], text("webinar"));
        let failure = format!("failure:{program}:{id}");
        // Padded to the length of the hash in the real key.
        let ledger = format!("registration:{webinar}:{:0>32}", id.to_string());

        let store = Store::open_default().await?;
        store.get(format!("program:{program}")).await?;
        let pending = json!({
            "v": 1, "program": program, "lead": id, "choice": null, "since": "2026-11-02T09:00:00Z", "tries": 0,
            "problem": {"code": "INTERNAL", "detail": "Something went wrong on our side; it is in the log."},
            "next_try": "2026-11-02T09:01:00Z", "asks": false,
        });
        store.set(&failure, pending.to_string()).await?;
        store.get(format!("service:{}", text("service"))).await?;
        store.get("programs").await?;
        store.get(&ledger).await?;

        let token = zoom_token(text("service")).await?;
        let registrants = format!("{}/v2/webinars/{webinar}/registrants", text("zoom"));
        call("GET", &format!("{registrants}/questions"), &token, Vec::new()).await?;
        let entry = |outcome: Value| {
            json!({
                "v": 1, "program": program, "lead": id, "at": "2026-11-02T09:00:00Z", "outcome": outcome,
                "adds": {"day": 20_000, "count": 1},
            })
            .to_string()
        };
        let lost = json!({
            "failed": {"problem": {"code": "ZOOM_UNAVAILABLE", "detail": "Zoom does not answer properly."}, "next_try": null},
        });
        store.set(&ledger, entry(lost)).await?;
        let registrant = json!({
            "email": text("email"), "first_name": text("first_name"), "last_name": text("last_name"),
            "org": text("company"),
        });
        let added = call("POST", &registrants, &token, registrant.to_string().into()).await?;
        let registered = json!({ "registrant": added["registrant_id"], "join_url": added["join_url"] });
        store.set(&ledger, entry(json!({ "registered": registered }))).await?;

        let member = json!({
            "leadId": id, "webinarUrl": added["join_url"], "registrationCode": added["registrant_id"],
        });
        let marketo = variables::get("marketo_url").await?;
        let token = marketo_token(&marketo).await?;
        let members = format!("{marketo}/rest/v1/programs/{program}/members.json");
        let written = call("POST", &members, &token, json!({ "input": [member] }).to_string().into()).await?;
        if written["result"][0]["status"] != "updated" {
            return Err("Marketo rejected the member".into());
        }
        store.delete(&failure).await?;
        Ok(json!({
            "outcome": "registered", "join_url": added["join_url"], "registrant_id": added["registrant_id"],
            "code": null, "detail": null,
        }))
    }

    async fn call(method: &str, url: &str, token: &str, body: Vec<u8>) -> Outcome<Value> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(url)
            .header("authorization", format!("Bearer {token}"))
            .header("accept", "application/json");
        if !body.is_empty() {
            request = request.header("content-type", "application/json").header("content-length", body.len());
        }
        read(client::send(request.body(FullBody::new(Bytes::from(body)))?).await?).await
    }

    async fn read(response: Response) -> Outcome<Value> {
        if !response.status().is_success() {
            return Err(format!("answered {}", response.status()).into());
        }
        Ok(serde_json::from_slice(&response.into_body().bytes().await?)?)
    }

    fn cached(select: impl FnOnce(&(Option<String>, Option<String>)) -> Option<String>) -> Option<String> {
        TOKENS.lock().ok().and_then(|tokens| select(&tokens))
    }

    async fn zoom_token(service: &str) -> Outcome<String> {
        if let Some(token) = cached(|tokens| tokens.0.clone()) {
            return Ok(token);
        }
        let url = format!("http://oauth.spin.internal/internal/token/{service}");
        let answer = read(client::post(url, "{}").await?).await?;
        let token = answer["access_token"].as_str().unwrap_or_default().to_owned();
        if let Ok(mut tokens) = TOKENS.lock() {
            tokens.0 = Some(token.clone());
        }
        Ok(token)
    }

    async fn marketo_token(marketo: &str) -> Outcome<String> {
        if let Some(token) = cached(|tokens| tokens.1.clone()) {
            return Ok(token);
        }
        let (id, secret) = (variables::get("marketo_client_id").await?, variables::get("marketo_client_secret").await?);
        let query = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let answer = read(client::get(format!("{marketo}/identity/oauth/token?{query}")).await?).await?;
        let token = answer["access_token"].as_str().unwrap_or_default().to_owned();
        if let Ok(mut tokens) = TOKENS.lock() {
            tokens.1 = Some(token.clone());
        }
        Ok(token)
    }
}
