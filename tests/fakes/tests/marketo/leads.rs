//! The lead API.

use fakes::marketo::{Marketo, Options};
use serde_json::{Value, json};

use crate::caller::{Caller, code, outcomes};

const LEADS: &str = "/rest/v1/leads.json";

#[tokio::test]
async fn sync_returns_one_result_per_record() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    let known = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let body = json!({"action": "createOrUpdate", "lookupField": "email", "input": [
        {"email": "Ada@Example.com", "phone": "+44 1"},
        {"email": "grace@example.com", "firstName": "Grace", "lastName": "Hopper", "company": "Navy"},
        {"email": "grâce@example.com"},
        {"email": "x@example.com", "favouriteColour": "blue"},
    ]});
    let answer = caller.post(LEADS, &body).await?;
    assert_eq!(outcomes(&answer), ["updated", "created", "1003", "1006"]);
    assert_eq!(answer["result"][0]["id"], known);
    assert_eq!(marketo.lead(known).unwrap().text("phone"), "+44 1");
    Ok(())
}

#[tokio::test]
async fn concurrent_syncs_create_duplicates_that_later_syncs_cannot_match() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    let (one, other) = tokio::join!(caller.sync("ada@example.com"), caller.sync("ada@example.com"));
    assert_eq!(outcomes(&one?), ["created"]);
    assert_eq!(outcomes(&other?), ["created"]);
    assert_eq!(marketo.leads_by_email("ADA@example.com").len(), 2);
    assert_eq!(outcomes(&caller.sync("ada@example.com").await?), ["1007"]);
    Ok(())
}

#[tokio::test]
async fn paging_token_is_valid_for_its_query_only() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    let emails: Vec<String> = (0..5).map(|n| format!("p{n}@example.com")).collect();
    for email in &emails {
        marketo.add_person("P", "Q", email);
    }
    let query = format!("{LEADS}?filterType=email&filterValues={}&fields=email&batchSize=3", emails.join(","));
    let first = caller.get(&query).await?;
    assert_eq!(first["result"].as_array().unwrap().len(), 3);
    assert_eq!(first["moreResult"], true);
    let token = first["nextPageToken"].as_str().unwrap();
    let second = caller.get(&format!("{query}&nextPageToken={token}")).await?;
    assert_eq!(second["result"].as_array().unwrap().len(), 2);
    assert!(second.get("nextPageToken").is_none());
    let elsewhere = format!("{LEADS}?filterType=email&filterValues=p1@example.com&nextPageToken={token}");
    assert_eq!(code(&caller.get(&elsewhere).await?), "1003");
    Ok(())
}

#[tokio::test]
async fn rejects_oversized_requests() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    let many: Vec<Value> = (0..301).map(|n| json!({"email": format!("p{n}@example.com")})).collect();
    assert_eq!(code(&caller.post(LEADS, &json!({"input": many})).await?), "1003");
    assert_eq!(code(&caller.post(LEADS, &json!({"input": []})).await?), "1003");
    assert_eq!(code(&caller.post(LEADS, &json!({"leads": []})).await?), "1003");
    let ids = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let many_values = format!("{LEADS}?filterType=id&filterValues={}", ids(301));
    assert_eq!(code(&caller.get(&many_values).await?), "1003");

    let send = |request: reqwest::RequestBuilder| request.bearer_auth(&caller.token).send();
    let long_uri = format!("{}{LEADS}?filterType=email&filterValues={}", marketo.url(), "x".repeat(8_192));
    assert_eq!(send(caller.http.get(long_uri)).await?.status(), 414);
    let long_body = json!({"input": [{"email": "x@example.com", "title": "x".repeat(1_048_577)}]});
    let post = caller.http.post(format!("{}{LEADS}", marketo.url())).json(&long_body);
    assert_eq!(send(post).await?.status(), 413);
    Ok(())
}

#[tokio::test]
async fn query_parameters_may_come_as_a_form() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    let id = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let path = format!("{LEADS}?_method=GET");
    let query = [("filterType", "email"), ("filterValues", "ada@example.com"), ("fields", "id,company")];
    let answer = caller.form(&path, &query).await?;
    assert_eq!(answer["result"], json!([{"id": id, "company": null}]));
    assert_eq!(code(&caller.post(&path, &json!({"filterType": "email"})).await?), "612");
    let unknown = format!("{LEADS}?filterType=id&filterValues={id}&fields=shoeSize");
    assert_eq!(code(&caller.get(&unknown).await?), "1006");
    Ok(())
}

#[tokio::test]
async fn reads_one_lead_by_id() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    let id = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let answer = caller.get(&format!("/rest/v1/lead/{id}.json")).await?;
    assert_eq!(answer["result"][0]["firstName"], "Ada");
    assert_eq!(code(&caller.get("/rest/v1/lead/1.json").await?), "1004");
    Ok(())
}
