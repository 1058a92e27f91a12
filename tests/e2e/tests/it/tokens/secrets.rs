//! After a run of everything there is: no secret in the state, nobody's data in a log.

use crate::harness::{App, Scene, state, until};
use fakes::marketo::campaign::{Campaign, FlowStep};
use fakes::marketo::world::{NewProgram, WEBINAR_CHANNEL, WEBINAR_PROGRAM};
use fakes::stage::MARKETO_API_KEY;
use fakes::support::{Effect, Fault};
use fakes::zoom::{
    Account, Attendance, Decision, HeldSession, NewRegistrant, NewUser, NewWebinar, Person, Plan, SignIn,
};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

/// A program whose webinar's host approves registrations by hand.
const MANUAL_PROGRAM: i64 = 1_003;

/// A user whose webinars may be used.
const ENABLED: &str = "thaddeus@widget.example";

/// The admin of an account that removes the app.
const GOING: &str = "philippa@gone.example";

/// Names and addresses that occur nowhere by accident.
const PEOPLE: [(&str, &str); 6] = [
    ("Ottoline", "Vanterpool"),
    ("Zebulon", "Quackenbush"),
    ("Persephone", "Wigglesworth"),
    ("Barnaby", "Featherstonehaugh"),
    ("Clementine", "Oxenstierna"),
    ("Ignatius", "Thistlewood"),
];

fn address(first_name: &str) -> String {
    format!("{}@lead.example", first_name.to_lowercase())
}

/// Adds the people to Marketo, and one whom Zoom cannot take: a lead without a last name.
fn add_leads(scene: &Scene) -> Vec<i64> {
    let marketo = &scene.app.stage.marketo;
    let lead = |(index, (first, last)): (usize, &(&str, &str))| {
        let phone = format!("+1555010077{index}");
        marketo.add_lead(&json!({"firstName": first, "lastName": last, "email": address(first), "phone": phone}))
    };
    let mut leads: Vec<i64> = PEOPLE.iter().enumerate().map(lead).collect();
    leads.push(marketo.add_lead(&json!({"firstName": "Marmaduke", "email": address("Marmaduke")})));
    leads
}

async fn run_campaign(scene: &Scene, program: i64, leads: &[i64]) -> BTreeSet<(bool, String)> {
    let flow_step = FlowStep::new(scene.app.stage.flow_step_url(), MARKETO_API_KEY);
    let run = scene.app.stage.marketo.run_campaign(Campaign::new(program, leads, flow_step)).await.unwrap();
    let outcomes = run.outcomes().into_values();
    outcomes.map(|outcome| (outcome.success, outcome.attributes["registration"].as_str().unwrap().into())).collect()
}

/// An enabled user with a webinar that is approved by hand, connected to a program.
async fn connect_enabled_user(scene: &Scene) -> u64 {
    let (zoom, marketo) = (&scene.app.stage.zoom, &scene.app.stage.marketo);
    let user = NewUser { first_name: "Thaddeus".into(), last_name: "Ravenscroft".into(), ..NewUser::named(ENABLED) };
    zoom.add_user(user).unwrap();
    let path = format!("/oauth/services/{}/users", scene.service);
    scene.admin.put(&path, &json!({"users": [ENABLED]})).await.unwrap().ok().unwrap();
    let webinar = NewWebinar { host: ENABLED.into(), approval_type: 1, ..NewWebinar::default() };
    let webinar = zoom.add_webinar(webinar).unwrap().id;
    let program = NewProgram {
        id: Some(MANUAL_PROGRAM),
        name: "By hand".into(),
        kind: "Event with Webinar".into(),
        channel: WEBINAR_CHANNEL.into(),
    };
    marketo.arrange(|world| world.add_program(program, marketo.clock().now()));
    scene.admin.connect(MANUAL_PROGRAM, &scene.service, webinar).await.unwrap().ok().unwrap();
    webinar
}

/// Sign-ins that fail: the user refuses, and Zoom does not take the code.
async fn fail_to_sign_in(scene: &Scene) {
    let zoom = &scene.app.stage.zoom;
    let refuse = SignIn { user: fakes::zoom::ADMIN.into(), decision: Decision::Refuse, scopes: None };
    zoom.set_sign_in(refuse).unwrap();
    assert!(scene.admin.sign_in("Refused").await.is_err());
    zoom.set_sign_in(SignIn { user: fakes::zoom::ADMIN.into(), decision: Decision::Allow, scopes: None }).unwrap();
    zoom.faults().add(Fault::once("POST", super::TOKEN_PATH, Effect::status(400)));
    assert!(scene.admin.sign_in("Not taken").await.is_err());
    assert!(zoom.faults().pending().is_empty());
}

/// A second account signs in and then removes the app.
async fn sign_in_and_deauthorize(scene: &Scene) {
    let zoom = &scene.app.stage.zoom;
    zoom.put_account(Account { id: "acc_2".into(), plan: Plan::default() });
    let admin = NewUser { account: "acc_2".into(), admin: true, ..NewUser::named(GOING) };
    zoom.add_user(NewUser { first_name: "Philippa".into(), last_name: "Montmorency".into(), ..admin }).unwrap();
    zoom.set_sign_in(SignIn { user: GOING.into(), decision: Decision::Allow, scopes: None }).unwrap();
    let service = scene.admin.sign_in("Going").await.unwrap();
    assert!(scene.app.stored().contains_key(&format!("token:{service}")));
    // Zoom tells times in whole seconds; the removal must not seem to precede the sign-in.
    zoom.clock().advance(SignedDuration::from_secs(2));
    let delivery = zoom.deauthorize("acc_2").await.unwrap().unwrap();
    assert_eq!(delivery.status.map(|status| status / 100), Some(2));
    until("the end of the account", || async {
        (!scene.app.stored().contains_key(&format!("token:{service}"))).then_some(())
    })
    .await;
}

/// The webinar takes place, with somebody who registered on Zoom's page, somebody without an address and a caller.
async fn hold_webinar(scene: &Scene) {
    let zoom = &scene.app.stage.zoom;
    let stranger = NewRegistrant {
        email: "leopoldina@elsewhere.example".into(),
        first_name: "Leopoldina".into(),
        last_name: "Abernathy".into(),
        ..NewRegistrant::default()
    };
    zoom.register_on_zoom(scene.webinar, stranger).await.unwrap();
    let mut attendance: Vec<_> =
        PEOPLE[..3].iter().map(|(first, _)| Attendance::throughout(Person::Registrant(address(first)))).collect();
    for person in [
        Person::Registrant("leopoldina@elsewhere.example".into()),
        Person::Guest("Cornelius Bartholomew".into()),
        Person::DialIn("+15550100999".into()),
    ] {
        attendance.push(Attendance::during(person, 60, 600));
    }
    zoom.hold_webinar(scene.webinar, HeldSession { attendance, ..HeldSession::default() }).await.unwrap();
    let path = format!("/attendance/programs/{WEBINAR_PROGRAM}");
    until("the attendance", || async {
        let report = scene.admin.get(&path).await.unwrap().ok().unwrap();
        matches!(report["phase"].as_str(), Some("settling" | "done")).then_some(())
    })
    .await;
}

/// Whether bytes contain a text.
fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn the_state_holds_no_secret_and_the_logs_nobodys_data() {
    let scene = Scene::set(App::start().await).await;
    let (zoom, marketo) = (&scene.app.stage.zoom, &scene.app.stage.marketo);
    let leads = add_leads(&scene);
    let by_hand = connect_enabled_user(&scene).await;
    let outcomes = run_campaign(&scene, WEBINAR_PROGRAM, &leads).await;
    assert_eq!(outcomes, [(false, "failed".to_owned()), (true, "registered".to_owned())].into());
    let outcomes = run_campaign(&scene, MANUAL_PROGRAM, &leads[..2]).await;
    assert_eq!(outcomes.iter().map(|(_, word)| word.as_str()).collect::<Vec<_>>(), ["pending"]);
    zoom.set_registration(by_hand, &address(PEOPLE[0].0), "approve").await.unwrap();
    // A renewal, so that there are spent tokens too; and a new token of Marketo's.
    zoom.expire_access_tokens();
    marketo.expire_token();
    super::assert_zoom_can_be_read(&scene).await;
    assert_eq!(super::granted(zoom), 1);
    fail_to_sign_in(&scene).await;
    sign_in_and_deauthorize(&scene).await;
    hold_webinar(&scene).await;
    scene.admin.tick().await.unwrap().ok().unwrap();

    // What is searched for is there to be found: this run had all of it.
    let secrets = scene.app.secrets();
    // Two of the app's; a code and two tokens for each of two sign-ins; a code that was not taken; a renewal's tokens.
    assert_eq!(zoom.secrets().len(), 2 + 3 + 3 + 1 + 2);
    let people: BTreeSet<String> = zoom.personal().into_iter().chain(marketo.personal()).collect();
    for (first, last) in PEOPLE {
        assert!(people.contains(first) && people.contains(last) && people.contains(&address(first)));
    }
    assert!(people.iter().any(|text| text.contains("tk=")));
    let stored = scene.app.stored();
    assert!(stored.keys().any(|key| key.starts_with("token:")), "{:?}", stored.keys());
    assert!(stored.values().any(|value| contains(value, "tk=")), "the ledger holds join links");

    let files = state::files(scene.app.state());
    let is_database = |file: &Path| file.file_name().is_some_and(|name| name.to_string_lossy().contains("key_value"));
    let mut databases = files.iter().filter(|(file, _)| is_database(file));
    assert!(databases.any(|(_, bytes)| contains(bytes, "tk=")), "values stand in the file as they are");
    for secret in &secrets {
        for (file, bytes) in &files {
            assert!(!contains(bytes, secret), "{} holds {secret}", file.display());
        }
    }
    // A chunk's callback token is stored until it was used: SQLite's free pages may have it, no value does.
    for secret in secrets.iter().chain(&marketo.callback_secrets()) {
        for (key, value) in &stored {
            assert!(!contains(value, secret) && !key.contains(secret), "{key} holds {secret}");
        }
    }
    scene.app.assert_nothing_personal();
    scene.app.assert_no_trap();
    let said: usize = scene.app.logs().values().map(String::len).sum();
    assert!(said > 100, "the components log what they do");
}
