//! Good answers of Zoom, as its interface describes them (docs/reference/zoom.md). Each value that the client reads is
//! present, because only a present value can be odd.

use serde_json::{Value, json};

pub(super) fn me() -> Value {
    json!({
        "id": "zJKyaiAyTNC-MWjiWC18KQ", "first_name": "Ada", "last_name": "Lovelace", "email": "ada@x.example",
        "type": 2, "role_name": "Admin", "account_id": "q6gBJVO5TzexKYTb_I2rpg", "timezone": "Europe/Berlin",
        "status": "active", "verified": 1, "dept": "",
    })
}

fn listed_webinar(id: u64, topic: &str) -> Value {
    json!({
        "id": id, "uuid": "m3WqMkvuRXyYqH+eKWhk9w==", "host_id": "30R7kT7bTIKSNUFEuH_Qlg", "topic": topic,
        "agenda": "What is new", "type": 5, "start_time": "2026-11-03T10:00:00Z", "duration": 60,
        "timezone": "Europe/Berlin", "created_at": "2026-10-01T08:00:00Z", "join_url": "https://x.zoom.us/j/94512345678",
        "is_simulive": false,
    })
}

pub(super) fn webinars() -> Value {
    json!({
        "next_page_token": "w7587w4eiyfsudgf", "page_count": 1, "page_number": 1, "page_size": 300, "total_records": 3,
        "webinars": [
            listed_webinar(94_512_345_678, "Launch"), listed_webinar(94_512_345_679, "Autumn"),
            listed_webinar(94_512_345_680, "Winter"),
        ],
    })
}

pub(super) fn webinar() -> Value {
    json!({
        "id": 94_512_345_678_u64, "uuid": "m3WqMkvuRXyYqH+eKWhk9w==", "host_id": "30R7kT7bTIKSNUFEuH_Qlg",
        "host_email": "host@x.example", "topic": "Launch", "agenda": "What is new", "type": 5,
        "start_time": "2026-11-03T10:00:00Z", "duration": 60, "timezone": "Europe/Berlin",
        "join_url": "https://x.zoom.us/j/94512345678", "is_simulive": false, "is_events_webinar": false,
        "settings": {
            "approval_type": 1, "registration_type": 1, "alternative_hosts": "co@x.example",
            "practice_session": true, "on_demand": false, "registrants_restrict_number": 0,
            "question_and_answer": {"enable": true, "answer_questions": "all"},
        },
    })
}

fn registrant(id: &str, email: &str) -> Value {
    json!({
        "id": id, "email": email, "first_name": "Jill", "last_name": "Chill", "address": "1 Way", "city": "",
        "org": "Example", "phone": "5550100", "status": "approved", "create_time": "2026-10-02T08:00:00Z",
        "join_url": "https://x.zoom.us/w/94512345678?tk=abc", "custom_questions": [{"title": "Size", "value": "L"}],
    })
}

pub(super) fn registrants() -> Value {
    json!({
        "next_page_token": "w7587w4eiyfsudgf", "page_count": 1, "page_number": 1, "page_size": 300, "total_records": 3,
        "registrants": [
            registrant("fdgsfh2ey82fuh", "a@x.example"), registrant("1234567890", "b@x.example"),
            registrant("zJKyaiAyTNC", "c@x.example"),
        ],
    })
}

pub(super) fn questions() -> Value {
    json!({
        "questions": [{"field_name": "last_name", "required": true}, {"field_name": "org", "required": false}],
        "custom_questions": [
            {"title": "Any wishes?", "type": "short", "required": false, "answers": []},
            {"title": "Size", "type": "single_radio", "required": true, "answers": ["S", "M", "L"]},
        ],
    })
}

pub(super) fn added_registrant() -> Value {
    json!({
        "id": 94_512_345_678_u64, "registrant_id": "fdgsfh2ey82fuh", "topic": "Launch", "status": "approved",
        "start_time": "2026-11-03T10:00:00Z", "join_url": "https://x.zoom.us/w/94512345678?tk=abc",
        "occurrences": [{"occurrence_id": "1648194360000", "duration": 60, "status": "available"}],
    })
}

pub(super) fn past_instances() -> Value {
    json!({"webinars": [
        {"uuid": "Bznyg8KZTdCVbQxvS/oZ7w==", "start_time": "2026-11-02T10:00:00Z"},
        {"uuid": "/ajXp112QmuoKj4854875==", "start_time": "2026-11-01T10:00:00Z", "occurrence_id": "1648194360000"},
        {"uuid": "1234567890", "start_time": "2026-10-31T10:00:00Z"},
    ]})
}

fn panelist(number: u32) -> Value {
    json!({
        "id": format!("panelist_{number}"), "email": format!("speaker{number}@x.example"), "name": "A Speaker",
        "join_url": "https://x.zoom.us/w/94512345678?tk=p", "virtual_background_id": "", "name_tag_id": "t",
    })
}

pub(super) fn panelists() -> Value {
    json!({"total_records": 3, "panelists": [panelist(1), panelist(2), panelist(3)]})
}

pub(super) fn session_detail() -> Value {
    json!({
        "uuid": "Bznyg8KZTdCVbQxvS/oZ7w==", "id": 94_512_345_678_u64, "type": 5, "topic": "Launch",
        "start_time": "2026-11-02T10:00:00Z", "end_time": "2026-11-02T10:50:00Z", "duration": 50, "total_minutes": 140,
        "participants_count": 3, "user_name": "The Host", "user_email": "host@x.example", "dept": "",
        "custom_keys": [{"key": "Host Nation", "value": "US"}],
    })
}

fn participant(registrant: &str, email: &str) -> Value {
    json!({
        "id": "30R7kT7bTIKSNUFEuH_Qlg", "user_id": "16778240", "name": "A Person", "user_email": email,
        "registrant_id": registrant, "join_time": "2026-11-02T10:00:05Z", "leave_time": "2026-11-02T10:50:00Z",
        "duration": 2995, "failover": false, "status": "in_meeting", "internal_user": true, "customer_key": "",
    })
}

pub(super) fn participants() -> Value {
    json!({
        "next_page_token": "Tva2CuIdTgsv8wAnhyAdU3m06Y2HuLQtlh3", "page_count": 1, "page_size": 300, "total_records": 3,
        "participants": [
            participant("R-A", "a@x.example"), participant("1234567890", "b@x.example"),
            participant("R-C", "c@x.example"),
        ],
    })
}

pub(super) fn error() -> Value {
    json!({
        "code": 300, "message": "Validation Failed.",
        "errors": [
            {"field": "first_name", "message": "Invalid field."}, {"field": "phone", "message": "Invalid field."},
            {"field": "org", "message": "Invalid field."},
        ],
    })
}
