//! Matching of participants to leads by what Zoom knows of them, never by a guess.

use super::support::{STATUS, counts, hold, is_lead, lead_of, problem, status, sync, throughout, wait_for_attendance};
use crate::harness::{App, Fixture, email, wait_for};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use fakes::zoom::{ADMIN, Attendance, NewRegistrant, NewUser, NewWebinar, Panelist, Person};
use serde_json::{Value, json};

const MINUTE: i64 = 60;

/// Returns the attendance of one person, as the console's trace shows it.
async fn trace(fixture: &Fixture, email: &str) -> Value {
    let request = json!({"program_id": WEBINAR_PROGRAM.to_string(), "email": email});
    fixture.admin.post("/attendance/trace", &request).await.unwrap().ok().unwrap()
}

fn presence(who: &str, from: i64, minutes: i64) -> Attendance {
    Attendance::during(Person::Registrant(who.to_owned()), from * MINUTE, minutes * MINUTE)
}

#[tokio::test]
async fn r11_people_are_matched_by_registrant_id_then_by_email_and_never_guessed() {
    let fixture = Fixture::new(App::start().await).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);

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
    let run = fixture.run_campaign(&leads).await;
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    zoom.set_registration(fixture.webinar, "denied@example.com", "deny").await.unwrap();
    assert!(marketo.set_member(WEBINAR_PROGRAM, leads[7], "Attended"));
    assert!(marketo.set_member(WEBINAR_PROGRAM, leads[8], "Attended On-demand"));

    // Leads who registered on Zoom's page with another letter case: one outside the program, one invited.
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
        // Not known to Marketo.
        page("attended@elsewhere.example", "Attended & Co.", "+44 20 7946 0003"),
        page("stayed.away@elsewhere.example", "Away Ltd.", "+44 20 7946 0004"),
        // A user of Alice's account who registered and joined signed in to Zoom: the row has no registrant id.
        page("bob@example.com", "Acme", "+44 20 7946 0005"),
    ] {
        zoom.register_on_zoom(fixture.webinar, new).await.unwrap();
    }
    assert!(!is_lead(&fixture, "attended@elsewhere.example"), "a registration in Zoom creates no lead (R10)");
    for name in ["bob@example.com", "eve@example.com"] {
        zoom.add_user(NewUser::named(name)).unwrap();
    }
    let panelist = Panelist { email: "speaker@elsewhere.example".into(), name: "Spea Ker".into() };
    zoom.add_panelist(fixture.webinar, panelist).unwrap();

    let attendance = vec![
        // Twelve minutes, an absence of eight, ten minutes.
        presence("back@example.com", 0, 12),
        presence("back@example.com", 20, 10),
        // Minutes 5 to 35 on several devices: one interval lies within another, one overlaps its end.
        presence("devices@example.com", 5, 20),
        presence("devices@example.com", 10, 5),
        presence("devices@example.com", 15, 20),
        Attendance { waiting_room: true, ..throughout("waits@example.com") },
        throughout("ada+zoom@example.com"),
        throughout("known@elsewhere.example"),
        throughout("invited@elsewhere.example"),
        Attendance { waiting_room: true, ..presence("attended@elsewhere.example", 0, 30) },
        presence("attended@elsewhere.example", 30, 15),
        Attendance::during(Person::User("bob@example.com".into()), 0, 30 * MINUTE),
        // Staff: the host, a colleague, a panelist.
        Attendance::throughout(Person::User(ADMIN.into())),
        Attendance::throughout(Person::User("eve@example.com".into())),
        Attendance::throughout(Person::Panelist("speaker@elsewhere.example".into())),
        // Unidentifiable: one caller twice, another caller, and a guest whose name is also a lead's.
        Attendance::during(Person::DialIn("+15550100".into()), 0, 60),
        Attendance::during(Person::DialIn("+15550100".into()), 120, 60),
        Attendance::throughout(Person::DialIn("+15550199".into())),
        Attendance::throughout(Person::Guest("First Last".into())),
    ];
    hold(&fixture, fixture.webinar, attendance).await;
    let shown = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;

    let expected = [
        ("Back@Example.COM", "Attended"),
        ("devices@example.com", "Attended"),
        ("waits@example.com", "No Show"),
        ("ada+zoom@example.com", "Attended"),
        ("ada@example.com", "No Show"),
        ("away@example.com", "No Show"),
        // Not No Show: the registration does not stand (R19).
        ("denied@example.com", "Registered"),
        ("already@example.com", "Attended"),
        ("ondemand@example.com", "Attended On-demand"),
        ("known@elsewhere.example", "Attended"),
        ("invited@elsewhere.example", "Attended"),
        ("attended@elsewhere.example", "Attended"),
        ("stayed.away@elsewhere.example", "No Show"),
        ("bob@example.com", "Attended"),
    ];
    for (email, expected) in expected {
        assert_eq!(status(&fixture, lead_of(&fixture, email)).as_deref(), Some(expected), "{email}: {shown}");
    }
    for email in [ADMIN, "eve@example.com", "speaker@elsewhere.example"] {
        assert!(!is_lead(&fixture, email), "{email}");
    }
    assert_eq!(marketo.members(WEBINAR_PROGRAM).len(), expected.len());
    // Two callers and a guest.
    assert_eq!(shown["unmatched"], 3, "{shown}");
    // Counted by Zoom's data: neither the lead set to Attended by hand nor the one who watched the recording. The new
    // leads are two registrants of Zoom's page and the colleague.
    assert_eq!((counts(&shown), &shown["cancelled"]), ([7, 4, 3], &json!(1)), "{shown}");
    assert_eq!((problem(&shown), &shown["refused"]), ("", &json!(0)));

    // New leads get the fields that Zoom knows (R11). Existing leads keep theirs; only blank fields are filled.
    let fields = |lead: i64| {
        let lead = marketo.lead(lead).unwrap();
        ["firstName", "lastName", "company", "phone"].map(|name| lead.text(name).to_owned())
    };
    let [attended, away] =
        ["attended@elsewhere.example", "stayed.away@elsewhere.example"].map(|email| lead_of(&fixture, email));
    assert_eq!(fields(attended), ["Page", "Registrant", "Attended & Co.", "+44 20 7946 0003"]);
    assert_eq!(fields(away), ["Page", "Registrant", "Away Ltd.", "+44 20 7946 0004"]);
    assert_eq!(fields(known), ["Known", "Registrant", "As We Know It", "+44 20 7946 0001"]);
    assert_eq!(marketo.lead(known).unwrap().text("email"), "known@elsewhere.example");

    // Overlapping intervals count once.
    for (email, minutes) in [
        ("BACK@example.com", 22),
        ("devices@example.com", 30),
        ("attended@elsewhere.example", 15),
        ("bob@example.com", 30),
    ] {
        assert_eq!(trace(&fixture, email).await["minutes"], minutes, "{email}");
    }
    let back = trace(&fixture, "back@example.com").await;
    let time = |name: &str| back[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(time("left_at").duration_since(time("joined_at")).as_mins(), 30);
    for email in ["away@example.com", "waits@example.com", ADMIN, "unknown@example.com"] {
        assert_eq!(trace(&fixture, email).await["minutes"], Value::Null, "{email}");
    }

    // A second run changes no status (R16).
    let histories = || {
        let members = marketo.members(WEBINAR_PROGRAM);
        let history = |lead| marketo.status_history(WEBINAR_PROGRAM, lead);
        members.iter().map(|member| (member.lead_id, history(member.lead_id))).collect::<Vec<_>>()
    };
    let before = histories();
    let again = sync(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!(counts(&again), counts(&shown), "{again}");
    assert_eq!(histories(), before);
    assert!(marketo.violations().is_empty(), "{:?}", marketo.violations());
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}

/// Marketo answers 1037 for a member who is already in or past the status.
#[tokio::test]
async fn r16_concurrent_status_change_is_no_failure_and_is_not_moved_back() {
    let fixture = Fixture::new(App::start().await).await;
    let marketo = &fixture.app.env.marketo;
    let leads = fixture.add_leads(3);
    fixture.run_campaign(&leads).await;
    // The run sets Attended for the first lead, then No Show for the others, while a marketer sets all of them to
    // Attended.
    marketo.log().clear();
    marketo.faults().add(Fault::once("POST", STATUS, Effect::Delay { delay_ms: 1_500 }));
    hold(&fixture, fixture.webinar, vec![throughout(&email(1))]).await;
    wait_for("the first status call", || async { (marketo.log().count("POST", STATUS) == 1).then_some(()) }).await;
    for &lead in &leads {
        assert!(marketo.set_member(WEBINAR_PROGRAM, lead, "Attended"));
    }
    let shown = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    assert_eq!(marketo.log().count("POST", STATUS), 2);
    assert_eq!((problem(&shown), &shown["refused"]), ("", &json!(0)));
    for &lead in &leads {
        assert_eq!(marketo.status_history(WEBINAR_PROGRAM, lead), ["Registered", "Attended"]);
    }
    // A second run has no status to set.
    let again = sync(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!((counts(&again), problem(&again)), ([1, 0, 0], ""));
    assert_eq!(marketo.log().count("POST", STATUS), 2);
    fixture.app.assert_no_trap();
}

/// Without registration, participants with an address become leads, except users of the account.
#[tokio::test]
async fn r11_without_registration_only_participants_with_an_address_are_recorded() {
    let fixture =
        Fixture::with_webinar(App::start().await, NewWebinar { approval_type: 2, ..NewWebinar::default() }).await;
    let zoom = &fixture.app.env.zoom;
    zoom.add_user(NewUser::named("eve@example.com")).unwrap();
    let people = [
        Person::User(ADMIN.into()),
        Person::User("eve@example.com".into()),
        Person::Guest("Gus Guest".into()),
        Person::DialIn("+15550100".into()),
    ];
    hold(&fixture, fixture.webinar, people.into_iter().map(Attendance::throughout).collect()).await;
    let shown = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    assert_eq!(shown["unmatched"], 2, "{shown}");
    for email in [ADMIN, "eve@example.com"] {
        assert!(!is_lead(&fixture, email), "{email}");
    }
    assert_eq!(counts(&shown), [0, 0, 0]);
    assert!(fixture.app.env.marketo.members(WEBINAR_PROGRAM).is_empty());
    fixture.app.assert_no_trap();
}
