//! Dumps of the whole store after a run with everything in it: what it shows of people before the app is removed, and that
//! nothing of the account is left afterwards (R17).

use super::deauthorization::leave_waiting;
use crate::harness::{App, Fixture, wait_for};
use fakes::marketo::campaign::Campaign;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{ACCOUNT, ADMIN, Joining, Person};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Shorter words occur by accident.
const MIN_WORD_LENGTH: usize = 4;

/// Shorter words occur in encrypted values by accident.
const MIN_LENGTH_IN_SEALED: usize = 6;

/// The people, with names that occur nowhere by accident.
const PEOPLE: [(&str, &str); 6] = [
    ("Ottoline", "Vanterpool"),
    ("Zebulon", "Quackenbush"),
    ("Persephone", "Wigglesworth"),
    ("Barnaby", "Featherstonehaugh"),
    ("Clementine", "Oxenstierna"),
    ("Ignatius", "Thistlewood"),
];

/// A dump of the store: keys and values.
type Dump = Vec<(String, String)>;

fn dump(app: &App) -> Dump {
    let text = |(key, value): (String, Vec<u8>)| (key, String::from_utf8_lossy(&value).into_owned());
    app.stored().into_iter().map(text).collect()
}

/// A run with everything in it.
struct Run {
    fixture: Fixture,
    /// The webinar of a program that was disconnected.
    left: u64,
}

impl Run {
    /// Returns every secret, and every name, address, phone number and join link of a person.
    fn readable(&self) -> BTreeSet<String> {
        let env = &self.fixture.app.env;
        let mut words = self.fixture.app.secrets();
        words.extend(env.zoom.personal());
        words.extend(env.marketo.personal());
        words.extend(env.marketo.callback_secrets());
        words.extend((0..PEOPLE.len()).map(phone));
        words.retain(|word| word.chars().count() >= MIN_WORD_LENGTH);
        words
    }

    /// Returns the ids of the account, its webinars and their registrants.
    fn ids(&self) -> BTreeSet<String> {
        let zoom = &self.fixture.app.env.zoom;
        let webinars = [self.fixture.webinar, self.left];
        let registrants = webinars.iter().flat_map(|&webinar| zoom.webinar(webinar).unwrap().registrants);
        let ids = registrants.map(|registrant| registrant.id).chain(webinars.iter().map(u64::to_string));
        ids.chain([ACCOUNT.to_owned(), zoom.user(ADMIN).unwrap().id]).collect()
    }

    /// Fails if a dump shows a secret, or a name, an address, a phone number or a join link of a person.
    fn assert_nothing_readable(&self, dump: &Dump) {
        assert_shows_none_of(dump, &self.readable());
    }
}

fn assert_shows_none_of(dump: &Dump, words: &BTreeSet<String>) {
    for (key, value) in dump {
        for word in words {
            assert!(!value.contains(word) && !key.contains(word), "{key} shows {word}: {value}");
        }
    }
}

fn phone(person: usize) -> String {
    format!("+1555010077{person}")
}

/// Runs sign-in, flow step, webhook, a failure, Zoom's events, joins of a webinar under way, its attendance, a program that is
/// disconnected, and a chunk that waits.
async fn run_everything() -> Run {
    let fixture = Fixture::new(App::start().await).await;
    let (admin, env) = (&fixture.admin, &fixture.app.env);
    let (zoom, marketo) = (&env.zoom, &env.marketo);
    let lead = |(index, (first, last)): (usize, &(&str, &str))| {
        let email = format!("{}@lead.example", first.to_lowercase());
        marketo.add_lead(&json!({"firstName": first, "lastName": last, "email": email, "phone": phone(index)}))
    };
    let leads: Vec<_> = PEOPLE.iter().enumerate().map(lead).collect();
    let nameless = marketo.add_lead(&json!({"firstName": "Marmaduke", "email": "marmaduke@lead.example"}));
    let settings = json!({"live": true, "no_show_after_minutes": 0});
    let program = format!("/catalog/programs/{WEBINAR_PROGRAM}");
    admin.put(&format!("{program}/settings"), &settings).await.unwrap().ok().unwrap();
    fixture.run_campaign(&[leads[0], leads[1], leads[2], nameless]).await;
    fixture.call_webhook(WEBINAR_PROGRAM, leads[3]).await;

    let left = zoom.add_webinar(fakes::zoom::NewWebinar::default()).unwrap().id;
    let second = fixture.add_program("Left");
    admin.connect(second, &fixture.service, left).await.unwrap().ok().unwrap();
    let campaign = Campaign { program_id: second, ..fixture.campaign(&leads[..2]) };
    marketo.run_campaign(campaign).await.unwrap();
    fixture.wait_for_empty_outbox().await;
    assert_eq!(admin.delete(&format!("/catalog/programs/{second}")).await.unwrap().status, 204);

    let start = Timestamp::from_second(Timestamp::now().as_second()).unwrap() - SignedDuration::from_mins(5);
    zoom.set_plan(fixture.webinar, start, 60).unwrap();
    admin.post(&format!("{program}/refresh"), &json!({})).await.unwrap().ok().unwrap();
    zoom.start_webinar(fixture.webinar).await.unwrap();
    for (first, _) in &PEOPLE[..2] {
        let person = Person::Registrant(format!("{}@lead.example", first.to_lowercase()));
        zoom.join(fixture.webinar, Joining { person, waiting_room: false }).await.unwrap();
    }
    zoom.end_webinar(fixture.webinar).await.unwrap();
    zoom.move_into_past(fixture.webinar, SignedDuration::from_hours(2)).unwrap();
    admin.post(&format!("{program}/refresh"), &json!({})).await.unwrap().ok().unwrap();
    admin.post(&format!("/attendance/programs/{WEBINAR_PROGRAM}/sync"), &json!({})).await.unwrap().ok().unwrap();
    wait_for("the attendance", || async {
        let report = admin.get(&format!("/attendance/programs/{WEBINAR_PROGRAM}")).await.unwrap().ok().unwrap();
        let is_written = matches!(report["phase"].as_str(), Some("settling" | "done"));
        (is_written && report["attended"] == 2).then_some(())
    })
    .await;
    leave_waiting(&fixture, &leads[4..]).await;
    Run { fixture, left }
}

#[tokio::test]
async fn r17_nothing_of_the_account_is_left_in_the_store_and_the_logs() {
    let run = run_everything().await;
    let (fixture, zoom) = (&run.fixture, &run.fixture.app.env.zoom);
    // The run has produced everything that is searched for.
    let before = dump(&fixture.app);
    let kinds = [
        "token:",
        "account:",
        "program:",
        "refreshed:",
        "registration:",
        "registration-counts:",
        "failure:",
        "outbox:",
        "chunk-slot:",
        "attendance:",
        "ended:",
        "started:",
        "live-",
    ];
    for kind in kinds {
        assert!(before.iter().any(|(key, _)| key.starts_with(kind)), "no {kind}");
    }
    let left = format!("registration:{}:", run.left);
    assert!(before.iter().any(|(key, _)| key.starts_with(&left)), "no entry of the disconnected program");
    let ids = run.ids();
    for id in &ids {
        assert!(before.iter().any(|(key, value)| key.contains(id) || value.contains(id)), "{id} is nowhere");
    }

    let delivery = zoom.deauthorize(ACCOUNT).await.unwrap().unwrap();
    assert_eq!(delivery.status, Some(204), "{delivery:?}");
    wait_for("the removal", || async {
        fixture.admin.tick().await.unwrap().ok().unwrap();
        let keys: Vec<_> = fixture.app.stored().into_keys().collect();
        (!keys.iter().any(|key| key.starts_with("removal:"))).then_some(())
    })
    .await;
    let after = dump(&fixture.app);
    run.assert_nothing_readable(&after);
    assert_shows_none_of(&after, &ids);
    let name = format!("service:{}", fixture.service);
    let is_shared = |key: &str| {
        ["last:", "worker:"].iter().any(|kind| key.starts_with(kind))
            || ["activity-cursor", "data-keys", "programs", "services", &name].contains(&key)
    };
    let others: Vec<_> = after.iter().map(|(key, _)| key).filter(|key| !is_shared(key)).collect();
    assert!(others.is_empty(), "{others:?}");
    // The leads of the chunk under way are reported as failed.
    let leads: Vec<Value> =
        fixture.app.env.marketo.log().matching("POST", "/callback/**").into_iter().map(|call| call.body).collect();
    let last = leads.last().expect("a callback");
    let codes: Vec<_> =
        last["objectData"].as_array().unwrap().iter().map(|row| &row["activityData"]["errorCode"]).collect();
    assert_eq!(codes, ["SERVICE_NOT_FOUND"; 2]);
    fixture.app.assert_logs_are_clean();
    fixture.app.assert_no_trap();
}

/// The values as the store has them: encrypted.
#[tokio::test]
async fn the_store_shows_no_person_before_the_removal() {
    let run = run_everything().await;
    let text = |(key, value): (String, Vec<u8>)| (key, String::from_utf8_lossy(&value).into_owned());
    let sealed: Dump = run.fixture.app.store().entries().into_iter().map(text).collect();
    let mut words = run.readable();
    words.retain(|word| word.len() >= MIN_LENGTH_IN_SEALED);
    // Opened, they show all of that.
    let opened = dump(&run.fixture.app);
    let shown = words.iter().filter(|word| opened.iter().any(|(_, value)| value.contains(*word)));
    assert!(shown.count() >= PEOPLE.len());
    assert_shows_none_of(&sealed, &words);
}

#[tokio::test]
async fn a_person_is_forgotten_in_all_components() {
    let run = run_everything().await;
    let fixture = &run.fixture;
    let (first, last) = PEOPLE[0];
    let email = format!("{}@lead.example", first.to_lowercase());
    let answer = fixture.admin.post("/registration/forget", &json!({ "email": email })).await.unwrap().ok().unwrap();
    assert_eq!((&answer["deleted"]["registrations"], &answer["deleted"]["presences"]), (&json!(2), &json!(1)));
    let webinars = BTreeSet::from([fixture.webinar.to_string(), run.left.to_string()]);
    let named = answer["webinars"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
    assert_eq!(named.collect::<BTreeSet<_>>(), webinars);
    // One whose chunk waits.
    let waiting = format!("{}@lead.example", PEOPLE[4].0.to_lowercase());
    let answer = fixture.admin.post("/registration/forget", &json!({ "email": waiting })).await.unwrap().ok().unwrap();
    assert_eq!(answer["deleted"]["waiting"], 1, "{answer}");
    let links = [fixture.webinar, run.left].into_iter().flat_map(|webinar| {
        let registrants = fixture.app.env.zoom.webinar(webinar).unwrap().registrants;
        registrants.into_iter().filter(|one| one.email == email).flat_map(|one| [one.id, one.join_url])
    });
    let words = links.chain([first, last, PEOPLE[4].0, PEOPLE[4].1].map(str::to_owned));
    let words = words.chain([email.clone(), waiting, phone(0), phone(4)]).collect();
    assert_shows_none_of(&dump(&fixture.app), &words);
    fixture.app.assert_logs_are_clean();
    fixture.app.assert_no_trap();
}
