//! Connecting programs to webinars, and the reasons against it (R5, R6).

use super::support::{
    BOB, add_program, add_users, connection, enable, in_hours, my_tokens, refusal, tokens_written, webhook_payload,
    webinar_of,
};
use crate::harness::{App, Fixture, wait_for};
use fakes::env::MARKETO_API_KEY;
use fakes::marketo::subscription::{Channel, DEFAULT_PROGRAM, NewProgram, ProgressionStatus, WEBINAR_PROGRAM};
use fakes::zoom::{ADMIN, Account, NewUser, NewWebinar, UserChange, WebinarChange};
use jiff::Timestamp;
use serde_json::json;

#[tokio::test]
async fn r6_each_reason_against_connecting_has_its_code_and_changes_nothing() {
    let fixture = Fixture::new(App::start().await).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let good = fixture.webinar.to_string();
    let carol = "carol@example.com";
    add_users(&fixture.app, &[BOB, carol]);
    enable(&fixture.admin, &fixture.service, &[carol]).await;
    zoom.put_account(Account { id: "acc_2".to_owned(), plan: fakes::zoom::Plan::default() });
    zoom.add_user(NewUser { account: "acc_2".to_owned(), ..NewUser::named("zoe@elsewhere.example") }).unwrap();
    let add = |webinar: NewWebinar| zoom.add_webinar(webinar).unwrap().id.to_string();
    let without_fixed_times = add(NewWebinar { kind: 6, ..NewWebinar::default() });
    let with_fixed_times = add(NewWebinar { kind: 9, ..NewWebinar::default() });
    let over = add(NewWebinar { start_time: Some(in_hours(-2)), ..NewWebinar::default() });
    let of_bob = add(webinar_of(BOB));
    let of_bob_recurring = add(NewWebinar { kind: 9, ..webinar_of(BOB) });
    let unlicensed = add(webinar_of(carol));
    zoom.change_user(carol, UserChange { licensed: Some(false), ..UserChange::default() }).unwrap();
    let of_zoom_events = add(NewWebinar { is_events_webinar: true, ..NewWebinar::default() });
    let elsewhere = add(webinar_of("zoe@elsewhere.example"));
    let deleted = add(webinar_of(ADMIN));
    zoom.delete_webinar(deleted.parse().unwrap()).await.unwrap();
    // A program of a webinar type whose channel no longer exists.
    let orphan = NewProgram {
        id: None,
        name: "Orphan".to_owned(),
        kind: "Event".to_owned(),
        channel: "Unknown channel".to_owned(),
    };
    let orphan = marketo.arrange(|world| world.add_program(orphan, Timestamp::now()));

    let connections = || async { fixture.admin.get("/catalog/programs").await.unwrap().ok().unwrap() };
    let everything = || async {
        let programs = [WEBINAR_PROGRAM, DEFAULT_PROGRAM, orphan].map(|program| my_tokens(&fixture.app, program));
        (connections().await, programs, tokens_written(&fixture.app))
    };
    let before = everything().await;
    let (own, service) = (WEBINAR_PROGRAM.to_string(), fixture.service.as_str());
    for (what, program, service, webinar, expected) in [
        ("no such program", "999999", service, &good, (404, "NOT_FOUND")),
        ("another channel", "1002", service, &good, (422, "PROGRAM_NOT_WEBINAR_CHANNEL")),
        ("no channel", &*orphan.to_string(), service, &good, (422, "PROGRAM_NOT_WEBINAR_CHANNEL")),
        ("not a program's id", "abc", service, &good, (400, "INVALID_REQUEST")),
        ("recurring without times", &*own, service, &without_fixed_times, (422, "WEBINAR_RECURRING")),
        ("recurring with times", &*own, service, &with_fixed_times, (422, "WEBINAR_RECURRING")),
        ("over", &*own, service, &over, (409, "WEBINAR_OVER")),
        ("unknown", &*own, service, &"99999999999".to_owned(), (404, "WEBINAR_NOT_FOUND")),
        ("deleted", &*own, service, &deleted, (404, "WEBINAR_NOT_FOUND")),
        ("another account's", &*own, service, &elsewhere, (404, "WEBINAR_NOT_FOUND")),
        ("host not enabled", &*own, service, &of_bob, (422, "HOST_NOT_ENABLED")),
        // Nothing is disclosed of other hosts' webinars, not even that they recur.
        ("host not enabled, recurring", &*own, service, &of_bob_recurring, (422, "HOST_NOT_ENABLED")),
        ("host without licence", &*own, service, &unlicensed, (422, "HOST_LACKS_LICENCE")),
        ("of Zoom Events", &*own, service, &of_zoom_events, (422, "INVALID_FIELD")),
        ("not a webinar's id", &*own, service, &"12a".to_owned(), (400, "INVALID_REQUEST")),
        ("no such service", &*own, "unknown", &good, (404, "SERVICE_NOT_FOUND")),
        ("not a service's id", &*own, "../x", &good, (404, "SERVICE_NOT_FOUND")),
    ] {
        let choice = json!({"service": service, "webinar": webinar});
        let answer = fixture.admin.put(&format!("/catalog/programs/{program}"), &choice).await.unwrap();
        assert_eq!(refusal(&answer), expected, "{what}: {}", answer.body);
        assert_eq!(answer.content_type, "application/problem+json", "{what}");
        assert_eq!(everything().await, before, "{what}");
    }
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r6_statuses_match_in_any_case_and_keep_their_steps() {
    let app = App::start().await;
    let names = [("Invited", 10), ("REGISTERED", 20), ("pending approval", 25), ("no show", 30), ("aTTended", 40)];
    let channel = |name: &str, statuses: Vec<ProgressionStatus>| Channel {
        id: 0,
        name: name.to_owned(),
        applicable_program_type: "WEBINAR".to_owned(),
        progression_statuses: statuses,
    };
    let statuses = names.map(|(name, step)| ProgressionStatus::new(name, step));
    let program = |name: &str, channel: &str| NewProgram {
        id: None,
        name: name.to_owned(),
        kind: "Event".to_owned(),
        channel: channel.to_owned(),
    };
    // The channel decides, not the program's type (R6).
    let (usual, bare) = app.env.marketo.arrange(|world| {
        world.add_channel(channel("Online", statuses.into()));
        world.add_channel(channel("Bare", vec![ProgressionStatus::new("Member", 10)]));
        let now = Timestamp::now();
        (world.add_program(program("Spelled oddly", "Online"), now), world.add_program(program("Bare", "Bare"), now))
    });
    let fixture = Fixture::new(app).await;
    let connect = async |program| fixture.admin.connect(program, &fixture.service, fixture.webinar).await.unwrap().ok();
    let connected = connect(usual).await.unwrap();
    let expected = names.map(|(name, step)| json!({"name": name, "step": step}));
    assert_eq!(connected["channel"], json!({"name": "Online", "statuses": expected}));
    assert_eq!(
        connected["missing_statuses"],
        json!(["Registration Error", "Wait Listed", "Rejected", "Attended On-demand"])
    );
    // No status of this channel can be taken for Registered (R21).
    let refused = fixture.admin.connect(bare, &fixture.service, fixture.webinar).await.unwrap();
    assert_eq!(refusal(&refused), (422, "PROGRAM_NOT_WEBINAR_CHANNEL"), "{}", refused.body);
    assert_eq!(refused.body["statuses"], json!(["Member"]));
    let path = format!("/catalog/programs/{bare}");
    let choice = json!({"service": fixture.service, "webinar": fixture.webinar, "statuses": {"registered": "Member"}});
    let connected = fixture.admin.put(&path, &choice).await.unwrap().ok().unwrap();
    assert_eq!(
        connected["missing_statuses"],
        json!([
            "Attended",
            "No Show",
            "Registration Error",
            "Pending Approval",
            "Wait Listed",
            "Rejected",
            "Attended On-demand",
        ])
    );

    // The status "REGISTERED" starts a registration.
    let lead = fixture.add_leads(1)[0];
    let mut campaign = fixture.campaign(&[lead]);
    (campaign.program_id, campaign.status) = (usual, Some("REGISTERED".to_owned()));
    let run = fixture.app.env.marketo.run_campaign(campaign).await.unwrap();
    assert!(run.outcomes()[&lead].success, "{run:#?}");
    assert_eq!(fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrants.len(), 1);
}

#[tokio::test]
async fn connecting_to_another_webinar_names_the_replaced_one() {
    let fixture = Fixture::new(App::start().await).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let lead = fixture.add_leads(1)[0];
    marketo.run_campaign(fixture.campaign(&[lead])).await.unwrap();
    let first = connection(&fixture.admin, WEBINAR_PROGRAM).await;
    let other = zoom.add_webinar(NewWebinar { topic: "Encore".to_owned(), ..NewWebinar::default() }).unwrap().id;

    let connect = async |webinar| {
        let answer = fixture.admin.connect(WEBINAR_PROGRAM, &fixture.service, webinar).await.unwrap();
        answer.ok().unwrap()
    };
    let same = connect(fixture.webinar).await;
    assert_eq!((same.get("replaced"), &same["connected_at"]), (None, &first["connected_at"]));
    let moved = connect(other).await;
    assert_eq!(moved["replaced"], fixture.webinar.to_string());
    assert_eq!((&moved["webinar"]["id"], &moved["webinar"]["topic"]), (&json!(other.to_string()), &json!("Encore")));
    // Only the response to the change names the replaced webinar.
    let shown = connection(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!((shown.get("replaced"), &shown["webinar"]["topic"]), (None, &json!("Encore")));
    let programs = fixture.admin.get("/catalog/programs").await.unwrap().ok().unwrap();
    assert_eq!(programs["programs"], json!([shown]));
    assert_eq!(my_tokens(&fixture.app, WEBINAR_PROGRAM)["Webinar Topic"], "Encore");
    // Existing registrations remain.
    assert_eq!(zoom.webinar(fixture.webinar).unwrap().registrants.len(), 1);
}

#[tokio::test]
async fn r4_two_programs_follow_the_same_webinar() {
    let fixture = Fixture::new(App::start().await).await;
    let second = add_program(&fixture.app, "Partners");
    fixture.admin.connect(second, &fixture.service, fixture.webinar).await.unwrap().ok().unwrap();
    let change = WebinarChange { topic: Some("Renamed".to_owned()), ..WebinarChange::default() };
    fixture.app.env.zoom.update_webinar(fixture.webinar, change).await.unwrap();
    wait_for("the new topic in both", || async {
        let topics = [WEBINAR_PROGRAM, second].map(|program| my_tokens(&fixture.app, program)["Webinar Topic"].clone());
        (topics == ["Renamed", "Renamed"]).then_some(())
    })
    .await;
    fixture.admin.delete(&format!("/catalog/programs/{second}")).await.unwrap().ok().unwrap();
    assert_eq!(connection(&fixture.admin, WEBINAR_PROGRAM).await["problem"], json!(null));
}

#[tokio::test]
async fn r5_without_registration_the_shared_link_is_offered_and_no_lead_is_registered() {
    let webinar = NewWebinar { approval_type: 2, ..NewWebinar::default() };
    let fixture = Fixture::with_webinar(App::start().await, webinar).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let link = format!("{}/j/{}", zoom.url(), fixture.webinar);
    let connected = connection(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!((&connected["webinar"]["registration"], &connected["problem"]), (&json!("none"), &json!(null)));
    assert_eq!(connected["webinar"]["join_url"], link);
    assert_eq!(my_tokens(&fixture.app, WEBINAR_PROGRAM)["Webinar Join Link"], link);

    let leads = fixture.add_leads(3);
    let run = marketo.run_campaign(fixture.campaign(&leads)).await.unwrap();
    assert_eq!(run.violations(), Vec::<&str>::new());
    assert_eq!(run.outcomes().len(), leads.len());
    for outcome in run.outcomes().values() {
        assert_eq!(outcome.error_code, "REGISTRATION_NOT_REQUIRED", "{outcome:#?}");
        assert_eq!(outcome.attributes["registration"], "skipped", "{outcome:#?}");
    }
    let payload = webhook_payload(&fixture, WEBINAR_PROGRAM, leads[0]);
    let url = format!("{}/registration/webhook", fixture.app.url());
    let called = marketo.call_webhook(&url, MARKETO_API_KEY, &payload).await;
    assert_eq!(called.status, Some(200));
    assert_eq!(
        (&called.body["outcome"], &called.body["code"]),
        (&json!("skipped"), &json!("REGISTRATION_NOT_REQUIRED"))
    );
    assert_eq!(zoom.log().count("POST", &fixture.registrants_path()), 0);
    for &lead in &leads {
        // A lead that needs no registration keeps its status.
        assert_eq!(marketo.member(WEBINAR_PROGRAM, lead).unwrap().status_name, "Registered");
    }

    // The host turns registration on: personal links replace the shared link, and leads are registered.
    let change = WebinarChange { approval_type: Some(0), ..WebinarChange::default() };
    zoom.update_webinar(fixture.webinar, change).await.unwrap();
    wait_for("the personal links", || async {
        (my_tokens(&fixture.app, WEBINAR_PROGRAM)["Webinar Join Link"] != link).then_some(())
    })
    .await;
    let run = marketo.run_campaign(fixture.campaign(&leads)).await.unwrap();
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
}
