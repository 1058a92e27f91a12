//! Reads every answer of Zoom with one odd value at a time (R22).

use super::answers;
use crate::registrants::{Answer, NewRegistrant, Registrant, RegistrantRef, RegistrantStatus, StatusAction};
use crate::reports::Participant;
use crate::webinars::ListedWebinar;
use crate::{Page, ZoomClient, ZoomError};
use axum::Router;
use axum::body::Body;
use domain::ids::InstanceUuid;
use domain::webinar::RegistrationMode;
use domain::{Email, Error, Sensitive, WebinarId, time};
use http::{Response, StatusCode};
use platform::internal_api::ZoomToken;
use platform::testing::in_memory::InMemoryPorts;
use platform::testing::odd_answers::{Cost, Costs, Tally, fault, list, odd_answers};
use platform::url_origin::UrlOrigin;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

type Image = Result<(Value, Option<usize>), ZoomError>;

/// What Zoom answers to every request, and the number of requests.
type Reply = Arc<Mutex<(u16, Vec<u8>, usize)>>;

fn client(reply: &Reply) -> ZoomClient {
    let memory = InMemoryPorts::default();
    let reply = reply.clone();
    let answer = move || {
        let mut reply = reply.lock().unwrap();
        reply.2 += 1;
        let body = Body::from(reply.1.clone());
        std::future::ready(Response::builder().status(StatusCode::from_u16(reply.0).unwrap()).body(body).unwrap())
    };
    memory.serve("zoom.test", Router::new().fallback(answer));
    let ports = memory.ports();
    let expires_at = ports.clock.now() + time::SignedDuration::from_hours(1);
    let token =
        ZoomToken { access_token: "t".into(), api_base: UrlOrigin::parse("http://zoom.test").unwrap(), expires_at };
    ZoomClient::with_token(&ports, token)
}

/// Reads every odd form of an answer with a call.
async fn check(
    tally: &mut Tally,
    name: &str,
    (status, good): (u16, Value),
    costs: &Costs,
    call: impl AsyncFn(ZoomClient) -> Image,
) {
    let reply = Reply::default();
    let read = async |text: Vec<u8>| {
        *reply.lock().unwrap() = (status, text, 0);
        let outcome = call(client(&reply)).await;
        if name == "add_registrant" {
            assert_eq!(reply.lock().unwrap().2, 1, "an add call was repeated (R12)");
        }
        outcome.map_err(|error| match error {
            ZoomError::Other(Error::Upstream(error)) => format!("{error} {error:?}"),
            error => panic!("{name}: not an error of the upstream: {error}"),
        })
    };
    let (baseline, unreadable) = read(good.to_string().into_bytes()).await.unwrap();
    assert!(matches!(unreadable, None | Some(0)), "{name}");
    for odd in odd_answers(&good) {
        let outcome = read(odd.text.clone()).await;
        tally.add(name, &odd, fault(&odd, &baseline, &outcome, costs));
    }
}

fn page_image<T>(name: &str, page: Page<T>, row: impl Fn(&T) -> Value) -> (Value, Option<usize>) {
    let image = json!({
        name: list(&page.items, row), "next_page_token": page.next_page_token, "total_records": page.total_records,
    });
    (image, Some(page.unreadable))
}

fn time_image(text: Option<&str>) -> Value {
    text.and_then(time::parse).map_or(Value::Null, |at| json!(at.to_string()))
}

fn listed_image(webinar: &ListedWebinar) -> Value {
    json!({
        "id": webinar.id, "topic": webinar.topic, "agenda": webinar.agenda, "type": webinar.kind,
        "start_time": time_image(webinar.start_time.as_deref()), "duration": webinar.duration,
        "timezone": webinar.timezone,
    })
}

fn registrant_image(registrant: &Registrant) -> Value {
    json!({
        "id": registrant.id, "email": registrant.email, "first_name": registrant.first_name,
        "last_name": registrant.last_name, "org": registrant.org, "phone": registrant.phone,
        "join_url": registrant.join_url, "status": registrant.status.map(RegistrantStatus::as_str),
    })
}

fn participant_image(row: &Participant) -> Value {
    json!({
        "id": row.id, "name": row.name, "user_email": row.user_email, "registrant_id": row.registrant_id,
        "join_time": time_image(row.join_time.as_deref()), "leave_time": time_image(row.leave_time.as_deref()),
        "duration": row.duration, "status": row.status, "internal_user": row.internal_user,
    })
}

const WEBINAR: u64 = 94_512_345_678;

fn webinar_id() -> WebinarId {
    WEBINAR.into()
}

#[tokio::test]
async fn r22_an_odd_value_costs_at_most_what_needs_it() {
    let email = Email::parse("ada@x.example").unwrap();
    let session = InstanceUuid::from("Bznyg8KZTdCVbQxvS/oZ7w==");
    let tally = &mut Tally::default();

    check(tally, "me", (200, answers::me()), &[], async |zoom| {
        let user = zoom.me().await?;
        Ok((json!({"id": user.id, "email": user.email, "account_id": user.account_id}), None))
    })
    .await;
    check(tally, "user", (200, answers::me()), &[], async |zoom| zoom.user(&email).await.map(|_| (Value::Null, None)))
        .await;
    check(tally, "may_read_webinars", (200, answers::webinars()), &[], async |zoom| {
        Ok((json!(zoom.may_read_webinars(&email).await?), None))
    })
    .await;
    check(tally, "webinars_of", (200, answers::webinars()), &[("/webinars/*/id", Cost::Row)], async |zoom| {
        Ok(page_image("webinars", zoom.webinars_of(&email, None).await?, listed_image))
    })
    .await;
    check(tally, "webinar", (200, answers::webinar()), &[], async |zoom| {
        let webinar = zoom.webinar(webinar_id()).await?;
        let mut image = listed_image(&webinar.listed);
        image["host_email"] = json!(webinar.host_email);
        image["join_url"] = json!(webinar.join_url);
        image["uuid"] = json!(webinar.uuid);
        image["settings"] = json!({
            "approval_type": webinar.registration() == RegistrationMode::Manual,
            "alternative_hosts": webinar.settings.alternative_hosts,
        });
        // The client knows the id: it has asked for it.
        image["id"] = json!(webinar.listed.id == webinar_id());
        Ok((image, None))
    })
    .await;
    check(tally, "registrants", (200, answers::registrants()), &[], async |zoom| {
        let page = zoom.registrants(webinar_id(), RegistrantStatus::Approved, None).await?;
        Ok(page_image("registrants", page, registrant_image))
    })
    .await;
    let one = answers::registrants()["registrants"][0].clone();
    check(tally, "registrant", (200, one), &[], async |zoom| {
        let found = zoom.registrant(webinar_id(), &"fdgsfh2ey82fuh".into()).await?;
        Ok((found.as_ref().map_or(Value::Null, registrant_image), None))
    })
    .await;
    let costs = [("/questions/*/field_name", Cost::Row), ("/custom_questions/*/title", Cost::Row)];
    check(tally, "questions", (200, answers::questions()), &costs, async |zoom| {
        let form = zoom.questions(webinar_id()).await?;
        let standard =
            list(&form.questions, |question| json!({"field_name": question.field_name, "required": question.required}));
        let custom = list(&form.custom_questions, |question| {
            json!({
                "title": question.title, "type": question.kind, "required": question.required,
                "answers": question.answers,
            })
        });
        Ok((json!({"questions": standard, "custom_questions": custom}), None))
    })
    .await;
    let costs = [("/registrant_id", Cost::Answer)];
    check(tally, "add_registrant", (201, answers::added_registrant()), &costs, async |zoom| {
        let registrant = NewRegistrant {
            email: email.clone(),
            first_name: "Ada".into(),
            last_name: "Lovelace".into(),
            more: Sensitive::default(),
            custom_questions: vec![Answer { title: "Size".into(), value: "L".into() }],
        };
        let added = zoom.add_registrant(webinar_id(), &registrant).await?;
        let status = added.status.map(RegistrantStatus::as_str);
        Ok((json!({"registrant_id": added.registrant_id, "join_url": added.join_url, "status": status}), None))
    })
    .await;
    check(tally, "status", (200, json!({"status": "success"})), &[], async |zoom| {
        let registrant = RegistrantRef { id: "r1".into(), email: email.clone() };
        zoom.change_status(webinar_id(), StatusAction::Approve, &[registrant]).await.map(|()| (Value::Null, None))
    })
    .await;
    check(
        tally,
        "past_instances",
        (200, answers::past_instances()),
        &[("/webinars/*/uuid", Cost::Row)],
        async |zoom| {
            let instances = zoom.past_instances(webinar_id()).await?;
            let image = list(
                &instances.rows,
                |instance| json!({"uuid": instance.uuid, "start_time": time_image(instance.start_time.as_deref())}),
            );
            Ok((json!({"webinars": image}), Some(instances.unreadable)))
        },
    )
    .await;
    check(tally, "panelists", (200, answers::panelists()), &[("/panelists/*/email", Cost::Row)], async |zoom| {
        let panelists = zoom.panelists(webinar_id()).await?;
        Ok((json!({"panelists": list(&panelists, |email| json!({"email": email.expose()}))}), None))
    })
    .await;
    check(tally, "session_end", (200, answers::session_detail()), &[], async |zoom| {
        let end = zoom.session_end(&session).await?;
        Ok((json!({"end_time": end.map(|end| end.to_string())}), None))
    })
    .await;
    check(tally, "report", (200, answers::participants()), &[], async |zoom| {
        Ok(page_image("participants", zoom.report(&session, None).await?, participant_image))
    })
    .await;
    check(tally, "past_participants", (200, answers::participants()), &[], async |zoom| {
        Ok(page_image("participants", zoom.past_participants(&session, None).await?, participant_image))
    })
    .await;
    check(tally, "absentees", (200, answers::registrants()), &[], async |zoom| {
        Ok(page_image("registrants", zoom.absentees(&session, None).await?, registrant_image))
    })
    .await;
    check(tally, "error document", (400, answers::error()), &[("/errors/*/field", Cost::Row)], async |zoom| match zoom
        .me()
        .await
    {
        Err(ZoomError::Api(error)) => {
            let fields = list(&error.fields, |field| json!({"field": field}));
            Ok((json!({"code": error.code, "message": error.message.expose(), "errors": fields}), None))
        }
        other => panic!("{other:?}"),
    })
    .await;
    std::mem::take(tally).finish("Zoom", 9_500);
}
