//! The URL of each operation, as it is sent.

use crate::ZoomClient;
use crate::registrants::{NewRegistrant, RegistrantStatus, StatusAction};
use axum::Router;
use axum::extract::Request;
use domain::time::Timestamp;
use domain::{Email, WebinarId};
use platform::internal_api::ZoomToken;
use platform::testing::in_memory::InMemoryPorts;
use platform::url_origin::UrlOrigin;
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn each_operation_has_its_url() {
    let (memory, sent) = (InMemoryPorts::default(), Arc::new(Mutex::new(Vec::new())));
    let log = sent.clone();
    let record = async move |request: Request| {
        log.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
        "{}"
    };
    memory.serve("zoom.test:8443", Router::new().fallback(record));
    let api_base = UrlOrigin::parse("https://Zoom.test:8443/").unwrap();
    let token = ZoomToken { access_token: "t".into(), api_base, expires_at: Timestamp::MAX };
    let zoom = ZoomClient::with_token(&memory.ports(), token);
    let user = Email::parse("ädä+o/k@x.test").unwrap();
    let webinar = WebinarId::from(94_512_345_678);
    let registrant = NewRegistrant {
        email: user.clone(),
        first_name: "A".into(),
        last_name: "B".into(),
        more: domain::Sensitive::default(),
        custom_questions: Vec::new(),
    };

    _ = zoom.me().await;
    _ = zoom.user(&user).await;
    _ = zoom.may_read_webinars(&user).await;
    _ = zoom.webinars_of(&user, None).await;
    _ = zoom.webinars_of(&user, Some("a+b c/=")).await;
    _ = zoom.webinar(webinar).await;
    _ = zoom.past_instances(webinar).await;
    _ = zoom.report(&"/a+b//c==".into(), None).await;
    _ = zoom.report(&"a+b/c==".into(), Some("")).await;
    _ = zoom.past_participants(&"a b ü".into(), None).await;
    _ = zoom.absentees(&"".into(), None).await;
    _ = zoom.add_registrant(webinar, &registrant).await;
    _ = zoom.change_status(webinar, StatusAction::Approve, &[]).await;
    _ = zoom.registrant(webinar, &"a/b".into()).await;
    _ = zoom.registrants(webinar, RegistrantStatus::Pending, Some("x&y")).await;
    _ = zoom.questions(webinar).await;

    let expected = [
        "GET users/me",
        "GET users/%C3%A4d%C3%A4%2Bo%2Fk@x.test",
        "GET users/%C3%A4d%C3%A4%2Bo%2Fk@x.test/webinars?page_size=1",
        "GET users/%C3%A4d%C3%A4%2Bo%2Fk@x.test/webinars?type=scheduled&page_size=300",
        "GET users/%C3%A4d%C3%A4%2Bo%2Fk@x.test/webinars?type=scheduled&page_size=300&next_page_token=a%2Bb+c%2F%3D",
        "GET webinars/94512345678",
        "GET past_webinars/94512345678/instances",
        "GET report/webinars/%252Fa%252Bb%252F%252Fc%253D%253D/participants?include_fields=registrant_id&page_size=300",
        "GET report/webinars/a%2Bb%2Fc==/participants?include_fields=registrant_id&page_size=300&next_page_token=",
        "GET past_webinars/a%20b%20%C3%BC/participants?include_fields=registrant_id&page_size=300",
        "GET past_webinars//absentees?page_size=300",
        "POST webinars/94512345678/registrants",
        "PUT webinars/94512345678/registrants/status",
        "GET webinars/94512345678/registrants/a%2Fb",
        "GET webinars/94512345678/registrants?status=pending&page_size=300&next_page_token=x%26y",
        "GET webinars/94512345678/registrants/questions",
    ]
    .map(|operation| operation.replacen(' ', " https://zoom.test:8443/v2/", 1));
    assert_eq!(*sent.lock().unwrap(), expected);
}
