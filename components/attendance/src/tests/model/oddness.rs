//! Odd answers (R22): rows that nobody can read, values of other types, and other spellings of what is meant. None of them
//! changes what is true.

use super::draw::Draw;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use axum::{Router, middleware};
use http::header::CONTENT_LENGTH;
use serde_json::{Value, json};
use std::sync::Arc;

/// The lists of people.
const LISTS: [&str; 2] = ["participants", "registrants"];

/// Returns a router whose answers are odd.
pub(super) fn odd(router: Router, seed: u64) -> Router {
    let draw = Arc::new(Draw::new(seed));
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let draw = draw.clone();
        async move {
            let is_first_page = !request.uri().query().unwrap_or_default().contains("age_token=");
            let is_members = request.uri().path().ends_with("/members.json") && request.method() == "GET";
            let (mut parts, body) = next.run(request).await.into_parts();
            // A connection that is closed on purpose has no body.
            let Ok(bytes) = to_bytes(body, usize::MAX).await else { return Response::from_parts(parts, Body::empty()) };
            let odd = change(&bytes, is_first_page, is_members, &draw);
            parts.headers.remove(CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(odd.unwrap_or(bytes)))
        }
    }))
}

fn change(bytes: &Bytes, is_first_page: bool, is_members: bool, draw: &Draw) -> Option<Bytes> {
    let mut answer: Value = serde_json::from_slice(bytes).ok()?;
    if is_members {
        let rows = answer.get_mut("result")?.as_array_mut()?;
        rows.iter_mut().for_each(|row| row["leadId"] = text_or_number(&row["leadId"], draw));
        if draw.chance(30) {
            rows.push(draw.pick(&[0, 1]).into());
        }
        return Some(answer.to_string().into());
    }
    let list = LISTS.into_iter().find(|list| answer[*list].is_array())?;
    for row in answer[list].as_array_mut()? {
        change_row(row, draw);
    }
    // Each first page has one row that nobody can read, and the number of rows has it too.
    if is_first_page {
        let unreadable = [Value::Null, json!("odd"), json!(7), json!({"id": {}, "email": [1], "registrant_id": []})];
        let index = usize::try_from(draw.between(0, 3)).unwrap();
        answer[list].as_array_mut()?.push(unreadable[index].clone());
    }
    let total = json!(answer["total_records"].as_u64()? + 1);
    answer["total_records"] = text_or_number(&total, draw);
    Some(answer.to_string().into())
}

fn change_row(row: &mut Value, draw: &Draw) {
    for field in ["failover", "user_id", "customer_key", "custom_questions", "create_time"] {
        if draw.chance(20) && row.get(field).is_some() {
            row[field] = if draw.chance(50) { Value::Null } else { json!({"odd": [field]}) };
        }
    }
    for (field, usual) in [("internal_user", json!(false)), ("status", json!("in_meeting"))] {
        if draw.chance(30) && row.get(field) == Some(&usual) {
            row[field] = Value::Null;
        }
    }
    if draw.chance(40) && row["duration"].is_i64() {
        row["duration"] = text_or_number(&row["duration"], draw);
    }
    for field in ["join_time", "leave_time"] {
        if let Some(local) = row[field].as_str().and_then(|text| text.strip_suffix('Z'))
            && draw.chance(30)
        {
            row[field] = format!("{local}{}", if draw.chance(50) { ".000Z" } else { "+00:00" }).into();
        }
    }
}

/// Returns a number as a text or as it is.
fn text_or_number(value: &Value, draw: &Draw) -> Value {
    if draw.chance(50) { value.to_string().into() } else { value.clone() }
}
