//! The API of activities.

use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::marketo::{Marketo, Options};
use jiff::SignedDuration;
use serde_json::Value;
use std::time::Duration;

use crate::caller::{Caller, code};

async fn token_since(caller: &Caller, since: &str) -> anyhow::Result<String> {
    let answer = caller.get(&format!("/rest/v1/activities/pagingtoken.json?sinceDatetime={since}")).await?;
    Ok(answer["nextPageToken"].as_str().unwrap_or_default().to_owned())
}

async fn changes(caller: &Caller, token: &str, rest: &str) -> anyhow::Result<Value> {
    caller.get(&format!("/rest/v1/activities.json?activityTypeIds=104&nextPageToken={token}{rest}")).await
}

fn new_statuses(answer: &Value) -> Vec<&str> {
    let rows = answer["result"].as_array().into_iter().flatten();
    let attributes = rows.flat_map(|row| row["attributes"].as_array().into_iter().flatten());
    attributes.filter(|pair| pair["name"] == "New Status").filter_map(|pair| pair["value"].as_str()).collect()
}

#[tokio::test]
async fn a_page_covers_activities_of_all_types_and_has_a_token_for_what_comes_later() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options { max_page_size: 2, ..Options::default() }).await?;
    let caller = Caller::of(&marketo).await?;
    let token = token_since(&caller, "2020-01-01T00:00:00Z").await?;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let bob = marketo.add_person("Bob", "Kahn", "bob@example.com");
    assert!(marketo.set_member(WEBINAR_PROGRAM, ada, "Registered"));
    assert!(marketo.set_member(WEBINAR_PROGRAM, bob, "Registered"));

    let assets = format!("&assetIds={WEBINAR_PROGRAM}");
    let mut pages = Vec::new();
    let mut token = token;
    loop {
        let page = changes(&caller, &token, &assets).await?;
        token = page["nextPageToken"].as_str().unwrap_or_default().to_owned();
        let has_more = page["moreResult"] == true;
        pages.push(page);
        if !has_more {
            break;
        }
    }
    // The first page covers the two new leads only.
    assert!(new_statuses(&pages[0]).is_empty() && pages[0]["moreResult"] == true);
    assert_eq!(pages.iter().flat_map(new_statuses).collect::<Vec<_>>(), ["Registered", "Registered"]);
    assert!(marketo.set_member(WEBINAR_PROGRAM, ada, "Attended"));
    let later = changes(&caller, &token, &assets).await?;
    assert_eq!(new_statuses(&later), ["Attended"]);
    assert_eq!(
        (&later["result"][0]["leadId"], &later["result"][0]["primaryAttributeValueId"]),
        (&ada.into(), &WEBINAR_PROGRAM.into())
    );
    assert!(new_statuses(&changes(&caller, &token, "&assetIds=1").await?).is_empty());
    Ok(())
}

#[tokio::test]
async fn activities_show_late_and_old_tokens_are_refused() -> anyhow::Result<()> {
    let minute = Duration::from_secs(60);
    let options = Options { activity_delay: minute, activity_token_lifetime: 5 * minute, ..Options::default() };
    let marketo = Marketo::start(options).await?;
    let caller = Caller::of(&marketo).await?;
    let token = token_since(&caller, "2020-01-01T00:00:00Z").await?;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    assert!(marketo.set_member(WEBINAR_PROGRAM, ada, "Registered"));
    let token = changes(&caller, &token, "").await?["nextPageToken"].as_str().unwrap_or_default().to_owned();
    marketo.clock().advance(SignedDuration::from_mins(1));
    assert_eq!(new_statuses(&changes(&caller, &token, "").await?), ["Registered"]);
    marketo.clock().advance(SignedDuration::from_mins(6));
    assert_eq!(code(&changes(&caller, &token, "").await?), "1003");
    assert_eq!(code(&changes(&caller, "invented", "").await?), "1003");
    // A token since a time that shows activities at or after that time only.
    let now = marketo.clock().now();
    let token = token_since(&caller, &now.to_string()).await?;
    assert!(new_statuses(&changes(&caller, &token, "").await?).is_empty());
    Ok(())
}

#[tokio::test]
async fn refuses_what_the_interface_does_not_allow() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    assert_eq!(code(&caller.get("/rest/v1/activities/pagingtoken.json").await?), "701");
    assert_eq!(code(&caller.get("/rest/v1/activities/pagingtoken.json?sinceDatetime=yesterday").await?), "1003");
    let token = token_since(&caller, "2020-01-01T00:00:00Z").await?;
    assert_eq!(code(&caller.get("/rest/v1/activities.json?activityTypeIds=104").await?), "701");
    let query = format!("/rest/v1/activities.json?nextPageToken={token}");
    assert_eq!(code(&caller.get(&query).await?), "1003");
    assert_eq!(code(&caller.get(&format!("{query}&activityTypeIds=104,13&assetIds=1001")).await?), "1003");
    assert_eq!(code(&changes(&caller, &token, "&assetIds=x").await?), "1003");
    Ok(())
}
