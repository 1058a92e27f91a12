//! The API of programs, channels and My Tokens.

use fakes::marketo::subscription::{DEFAULT_PROGRAM, WEBINAR_PROGRAM};
use fakes::marketo::{Marketo, Options};
use serde_json::json;

use crate::caller::{Caller, code};

#[tokio::test]
async fn program_names_its_channel() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    let program = caller.get(&format!("/rest/asset/v1/program/{WEBINAR_PROGRAM}.json")).await?;
    assert_eq!(program["result"][0]["type"], "Event with Webinar");
    let channel = caller.get("/rest/asset/v1/channel/byName.json?name=Webinar").await?;
    assert_eq!(channel["result"][0]["applicableProgramType"], "webinar");
    let statuses = channel["result"][0]["progressionStatuses"].as_array().unwrap();
    assert!(statuses.iter().any(|status| status["name"] == "Registered" && status["step"] == 40));
    let all = caller.get("/rest/asset/v1/channels.json?maxReturn=1&offset=1").await?;
    assert_eq!(all["result"].as_array().unwrap().len(), 1);
    Ok(())
}

#[tokio::test]
async fn empty_result_is_a_success_with_a_warning() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    for path in ["/rest/asset/v1/program/9.json", "/rest/asset/v1/channel/byName.json?name=Nowhere"] {
        let answer = caller.get(path).await?;
        assert_eq!(answer["success"], true);
        assert_eq!(answer["warnings"], json!(["No assets found for the given search criteria."]));
        assert!(answer.get("result").is_none());
    }
    Ok(())
}

#[tokio::test]
async fn writes_my_tokens_from_forms() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    let path = format!("/rest/asset/v1/folder/{WEBINAR_PROGRAM}/tokens.json");
    let set = async |name: &str, kind: &str, value: &str| {
        let form = [("name", name), ("type", kind), ("value", value), ("folderType", "Program")];
        caller.form(&path, &form).await
    };
    assert_eq!(code(&set("Zoom Topic", "text", "Äpfel & Birnen").await?), "");
    assert_eq!(code(&set("Zoom Topic", "text", "Pears").await?), "");
    assert_eq!(code(&set("Zoom Date", "date", "2026-12-01").await?), "");
    assert_eq!(code(&set("Zoom Date", "date", "1 December").await?), "701");
    assert_eq!(code(&set(&"x".repeat(51), "text", "y").await?), "701");
    assert_eq!(code(&set("Zoom Date", "text", "2026-12-01").await?), "709");
    assert_eq!(code(&caller.post(&path, &json!({"name": "a"})).await?), "612");
    let elsewhere = path.replace(&WEBINAR_PROGRAM.to_string(), "9");
    assert_eq!(code(&caller.get(&format!("{elsewhere}?folderType=Program")).await?), "702");

    let listed = caller.get(&format!("{path}?folderType=Program")).await?;
    let tokens = &listed["result"][0]["tokens"];
    assert_eq!(tokens[0], json!({"name": "Zoom Date", "type": "date", "value": "2026-12-01", "computedUrl": null}));
    assert_eq!(tokens[1]["value"], "Pears");

    let gone = [("name", "Zoom Date"), ("type", "date"), ("folderType", "Program")];
    let delete = path.replace("tokens.json", "tokens/delete.json");
    assert_eq!(code(&caller.form(&delete, &gone).await?), "");
    assert_eq!(marketo.program(WEBINAR_PROGRAM).unwrap().my_tokens.len(), 1);
    let empty = format!("/rest/asset/v1/folder/{DEFAULT_PROGRAM}/tokens.json?folderType=Program");
    assert!(caller.get(&empty).await?.get("result").is_none());
    Ok(())
}
