//! A component for the tests. Put in the place of another one, with that one's rights, it tries what a request asks it
//! to try and tells how it went: `?variable=NAME`, `?url=URL`, `?store=LABEL`.

#[cfg(target_arch = "wasm32")]
mod tries {
    use serde_json::{Value, json};
    use spin_sdk::http::Request;
    use spin_sdk::{http, key_value, variables};

    /// `{"ok": what it got}` or `{"refused": why}`.
    #[spin_sdk::http_service]
    async fn handle(request: Request) -> String {
        let (what, value) = request.uri().query().and_then(|query| query.split_once('=')).unwrap_or_default();
        let outcome: Result<Value, String> = match what {
            "variable" => variables::get(value).await.map(Value::from).map_err(|error| error.to_string()),
            "url" => http::get(value).await.map(|r| r.status().as_u16().into()).map_err(|error| error.to_string()),
            "store" => key_value::Store::open(value).await.map(|_| Value::Null).map_err(|error| error.to_string()),
            _ => Err("nothing to try".to_owned()),
        };
        match outcome {
            Ok(value) => json!({ "ok": value }),
            Err(error) => json!({ "refused": error }),
        }
        .to_string()
    }
}
