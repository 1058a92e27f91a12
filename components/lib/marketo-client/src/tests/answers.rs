//! Good answers of Marketo, as its interface describes them (docs/reference/marketo.md). Each value that the client reads
//! is present, because only a present value can be odd.

use serde_json::{Value, json};

fn envelope(result: Value) -> Value {
    json!({
        "requestId": "e42b#14272d07d78", "success": true, "warnings": [], "errors": [], "result": result,
        "nextPageToken": "GIYDAOBNGEYS2MBWKQYDAORQGA5DAMBOGAYDAKZQGAYDALBQ", "moreResult": true,
    })
}

pub(super) fn identity() -> Value {
    json!({
        "access_token": "cdf01657-110d-4155-99a7-f986b2ff13a0:int", "token_type": "bearer", "expires_in": 3599,
        "scope": "apis@acmeinc.example",
    })
}

/// The result of a write of three leads.
pub(super) fn lead_results() -> Value {
    envelope(json!([
        {"id": 318_581, "status": "created"},
        {"id": 318_592, "status": "updated"},
        {"status": "skipped", "reasons": [{"code": "1003", "message": "Invalid data"}]},
    ]))
}

/// The result of a write of three members.
pub(super) fn member_results() -> Value {
    envelope(json!([
        {"seq": 0, "leadId": 1789, "status": "updated"},
        {"seq": 1, "leadId": 1790, "status": "skipped", "reasons": [{"code": "1013", "message": "Not found"}]},
        {"seq": 2, "leadId": 1791, "status": "created"},
    ]))
}

/// The last page of a search for leads.
pub(super) fn leads() -> Value {
    let lead = |id: u64, email: &str| {
        json!({
            "id": id, "email": email, "firstName": "Jill", "lastName": "Chill", "company": "Example", "phone": "5550100",
            "updatedAt": "2026-10-02T08:00:00Z",
        })
    };
    last_page(json!([lead(318_581, "a@x.example"), lead(318_582, "b@x.example"), lead(318_583, "c@x.example")]))
}

fn member(lead: u64, status: &str) -> Value {
    json!({
        "seq": 0, "leadId": lead, "statusName": status, "registrationCode": "fdgsfh2ey82fuh", "reachedSuccess": false,
        "webinarUrl": "https://x.zoom.us/w/94512345678?tk=abc", "marketoGUID": "dff23271-f996-47d7",
    })
}

/// A page of members that is not the last one.
pub(super) fn members() -> Value {
    envelope(json!([member(1789, "Registered"), member(1790, "No Show"), member(1791, "2 Registered")]))
}

/// The last page of members.
pub(super) fn last_members() -> Value {
    last_page(json!([member(1789, "Registered"), member(1790, "No Show"), member(1791, "2 Registered")]))
}

/// Returns a last page, whose token does not count.
fn last_page(result: Value) -> Value {
    let mut answer = envelope(result);
    answer["moreResult"] = json!(false);
    answer
}

pub(super) fn member_fields() -> Value {
    envelope(json!([{
        "name": "API Program Membership", "dedupeFields": ["leadId", "programId"],
        "fields": [
            {"name": "registrationCode", "displayName": "Code", "dataType": "string", "updateable": true},
            {"name": "zoomMinutes", "displayName": "Minutes", "dataType": "integer", "length": 4, "updateable": true},
            {"name": "statusName", "displayName": "Status", "dataType": "string", "updateable": false},
        ],
    }]))
}

pub(super) fn program() -> Value {
    envelope(json!([{
        "id": 1107, "name": "Launch", "description": "", "type": "Event", "channel": "Webinar", "workspace": "Default",
        "status": "on", "tags": null, "folder": {"type": "Folder", "value": 2, "folderName": "Demand"},
    }]))
}

pub(super) fn channel() -> Value {
    envelope(json!([{
        "id": 11, "name": "Webinar", "applicableProgramType": "Event with Webinar", "createdAt": "2012-03-22T18:13:15Z",
        "progressionStatuses": [
            {"name": "Invited", "step": 10, "success": false, "hidden": false},
            {"name": "Registered", "step": 20, "success": false, "hidden": false},
            {"name": "Attended", "step": 40, "success": true, "hidden": false},
        ],
    }]))
}

pub(super) fn my_tokens() -> Value {
    let token = |name: &str, kind: &str, value: &str| json!({"name": name, "type": kind, "value": value, "computedUrl": "https://x.example"});
    envelope(json!([{
        "folder": {"type": "Program", "value": 1107},
        "tokens": [token("Topic", "text", "Launch"), token("Start", "date", "2026-11-03"), token("Seats", "number", "5")],
    }]))
}

/// The result of a write of a My Token.
pub(super) fn written_token() -> Value {
    envelope(json!([{"folder": {"type": "Program", "value": 1107}, "tokens": []}]))
}

/// The paging token of activities.
pub(super) fn paging_token() -> Value {
    json!({
        "requestId": "1607c#14884f3f5cb", "success": true,
        "nextPageToken": "GIYDAOBNGEYS2MBWKQYDAORQGA5DAMBOGAYDAKZQGAYDALBQ",
    })
}

/// A page of status changes that is not the last one.
pub(super) fn status_changes() -> Value {
    let change = |lead: u64, old: &str, new: &str| {
        json!({
            "id": 102_988, "marketoGUID": "102988", "leadId": lead, "activityDate": "2026-11-03T15:00:00Z",
            "activityTypeId": 104, "campaignId": 1042, "primaryAttributeValueId": 1107, "primaryAttributeValue": "Launch",
            "attributes": [
                {"name": "Acquired By", "value": true},
                {"name": "New Status ID", "value": 27},
                {"name": "New Status", "value": new},
                {"name": "Old Status", "value": old},
                {"name": "Success", "value": false},
            ],
        })
    };
    envelope(json!([
        change(1789, "Invited", "Registered"),
        change(1790, "", "2 Registered"),
        change(1791, "Registered", "Not in Program"),
    ]))
}

pub(super) fn error() -> Value {
    json!({
        "requestId": "e42b#14272d07d78", "success": false,
        "errors": [{"code": "610", "message": "Requested resource not found"}, {"code": "709", "message": "Rule"}],
    })
}
