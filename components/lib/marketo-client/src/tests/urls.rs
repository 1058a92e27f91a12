//! The URL of each operation, as it is sent.

use crate::programs::MyToken;
use crate::{MarketoClient, TokenCache};
use axum::Router;
use axum::extract::Request;
use domain::status::ProgressionStatus;
use domain::{Email, LeadId, ProgramId};
use platform::testing::in_memory::InMemoryPorts;
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn each_operation_has_its_url() {
    let (memory, sent) = (InMemoryPorts::default(), Arc::new(Mutex::new(Vec::new())));
    let log = sent.clone();
    let record = async move |request: Request| {
        log.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
        r#"{"access_token":"t","expires_in":3600,"success":true,"result":[]}"#
    };
    memory.serve("123-abc-456.mktorest.test", Router::new().fallback(record));
    memory.set("marketo_url", "https://123-ABC-456.mktorest.test/");
    memory.set("marketo_client_id", "a&b");
    memory.set("marketo_client_secret", "c+d e/ü");
    let marketo = MarketoClient::new(&memory.ports(), &Arc::new(TokenCache::default()));
    let (program, lead) = (ProgramId::from(7), LeadId::from(9));
    let status: ProgressionStatus = serde_json::from_str(r#"{"name":"Attended","step":1}"#).unwrap();
    let token = MyToken { name: "a/b".to_owned(), kind: "text".to_owned(), value: String::new() };

    _ = marketo.program(program).await;
    _ = marketo.channel("Tag & Co/Wéb+ 100%").await;
    _ = marketo.channel("").await;
    _ = marketo.my_tokens(program).await;
    _ = marketo.set_my_token(program, &token).await;
    _ = marketo.set_status(program, &status, &[lead]).await;
    _ = marketo.set_custom_fields(program, &[]).await;
    _ = marketo.member_fields().await;
    _ = marketo.members_with_status(program, "No Show", Some("t==")).await;
    _ = marketo.members_of(program, &[lead, LeadId::from(10)]).await;
    _ = marketo.lead_fields().await;
    _ = marketo.lead_partitions().await;
    _ = marketo.leads_by_id(&[lead]).await;
    _ = marketo.leads_by_email(&[&Email::parse("a+b@x.test").unwrap()]).await;
    _ = marketo.activities_since("2026-11-03T15:00:00Z".parse().unwrap()).await;
    _ = marketo.status_changes(&[program, ProgramId::from(8)], "t==").await;
    _ = marketo.status_changes(&vec![program; 301], "t==").await;

    let members = "GET rest/v1/programs/7/members.json?filterType";
    let fields = "fields=leadId%2CstatusName%2CregistrationCode%2CwebinarUrl&batchSize=300";
    let activities = "GET rest/v1/activities.json?activityTypeIds=104&batchSize=300&nextPageToken=t%3D%3D";
    let expected = [
        "POST identity/oauth/token",
        "GET rest/asset/v1/program/7.json",
        "GET rest/asset/v1/channel/byName.json?name=Tag+%26+Co%2FW%C3%A9b%2B+100%25",
        "GET rest/asset/v1/channel/byName.json?name=",
        "GET rest/asset/v1/folder/7/tokens.json?folderType=Program",
        "POST rest/asset/v1/folder/7/tokens.json",
        "POST rest/v1/programs/7/members/status.json",
        "GET rest/v1/programs/members/describe.json",
        &format!("{members}=statusName&filterValues=No+Show&{fields}&nextPageToken=t%3D%3D"),
        &format!("{members}=leadId&filterValues=9%2C10&{fields}"),
        "GET rest/v1/leads/describe2.json",
        "GET rest/v1/leads/partitions.json",
        "POST rest/v1/leads.json?_method=GET",
        "POST rest/v1/leads.json?_method=GET",
        "GET rest/v1/activities/pagingtoken.json?sinceDatetime=2026-11-03T15%3A00%3A00Z",
        &format!("{activities}&assetIds=7%2C8"),
        activities,
    ]
    .map(|operation| operation.replacen(' ', " https://123-abc-456.mktorest.test/", 1));
    assert_eq!(*sent.lock().unwrap(), expected);
}
