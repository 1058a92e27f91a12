//! Who was who: everybody is accounted for by what Zoom knows of them, and nobody by a guess.

use super::past::{
    STATUS, accounted_for, counts, hold, hours_ago, is_lead, lead_of, move_to, problem, status, sync, throughout,
};
use crate::harness::{App, Scene, email, until};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use fakes::zoom::{ADMIN, Attendance, NewRegistrant, NewUser, NewWebinar, Panelist, Person};
use serde_json::{Value, json};

const MINUTE: i64 = 60;

/// When somebody was there, as the admin asks for one person.
async fn trace(scene: &Scene, email: &str) -> Value {
    let asked = json!({"program_id": WEBINAR_PROGRAM.to_string(), "email": email});
    scene.admin.post("/attendance/trace", &asked).await.unwrap().ok().unwrap()
}

fn stay(who: &str, from: i64, minutes: i64) -> Attendance {
    Attendance::during(Person::Registrant(who.to_owned()), from * MINUTE, minutes * MINUTE)
}

#[tokio::test]
async fn everybody_is_matched_by_registrant_id_then_by_address_and_nobody_is_guessed() {
    let scene = Scene::set(App::start().await).await;
    let (zoom, marketo) = (&scene.app.stage.zoom, &scene.app.stage.marketo);

    // Registered through Marketo.
    let marketing = [
        ("came back", "Back@Example.COM"),
        ("two devices", "devices@example.com"),
        ("waiting room only", "waits@example.com"),
        ("plus address", "ada+zoom@example.com"),
        ("same without plus", "ada@example.com"),
        ("away", "away@example.com"),
        ("denied since", "denied@example.com"),
        ("attended already", "already@example.com"),
        ("saw the recording", "ondemand@example.com"),
    ];
    let leads = marketing.map(|(_, email)| marketo.add_person("First", "Last", email));
    let run = scene.run_campaign(&leads).await;
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    zoom.set_registration(scene.webinar, "denied@example.com", "deny").await.unwrap();
    assert!(marketo.set_member(WEBINAR_PROGRAM, leads[7], "Attended"));
    assert!(marketo.set_member(WEBINAR_PROGRAM, leads[8], "Attended On-demand"));

    // Leads who registered on Zoom's own page, in letters of another case: one of no program, one who was invited.
    let known = marketo.add_lead(&json!({
        "firstName": "Known", "email": "known@elsewhere.example", "company": "As We Know It", "title": "CEO",
    }));
    let invited = marketo.add_person("In", "Vited", "invited@elsewhere.example");
    assert!(marketo.set_member(WEBINAR_PROGRAM, invited, "Invited"));
    let page = |email: &str, org: &str, phone: &str| NewRegistrant {
        email: email.to_owned(),
        first_name: "Page".to_owned(),
        last_name: "Registrant".to_owned(),
        details: [("org", org), ("phone", phone)].map(|(name, text)| (name.to_owned(), text.to_owned())).into(),
        ..NewRegistrant::default()
    };
    for new in [
        page("Known@Elsewhere.EXAMPLE", "As Zoom Knows It", "+44 20 7946 0001"),
        page("INVITED@elsewhere.example", "Zoom's", "+44 20 7946 0002"),
        // Nobody has heard of these.
        page("came@elsewhere.example", "Came & Co.", "+44 20 7946 0003"),
        page("stayed.away@elsewhere.example", "Away Ltd.", "+44 20 7946 0004"),
        // A colleague of Alice's who registered, and joined signed in to Zoom: the row has no registrant id.
        page("bob@example.com", "Acme", "+44 20 7946 0005"),
    ] {
        zoom.register_on_zoom(scene.webinar, new).await.unwrap();
    }
    assert!(!is_lead(&scene, "came@elsewhere.example"), "R10: not before it attended");
    for name in ["bob@example.com", "eve@example.com"] {
        zoom.add_user(NewUser::named(name)).unwrap();
    }
    let panelist = Panelist { email: "speaker@elsewhere.example".into(), name: "Spea Ker".into() };
    zoom.add_panelist(scene.webinar, panelist).unwrap();

    let attendance = vec![
        // Twelve minutes, away for eight, ten minutes.
        stay("back@example.com", 0, 12),
        stay("back@example.com", 20, 10),
        // From minute 5 to minute 35, on two devices, one of them within the other and one over its end.
        stay("devices@example.com", 5, 20),
        stay("devices@example.com", 10, 5),
        stay("devices@example.com", 15, 20),
        Attendance { waiting_room: true, ..throughout("waits@example.com") },
        throughout("ada+zoom@example.com"),
        throughout("known@elsewhere.example"),
        throughout("invited@elsewhere.example"),
        Attendance { waiting_room: true, ..stay("came@elsewhere.example", 0, 30) },
        stay("came@elsewhere.example", 30, 15),
        Attendance::during(Person::User("bob@example.com".into()), 0, 30 * MINUTE),
        // Staff: the host, a colleague, a panelist.
        Attendance::throughout(Person::User(ADMIN.into())),
        Attendance::throughout(Person::User("eve@example.com".into())),
        Attendance::throughout(Person::Panelist("speaker@elsewhere.example".into())),
        // Nobody: one caller twice, another caller, somebody with a name that is a lead's.
        Attendance::during(Person::DialIn("+15550100".into()), 0, 60),
        Attendance::during(Person::DialIn("+15550100".into()), 120, 60),
        Attendance::throughout(Person::DialIn("+15550199".into())),
        Attendance::throughout(Person::Guest("First Last".into())),
    ];
    hold(&scene, scene.webinar, attendance).await;
    let shown = accounted_for(&scene, WEBINAR_PROGRAM).await;

    let expected = [
        ("Back@Example.COM", "Attended"),
        ("devices@example.com", "Attended"),
        ("waits@example.com", "No Show"),
        ("ada+zoom@example.com", "Attended"),
        ("ada@example.com", "No Show"),
        ("away@example.com", "No Show"),
        ("denied@example.com", "No Show"),
        ("already@example.com", "Attended"),
        ("ondemand@example.com", "Attended On-demand"),
        ("known@elsewhere.example", "Attended"),
        ("invited@elsewhere.example", "Attended"),
        ("came@elsewhere.example", "Attended"),
        ("stayed.away@elsewhere.example", "No Show"),
        ("bob@example.com", "Attended"),
    ];
    for (email, expected) in expected {
        assert_eq!(status(&scene, lead_of(&scene, email)).as_deref(), Some(expected), "{email}: {shown}");
    }
    for email in [ADMIN, "eve@example.com", "speaker@elsewhere.example"] {
        assert!(!is_lead(&scene, email), "{email}");
    }
    assert_eq!(marketo.members(WEBINAR_PROGRAM).len(), expected.len());
    // Two callers and a guest.
    assert_eq!(shown["unmatched"], 3, "{shown}");
    // By what Zoom says: neither who was set to Attended by hand nor who saw the recording. New are two of the page and
    // the colleague.
    assert_eq!(counts(&shown), [7, 5, 3], "{shown}");
    assert_eq!((problem(&shown), &shown["refused"]), ("", &json!(0)));

    // R11: what Zoom knows of strangers; of leads it fills in only what is blank.
    let fields = |lead: i64| {
        let lead = marketo.lead(lead).unwrap();
        ["firstName", "lastName", "company", "phone"].map(|name| lead.text(name).to_owned())
    };
    let [came, away] = ["came@elsewhere.example", "stayed.away@elsewhere.example"].map(|email| lead_of(&scene, email));
    assert_eq!(fields(came), ["Page", "Registrant", "Came & Co.", "+44 20 7946 0003"]);
    assert_eq!(fields(away), ["Page", "Registrant", "Away Ltd.", "+44 20 7946 0004"]);
    assert_eq!(fields(known), ["Known", "Registrant", "As We Know It", "+44 20 7946 0001"]);
    assert_eq!(marketo.lead(known).unwrap().text("email"), "known@elsewhere.example");

    // Minutes: each moment counts once.
    for (email, minutes) in
        [("BACK@example.com", 22), ("devices@example.com", 30), ("came@elsewhere.example", 15), ("bob@example.com", 30)]
    {
        assert_eq!(trace(&scene, email).await["minutes"], minutes, "{email}");
    }
    let back = trace(&scene, "back@example.com").await;
    let time = |name: &str| back[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(time("left_at").duration_since(time("joined_at")).as_mins(), 30);
    for email in ["away@example.com", "waits@example.com", ADMIN, "nobody@example.com"] {
        assert_eq!(trace(&scene, email).await["minutes"], Value::Null, "{email}");
    }

    // Once more changes nothing: R16, nobody is moved.
    let histories = || {
        let members = marketo.members(WEBINAR_PROGRAM);
        let history = |lead| marketo.status_history(WEBINAR_PROGRAM, lead);
        members.iter().map(|member| (member.lead_id, history(member.lead_id))).collect::<Vec<_>>()
    };
    let before = histories();
    let again = sync(&scene.admin, WEBINAR_PROGRAM).await;
    assert_eq!(counts(&again), counts(&shown), "{again}");
    assert_eq!(histories(), before);
    assert!(marketo.violations().is_empty(), "{:?}", marketo.violations());
    scene.app.assert_no_trap();
    scene.app.assert_nothing_personal();
}

/// Marketo says 1037 of who is in or past the status already.
#[tokio::test]
async fn r16_whom_somebody_set_meanwhile_is_no_failure_and_is_not_moved_back() {
    let scene = Scene::set(App::start().await).await;
    let marketo = &scene.app.stage.marketo;
    let leads = scene.add_leads(3);
    scene.run_campaign(&leads).await;
    // Attended for the first, then No Show for the others, while a marketer sets everybody to Attended.
    marketo.log().clear();
    marketo.faults().add(Fault::once("POST", STATUS, Effect::Delay { delay_ms: 1_500 }));
    hold(&scene, scene.webinar, vec![throughout(&email(1))]).await;
    until("the first status call", || async { (marketo.log().count("POST", STATUS) == 1).then_some(()) }).await;
    for &lead in &leads {
        assert!(marketo.set_member(WEBINAR_PROGRAM, lead, "Attended"));
    }
    let shown = accounted_for(&scene, WEBINAR_PROGRAM).await;
    assert_eq!(marketo.log().count("POST", STATUS), 2);
    assert_eq!((problem(&shown), &shown["refused"]), ("", &json!(0)));
    for &lead in &leads {
        assert_eq!(marketo.status_history(WEBINAR_PROGRAM, lead), ["Registered", "Attended"]);
    }
    // Read again, nobody has to be set to anything.
    let again = sync(&scene.admin, WEBINAR_PROGRAM).await;
    assert_eq!((counts(&again), problem(&again)), ([1, 0, 0], ""));
    assert_eq!(marketo.log().count("POST", STATUS), 2);
    scene.app.assert_no_trap();
}

/// Without registration everybody may come: who has an address is a lead, the account's own people are not.
#[tokio::test]
async fn without_registration_only_addresses_count() {
    let scene = Scene::set_with(App::start().await, NewWebinar { approval_type: 2, ..NewWebinar::default() }).await;
    let zoom = &scene.app.stage.zoom;
    zoom.add_user(NewUser::named("eve@example.com")).unwrap();
    let people = [
        Person::User(ADMIN.into()),
        Person::User("eve@example.com".into()),
        Person::Guest("Gus Guest".into()),
        Person::DialIn("+15550100".into()),
    ];
    // Before the planned start this would be taken for a rehearsal.
    move_to(&scene, WEBINAR_PROGRAM, scene.webinar, hours_ago(1)).await;
    hold(&scene, scene.webinar, people.into_iter().map(Attendance::throughout).collect()).await;
    let shown = accounted_for(&scene, WEBINAR_PROGRAM).await;
    assert_eq!(shown["unmatched"], 2, "{shown}");
    for email in [ADMIN, "eve@example.com"] {
        assert!(!is_lead(&scene, email), "{email}");
    }
    assert_eq!(counts(&shown), [0, 0, 0]);
    assert!(scene.app.stage.marketo.members(WEBINAR_PROGRAM).is_empty());
    scene.app.assert_no_trap();
}
