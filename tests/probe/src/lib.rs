//! A test component that replaces another component in the manifest and runs with its permissions.
//!
//! It attempts what the query of a request names and returns the result as JSON: `?variable=NAME`, `?url=URL`,
//! `?store=LABEL`, `?tokens=COUNT:SERVICE_ID`.

#[cfg(target_arch = "wasm32")]
mod probe {
    use serde_json::{Value, json};
    use spin_sdk::http::Request;
    use spin_sdk::http::body::IncomingBodyExt;
    use spin_sdk::{http, key_value, variables};
    use std::collections::BTreeSet;

    /// Returns `{"ok": result}` or `{"refused": error}`.
    #[spin_sdk::http_service]
    async fn handle(request: Request) -> String {
        let (attempt, value) = request.uri().query().and_then(|query| query.split_once('=')).unwrap_or_default();
        let outcome: Result<Value, String> = match attempt {
            "variable" => variables::get(value).await.map(Value::from).map_err(|error| error.to_string()),
            "url" => http::get(value).await.map(|r| r.status().as_u16().into()).map_err(|error| error.to_string()),
            "store" => key_value::Store::open(value).await.map(|_| Value::Null).map_err(|error| error.to_string()),
            "tokens" => match value.split_once(':').and_then(|(count, id)| Some((count.parse().ok()?, id))) {
                Some((count, service)) => request_tokens(count, service).await,
                None => Err("expected COUNT:SERVICE_ID".to_owned()),
            },
            _ => Err("unknown attempt".to_owned()),
        };
        match outcome {
            Ok(value) => json!({ "ok": value }),
            Err(error) => json!({ "refused": error }),
        }
        .to_string()
    }

    /// Requests a service's token from `oauth` `count` times in sequence. Returns the number of tokens received and of
    /// distinct tokens, and never a token itself.
    async fn request_tokens(count: u32, service: &str) -> Result<Value, String> {
        let url = format!("http://oauth.spin.internal/internal/token/{service}");
        let mut received = 0;
        let mut distinct = BTreeSet::new();
        for _ in 0..count {
            let response = http::post(&url, "{}").await.map_err(|error| error.to_string())?;
            if response.status().as_u16() == 200 {
                let body = response.into_body().bytes().await.map_err(|error| error.to_string())?;
                let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
                if let Some(token) = answer["access_token"].as_str() {
                    received += 1;
                    distinct.insert(token.to_owned());
                }
            }
        }
        Ok(json!({ "got": received, "different": distinct.len() }))
    }
}
