//! Access tokens and API limits.

use std::time::Duration;

use fakes::marketo::{CLIENT_SECRET, Marketo, Options};
use fakes::support::{Effect, Fault};
use jiff::SignedDuration;
use serde_json::Value;

use crate::caller::{Caller, code, token_request};

const USAGE: &str = "/rest/v1/stats/usage.json";

#[tokio::test]
async fn same_token_is_issued_until_it_expires() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let http = reqwest::Client::new();
    let ask = async || -> anyhow::Result<Value> {
        Ok(token_request(&http, &marketo, CLIENT_SECRET).send().await?.json().await?)
    };
    let first = ask().await?;
    marketo.clock().advance(SignedDuration::from_secs(3_000));
    let second = ask().await?;
    assert_eq!(first["access_token"], second["access_token"]);
    assert!(second["expires_in"].as_i64().unwrap() <= 600);
    marketo.clock().advance(SignedDuration::from_secs(600));
    assert_ne!(ask().await?["access_token"], first["access_token"]);
    Ok(())
}

#[tokio::test]
async fn wrong_credentials_get_401_from_identity() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let answer = token_request(&reqwest::Client::new(), &marketo, "wrong").send().await?;
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.json::<Value>().await?["error"], "unauthorized");
    Ok(())
}

#[tokio::test]
async fn distinguishes_missing_unknown_and_expired_tokens() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let mut caller = Caller::of(&marketo).await?;
    assert_eq!(code(&caller.get(USAGE).await?), "");
    assert_eq!(marketo.calls_today(), 1);
    marketo.clock().advance(SignedDuration::from_secs(3_601));
    // The quota's day may have changed within the hour.
    let calls = marketo.calls_today();
    assert_eq!(code(&caller.get(USAGE).await?), "602");
    let expired = std::mem::replace(&mut caller.token, "made-up".to_owned());
    assert_eq!(code(&caller.get(USAGE).await?), "601");
    let in_query = format!("{}{USAGE}?access_token={expired}", marketo.url());
    assert_eq!(code(&caller.http.get(in_query).send().await?.json().await?), "600");
    assert_eq!(marketo.calls_today(), calls, "refused tokens cost no quota");
    assert_eq!(marketo.log().refused().len(), 3);
    Ok(())
}

#[tokio::test]
async fn rate_limit_ends_with_its_window() -> anyhow::Result<()> {
    let options = Options { rate_limit: 3, ..Options::default() };
    let marketo = Marketo::start(options).await?;
    let caller = Caller::of(&marketo).await?;
    for _ in 0..3 {
        assert_eq!(code(&caller.get(USAGE).await?), "");
    }
    assert_eq!(code(&caller.get(USAGE).await?), "606");
    marketo.clock().advance(SignedDuration::from_secs(20));
    assert_eq!(code(&caller.get(USAGE).await?), "");
    Ok(())
}

#[tokio::test]
async fn daily_quota_is_shared_and_resets() -> anyhow::Result<()> {
    let options = Options { token_lifetime: Duration::from_secs(200_000), ..Options::default() };
    let marketo = Marketo::start(options).await?;
    let caller = Caller::of(&marketo).await?;
    marketo.spend_quota(49_999);
    let usage = caller.get(USAGE).await?;
    assert_eq!(usage["result"][0]["total"], 50_000);
    assert_eq!(code(&caller.get(USAGE).await?), "607");
    marketo.clock().advance(SignedDuration::from_hours(24));
    assert_eq!(code(&caller.get(USAGE).await?), "");
    Ok(())
}

#[tokio::test]
async fn rejects_too_many_concurrent_calls() -> anyhow::Result<()> {
    let options = Options { concurrency_limit: 1, sync_delay: Duration::from_secs(60), ..Options::default() };
    let marketo = Marketo::start(options).await?;
    let caller = Caller::of(&marketo).await?;
    let slow = caller.sync("ada@example.com");
    let refused = async {
        while marketo.most_calls_at_once() == 0 {
            tokio::task::yield_now().await;
        }
        caller.get(USAGE).await
    };
    tokio::select! {
        _ = slow => panic!("the slow call cannot be over"),
        answer = refused => assert_eq!(code(&answer?), "615"),
    }
    Ok(())
}

#[tokio::test]
async fn unknown_paths_and_methods_are_errors_in_the_envelope() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    assert_eq!(code(&caller.get("/rest/v1/nonsense.json").await?), "610");
    assert_eq!(code(&caller.post(USAGE, &Value::Null).await?), "605");
    marketo.faults().add(Fault::once("GET", USAGE, Effect::status(502)));
    let answer = caller.http.get(format!("{}{USAGE}", marketo.url())).bearer_auth(&caller.token).send().await?;
    assert_eq!(answer.status(), 502);
    Ok(())
}

#[tokio::test]
async fn secrets_lists_every_issued_token() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let http = reqwest::Client::new();
    let mut issued = Vec::new();
    for _ in 0..2 {
        let answer: Value = token_request(&http, &marketo, CLIENT_SECRET).send().await?.json().await?;
        issued.push(answer["access_token"].as_str().unwrap_or_default().to_owned());
        marketo.forget_tokens();
    }
    assert_ne!(issued[0], issued[1]);
    issued.push(CLIENT_SECRET.to_owned());
    let secrets = marketo.secrets();
    assert!(issued.iter().all(|token| secrets.contains(token)), "{issued:?} {secrets:?}");
    Ok(())
}

#[tokio::test]
async fn personal_lists_the_data_of_leads() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    marketo.add_person("Ottoline", "Vanterpool", "ottoline@example.org");
    assert_eq!(marketo.personal(), ["ottoline@example.org", "Ottoline", "Vanterpool"]);
    Ok(())
}
