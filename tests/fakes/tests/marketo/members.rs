//! The API of program members.

use fakes::marketo::subscription::{Field, FieldType, WEBINAR_PROGRAM};
use fakes::marketo::{Marketo, Options};
use serde_json::{Value, json};

use crate::caller::{Caller, code, outcomes};

fn path(rest: &str) -> String {
    format!("/rest/v1/programs/{WEBINAR_PROGRAM}/members{rest}")
}

#[tokio::test]
async fn status_is_set_once_and_never_moves_back() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let set = async |status: &str, input: Value| {
        caller.post(&path("/status.json"), &json!({"statusName": status, "input": input})).await
    };
    let one = json!([{"leadId": ada}]);
    let first = set("Registered", json!([{"leadId": ada}, {"leadId": 1}, {"leadId": ada}, {"leadId": "x"}])).await?;
    assert_eq!(outcomes(&first), ["created", "1004", "1036", "1003"]);
    assert_eq!(outcomes(&set("Attended", one.clone()).await?), ["updated"]);
    assert_eq!(outcomes(&set("No Show", one.clone()).await?), ["1037"]);
    assert_eq!(outcomes(&set("Dancing", one.clone()).await?), ["1025"]);
    assert_eq!(marketo.status_history(WEBINAR_PROGRAM, ada), ["Registered", "Attended"]);

    let elsewhere = json!({"statusName": "Registered", "input": one});
    assert_eq!(code(&caller.post("/rest/v1/programs/9/members/status.json", &elsewhere).await?), "1013");
    Ok(())
}

#[tokio::test]
async fn writes_data_of_members_only_and_reads_it_back() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    marketo.add_member_field(Field::new("minutesAttended", FieldType::Integer));
    let caller = Caller::of(&marketo).await?;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let bob = marketo.add_person("Bob", "Kahn", "bob@example.com");
    assert!(marketo.set_member(WEBINAR_PROGRAM, ada, "Registered"));
    let input = json!([
        {"leadId": ada, "registrationCode": "r1", "webinarUrl": "https://example.com/w/1?tk=a", "minutesAttended": 42},
        {"leadId": bob, "registrationCode": "r2"},
    ]);
    let answer = caller.post(&path(".json"), &json!({"input": input})).await?;
    assert_eq!(outcomes(&answer), ["updated", "1013"]);
    let unknown = json!({"input": [{"leadId": ada, "shoeSize": 4}]});
    assert_eq!(outcomes(&caller.post(&path(".json"), &unknown).await?), ["1006"]);

    let query =
        "filterType=statusName&filterValues=Registered&fields=leadId,webinarUrl,registrationCode,minutesAttended";
    let found = caller.get(&path(&format!(".json?{query}"))).await?;
    let row = json!({
        "seq": 0, "leadId": ada, "webinarUrl": "https://example.com/w/1?tk=a", "registrationCode": "r1",
        "minutesAttended": 42,
    });
    assert_eq!(found["result"], json!([row]));
    let by_lead = caller.get(&path(&format!(".json?filterType=leadId&filterValues={ada},{bob}"))).await?;
    assert_eq!(by_lead["result"][0]["programId"], WEBINAR_PROGRAM);
    assert_eq!(by_lead["result"].as_array().unwrap().len(), 1);
    Ok(())
}

#[tokio::test]
async fn removed_member_can_be_added_again() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    marketo.set_member(WEBINAR_PROGRAM, ada, "Attended");
    let body = json!({"input": [{"leadId": ada}]});
    assert_eq!(outcomes(&caller.post(&path("/delete.json"), &body).await?), ["deleted"]);
    assert_eq!(outcomes(&caller.post(&path("/delete.json"), &body).await?), ["1037"]);
    assert!(marketo.set_member(WEBINAR_PROGRAM, ada, "Invited"));
    Ok(())
}

#[tokio::test]
async fn describe_lists_the_writable_fields() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    let answer = caller.get("/rest/v1/programs/members/describe.json").await?;
    let fields = answer["result"][0]["fields"].as_array().unwrap();
    let writable: Vec<_> = fields.iter().filter(|field| field["updateable"] == true).collect();
    let names = writable.iter().map(|field| (field["name"].as_str().unwrap(), field["length"].as_u64().unwrap()));
    assert_eq!(names.collect::<Vec<_>>(), [("registrationCode", 100), ("webinarUrl", 2_000)]);
    Ok(())
}

#[tokio::test]
async fn members_of_a_very_large_program_are_only_found_by_lead() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options { member_list_limit: 1, ..Options::default() }).await?;
    let caller = Caller::of(&marketo).await?;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let bob = marketo.add_person("Bob", "Kahn", "bob@example.com");
    let by_status = path(".json?filterType=statusName&filterValues=Registered");
    assert!(marketo.set_member(WEBINAR_PROGRAM, ada, "Registered"));
    assert_eq!(code(&caller.get(&by_status).await?), "");
    assert!(marketo.set_member(WEBINAR_PROGRAM, bob, "Invited"));
    assert_eq!(code(&caller.get(&by_status).await?), "1003");
    let by_lead = caller.get(&path(&format!(".json?filterType=leadId&filterValues={ada}"))).await?;
    assert_eq!(by_lead["result"][0]["leadId"], ada);
    Ok(())
}

#[tokio::test]
async fn status_of_a_lead_in_a_closed_partition_is_refused() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let bob = marketo.add_person("Bob", "Kahn", "bob@example.com");
    marketo.arrange(|subscription| subscription.closed_partition.insert(ada));
    let body = json!({"statusName": "Registered", "input": [{"leadId": ada}, {"leadId": bob}]});
    assert_eq!(outcomes(&caller.post(&path("/status.json"), &body).await?), ["1008", "created"]);
    Ok(())
}
