//! After a run of every feature the state contains no secrets and the logs contain no personal data.

use super::support::{TOKEN_PATH, assert_zoom_is_readable, granted_renewals};
use crate::harness::{App, Fixture, Store, files, wait_for};
use fakes::env::MARKETO_API_KEY;
use fakes::marketo::campaign::{Campaign, FlowStep};
use fakes::marketo::subscription::{NewProgram, WEBINAR_CHANNEL, WEBINAR_PROGRAM};
use fakes::support::{Effect, Fault};
use fakes::zoom::{
    Account, Attendance, Decision, HeldSession, NewRegistrant, NewUser, NewWebinar, Person, Plan, SignIn,
};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeSet;

/// A program whose webinar needs manual approval.
const MANUAL_PROGRAM: i64 = 1_003;

/// An enabled user.
const ENABLED_USER: &str = "thaddeus@widget.example";

/// The admin of the account that removes the app.
const LEAVING_ADMIN: &str = "philippa@gone.example";

/// Shorter words occur in encrypted values by accident.
const MIN_WORD_LENGTH: usize = 6;

/// Names that occur nowhere by accident.
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

/// Adds the people to Marketo, and one lead without a last name, which Zoom rejects.
fn add_leads(fixture: &Fixture) -> Vec<i64> {
    let marketo = &fixture.app.env.marketo;
    let lead = |(index, (first, last)): (usize, &(&str, &str))| {
        let phone = format!("+1555010077{index}");
        marketo.add_lead(&json!({"firstName": first, "lastName": last, "email": address(first), "phone": phone}))
    };
    let mut leads: Vec<i64> = PEOPLE.iter().enumerate().map(lead).collect();
    leads.push(marketo.add_lead(&json!({"firstName": "Marmaduke", "email": address("Marmaduke")})));
    leads
}

async fn run_campaign(fixture: &Fixture, program: i64, leads: &[i64]) -> BTreeSet<(bool, String)> {
    let flow_step = FlowStep::new(fixture.app.env.flow_step_url(), MARKETO_API_KEY);
    let run = fixture.app.env.marketo.run_campaign(Campaign::new(program, leads, flow_step)).await.unwrap();
    let outcomes = run.outcomes().into_values();
    outcomes.map(|outcome| (outcome.success, outcome.attributes["registration"].as_str().unwrap().into())).collect()
}

/// Connects a program to an enabled user's webinar with manual approval.
async fn connect_enabled_user(fixture: &Fixture) -> u64 {
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let user =
        NewUser { first_name: "Thaddeus".into(), last_name: "Ravenscroft".into(), ..NewUser::named(ENABLED_USER) };
    zoom.add_user(user).unwrap();
    let path = format!("/oauth/services/{}/users", fixture.service);
    fixture.admin.put(&path, &json!({"users": [ENABLED_USER]})).await.unwrap().ok().unwrap();
    let webinar = NewWebinar { host: ENABLED_USER.into(), approval_type: 1, ..NewWebinar::default() };
    let webinar = zoom.add_webinar(webinar).unwrap().id;
    let program = NewProgram {
        id: Some(MANUAL_PROGRAM),
        name: "By hand".into(),
        kind: "Event with Webinar".into(),
        channel: WEBINAR_CHANNEL.into(),
    };
    marketo.arrange(|world| world.add_program(program, marketo.clock().now()));
    fixture.admin.connect(MANUAL_PROGRAM, &fixture.service, webinar).await.unwrap().ok().unwrap();
    webinar
}

/// Fails two sign-ins: the user declines, and Zoom rejects the code.
async fn fail_to_sign_in(fixture: &Fixture) {
    let zoom = &fixture.app.env.zoom;
    let refuse = SignIn { user: fakes::zoom::ADMIN.into(), decision: Decision::Refuse, scopes: None };
    zoom.set_sign_in(refuse).unwrap();
    assert!(fixture.admin.sign_in("Refused").await.is_err());
    zoom.set_sign_in(SignIn { user: fakes::zoom::ADMIN.into(), decision: Decision::Allow, scopes: None }).unwrap();
    zoom.faults().add(Fault::once("POST", TOKEN_PATH, Effect::status(400)));
    assert!(fixture.admin.sign_in("Not taken").await.is_err());
    assert!(zoom.faults().pending().is_empty());
}

/// Signs in a second account, which then removes the app.
async fn sign_in_and_deauthorize(fixture: &Fixture) {
    let zoom = &fixture.app.env.zoom;
    zoom.put_account(Account { id: "acc_2".into(), plan: Plan::default() });
    let admin = NewUser { account: "acc_2".into(), admin: true, ..NewUser::named(LEAVING_ADMIN) };
    zoom.add_user(NewUser { first_name: "Philippa".into(), last_name: "Montmorency".into(), ..admin }).unwrap();
    zoom.set_sign_in(SignIn { user: LEAVING_ADMIN.into(), decision: Decision::Allow, scopes: None }).unwrap();
    let service = fixture.admin.sign_in("Going").await.unwrap();
    assert!(fixture.app.stored().contains_key(&format!("token:{service}")));
    // Zoom's times have whole seconds; the removal must not seem to precede the sign-in.
    zoom.clock().advance(SignedDuration::from_secs(2));
    let delivery = zoom.deauthorize("acc_2").await.unwrap().unwrap();
    assert_eq!(delivery.status.map(|status| status / 100), Some(2));
    wait_for("the deletion of the account", || async {
        (!fixture.app.stored().contains_key(&format!("token:{service}"))).then_some(())
    })
    .await;
}

/// Holds the webinar, also with a registrant of Zoom's page, a guest without an address and a caller.
async fn hold_webinar(fixture: &Fixture) {
    let zoom = &fixture.app.env.zoom;
    let zoom_registrant = NewRegistrant {
        email: "leopoldina@elsewhere.example".into(),
        first_name: "Leopoldina".into(),
        last_name: "Abernathy".into(),
        ..NewRegistrant::default()
    };
    zoom.register_on_zoom(fixture.webinar, zoom_registrant).await.unwrap();
    let mut attendance: Vec<_> =
        PEOPLE[..3].iter().map(|(first, _)| Attendance::throughout(Person::Registrant(address(first)))).collect();
    for person in [
        Person::Registrant("leopoldina@elsewhere.example".into()),
        Person::Guest("Cornelius Bartholomew".into()),
        Person::DialIn("+15550100999".into()),
    ] {
        attendance.push(Attendance::during(person, 60, 600));
    }
    zoom.hold_as_planned(fixture.webinar, HeldSession { attendance, ..HeldSession::default() }).await.unwrap();
    let path = format!("/attendance/programs/{WEBINAR_PROGRAM}");
    wait_for("the attendance", || async {
        let report = fixture.admin.get(&path).await.unwrap().ok().unwrap();
        matches!(report["phase"].as_str(), Some("settling" | "done")).then_some(())
    })
    .await;
}

/// Returns whether bytes contain a text.
fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn state_contains_no_secrets_and_logs_contain_no_personal_data() {
    let fixture = Fixture::new(App::start().await).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let leads = add_leads(&fixture);
    let by_hand = connect_enabled_user(&fixture).await;
    let outcomes = run_campaign(&fixture, WEBINAR_PROGRAM, &leads).await;
    assert_eq!(outcomes, [(false, "failed".to_owned()), (true, "registered".to_owned())].into());
    let outcomes = run_campaign(&fixture, MANUAL_PROGRAM, &leads[..2]).await;
    assert_eq!(outcomes.iter().map(|(_, word)| word.as_str()).collect::<Vec<_>>(), ["pending"]);
    zoom.set_registration(by_hand, &address(PEOPLE[0].0), "approve").await.unwrap();
    // Renews Zoom's tokens, so that there are used ones, and Marketo's token.
    zoom.expire_access_tokens();
    marketo.expire_token();
    assert_zoom_is_readable(&fixture).await;
    assert_eq!(granted_renewals(zoom), 1);
    fail_to_sign_in(&fixture).await;
    sign_in_and_deauthorize(&fixture).await;
    hold_webinar(&fixture).await;
    fixture.admin.tick().await.unwrap().ok().unwrap();

    // The run has produced everything that the checks below search for.
    let secrets = fixture.app.secrets();
    // Two secrets of the app; a code and two tokens for each of two sign-ins; a rejected code; two tokens of a renewal.
    assert_eq!(zoom.secrets().len(), 2 + 3 + 3 + 1 + 2);
    let people: BTreeSet<String> = zoom.personal().into_iter().chain(marketo.personal()).collect();
    for (first, last) in PEOPLE {
        assert!(people.contains(first) && people.contains(last) && people.contains(&address(first)));
    }
    assert!(people.iter().any(|text| text.contains("tk=")));
    let stored = fixture.app.stored();
    assert!(stored.keys().any(|key| key.starts_with("token:")), "{:?}", stored.keys());
    assert!(stored.values().any(|value| contains(value, "tk=")), "the ledger contains join links");

    let files = files(fixture.app.state());
    if matches!(fixture.app.store(), Store::Sqlite(_)) {
        let is_stored = |text: &str| files.values().any(|bytes| contains(bytes, text));
        assert!(is_stored(&fixture.webinar.to_string()), "the search finds ids, which are not encrypted");
        assert!(!is_stored(ENABLED_USER));
    }
    // In the files, also in their free pages, and in the values as they are, nothing identifies a person or opens a door.
    let sealed = fixture.app.store().entries();
    for word in secrets.iter().chain(people.iter().filter(|word| word.len() >= MIN_WORD_LENGTH)) {
        for (file, bytes) in &files {
            assert!(!contains(bytes, word), "{} contains {word}", file.display());
        }
        for (key, value) in &sealed {
            assert!(!contains(value, word) && !key.contains(word.as_str()), "{key} contains {word}");
        }
    }
    // A chunk's callback token is stored until it is used. SQLite's free pages may contain it, but no value does.
    for secret in secrets.iter().chain(&marketo.callback_secrets()) {
        for (key, value) in &stored {
            assert!(!contains(value, secret) && !key.contains(secret), "{key} contains {secret}");
        }
    }
    fixture.app.assert_logs_are_clean();
    fixture.app.assert_no_trap();
    let log_size: usize = fixture.app.logs().values().map(String::len).sum();
    assert!(log_size > 100, "the components write logs");
}
