//! A component for the tests. Put in the place of another one, with that one's rights, it tries what a request asks it
//! to try and tells how it went: `?variable=NAME`, `?url=URL`, `?store=LABEL`, `?tokens=COUNT:SERVICE_ID`.

#[cfg(target_arch = "wasm32")]
mod tries {
    use serde_json::{Value, json};
    use spin_sdk::http::Request;
    use spin_sdk::http::body::IncomingBodyExt;
    use spin_sdk::{http, key_value, variables};
    use std::collections::BTreeSet;

    /// `{"ok": what it got}` or `{"refused": why}`.
    #[spin_sdk::http_service]
    async fn handle(request: Request) -> String {
        let (what, value) = request.uri().query().and_then(|query| query.split_once('=')).unwrap_or_default();
        let outcome: Result<Value, String> = match what {
            "variable" => variables::get(value).await.map(Value::from).map_err(|error| error.to_string()),
            "url" => http::get(value).await.map(|r| r.status().as_u16().into()).map_err(|error| error.to_string()),
            "store" => key_value::Store::open(value).await.map(|_| Value::Null).map_err(|error| error.to_string()),
            "tokens" => match value.split_once(':').and_then(|(count, id)| Some((count.parse().ok()?, id))) {
                Some((count, service)) => ask_for_tokens(count, service).await,
                None => Err("COUNT:SERVICE_ID is wanted".to_owned()),
            },
            _ => Err("nothing to try".to_owned()),
        };
        match outcome {
            Ok(value) => json!({ "ok": value }),
            Err(error) => json!({ "refused": error }),
        }
        .to_string()
    }

    /// Asks `oauth` for a service's token so many times, one after the other. Tells how often it got one and how many
    /// were different; never a token.
    async fn ask_for_tokens(count: u32, service: &str) -> Result<Value, String> {
        let url = format!("http://oauth.spin.internal/internal/token/{service}");
        let mut got = 0;
        let mut different = BTreeSet::new();
        for _ in 0..count {
            let response = http::post(&url, "{}").await.map_err(|error| error.to_string())?;
            if response.status().as_u16() == 200 {
                let body = response.into_body().bytes().await.map_err(|error| error.to_string())?;
                let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
                if let Some(token) = answer["access_token"].as_str() {
                    got += 1;
                    different.insert(token.to_owned());
                }
            }
        }
        Ok(json!({ "got": got, "different": different.len() }))
    }
}
