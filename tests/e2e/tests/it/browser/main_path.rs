//! The whole job by clicking: from the console's sign-in to attendance that appears by itself.

use super::chromium::{Chromium, Wanted};
use super::desk::{Desk, the};
use crate::harness::App;
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::MARKETO_API_KEY;
use fakes::zoom::{NewUser, NewWebinar, Options};

const SERVICE: &str = "Acme Webinars";
const PROGRAM: &str = "2026-12 Product webinar";
const TOPIC: &str = "Meet the new Acme";
const COLLEAGUE: &str = "bob@example.com";

#[tokio::test]
async fn somebody_does_the_whole_job_by_clicking() {
    let Some(chromium) = Chromium::start().await else { return };
    let options = Options { consent_page: true, ..Options::default() };
    let app = App::start_with(options, fakes::marketo::Options::default()).await;
    let webinar = set_the_scene(&app);
    let desk = Desk::before(chromium, &app).await;

    desk.sign_in().await;
    sign_in_to_zoom(&desk, &app).await;
    connect(&desk).await;
    install_the_flow_step(&desk, &app).await;
    let link = register(&desk, &app).await;
    open_the_link(&desk, &link).await;
    hold_the_webinar(&desk, &app, webinar).await;
    see_who_attended(&desk, &app).await;

    desk.assert_clean(&app, &[]);
    assert_eq!(app.stage.marketo.violations().len(), 0, "{:?}", app.stage.marketo.violations());
}

fn set_the_scene(app: &App) -> u64 {
    let zoom = &app.stage.zoom;
    let bob = NewUser { first_name: "Bob".into(), last_name: "Builder".into(), ..NewUser::named(COLLEAGUE) };
    zoom.add_user(bob).unwrap();
    let add = |topic: &str, new: NewWebinar| zoom.add_webinar(NewWebinar { topic: topic.into(), ..new }).unwrap().id;
    add("Weekly office hours", NewWebinar { kind: 9, ..NewWebinar::default() });
    add("Customer stories", NewWebinar { host: COLLEAGUE.into(), approval_type: 1, ..NewWebinar::default() });
    for (first, last, email) in [("Grace", "Hopper", "grace@example.org"), ("Hedy", "Lamarr", "hedy@example.org")] {
        app.stage.marketo.add_person(first, last, email);
    }
    add(TOPIC, NewWebinar { agenda: "What is new, shown live.".into(), ..NewWebinar::default() })
}

/// Signs in to Zoom under the name of a service, allows the app, and enables a colleague.
async fn sign_in_to_zoom(desk: &Desk, app: &App) {
    let tab = &desk.tab;
    tab.sees("No Zoom account is connected yet.").await;
    tab.fill(&the("textbox", "Name of the service"), SERVICE).await;
    desk.picture(tab, "1-zoom-account", &the("banner", "")).await;
    tab.follow(&the("button", "Sign in to Zoom")).await;
    assert!(tab.url().await.starts_with(&app.stage.zoom.url()), "{}", tab.url().await);
    tab.sees("alice@example.com").await;
    tab.follow(&the("link", "Allow")).await;
    let article = the("article", SERVICE);
    tab.shows(&article, "Active").await;
    tab.shows(&article, "alice@example.com").await;

    tab.fill(&the("textbox", "Zoom user's e-mail address").within(article.clone()), COLLEAGUE).await;
    tab.click(&the("button", "Add")).await;
    tab.shows(&the("status", ""), "bob@example.com is enabled.").await;
    tab.shows(&article, "1 of 20").await;
}

/// Connects the program, by its address in Marketo, to a webinar.
async fn connect(desk: &Desk) {
    let tab = &desk.tab;
    tab.click(&the("link", "Programs")).await;
    tab.click(&the("link", "Connect a program")).await;
    tab.fill(&the("textbox", "Marketo program"), &format!("https://app-sj01.marketo.com/#ME{WEBINAR_PROGRAM}A1")).await;
    let recurring = tab.find(&the("radio", "Weekly office hours")).await;
    assert!(recurring.is("disabled") && recurring.description.contains("Cannot be chosen"), "{recurring:?}");
    let colleagues = tab.find(&the("radio", "Customer stories")).await;
    assert!(colleagues.description.contains("the host approves"), "{colleagues:?}");
    let webinar = tab.find(&the("radio", TOPIC)).await;
    assert!(webinar.description.contains("your time") && webinar.description.contains("New York"), "{webinar:?}");
    tab.press(&webinar).await;
    desk.picture(tab, "2-connect", &the("textbox", "Marketo program")).await;
    tab.click(&the("button", "Connect")).await;
    tab.find(&the("heading", PROGRAM)).await;
    tab.sees(&format!("{PROGRAM} is connected.")).await;
    tab.shows(&the("region", "What Marketo shows"), "{{my.Webinar Topic}}").await;
    tab.shows(&the("region", "What Marketo shows"), TOPIC).await;
    desk.figure("Registered", "0").await;
}

/// Copies what the console says into Marketo, as its administrator does.
async fn install_the_flow_step(desk: &Desk, app: &App) {
    let tab = &desk.tab;
    tab.click(&the("link", "Set up Marketo")).await;
    tab.find(&the("heading", "Smart campaign")).await;
    assert_eq!(tab.value(&the("textbox", "E-mail token")).await, "{{member.webinar url}}");
    assert!(tab.value(&the("textbox", "Payload template")).await.contains("{{lead.Email Address}}"));
    tab.click(&the("button", "Copy Service URL")).await;
    tab.sees("Service URL is copied.").await;
    let url = tab.evaluate("navigator.clipboard.readText()").await.as_str().unwrap().to_owned();
    assert_eq!(url, tab.value(&the("textbox", "Service URL")).await);

    let marketo = desk.open(&app.stage.marketo.url()).await;
    marketo.fill(&the("textbox", "Service URL"), &url).await;
    marketo.fill(&the("textbox", "API key (header x-api-key)"), MARKETO_API_KEY).await;
    marketo.follow(&the("button", "Install the service")).await;
    marketo.sees("is installed.").await;
    assert_eq!(marketo.complaints(), Vec::<String>::new());

    tab.to_front().await;
    tab.click(&the("link", "Programs")).await;
    tab.click(&the("link", PROGRAM)).await;
    tab.find(&the("heading", PROGRAM)).await;
}

/// Adds leads to the program in Marketo and sets them Registered. Returns the link in the e-mail to one of them, after
/// the console has shown them by itself.
async fn register(desk: &Desk, app: &App) -> String {
    let marketo = desk.open(&app.stage.marketo.url()).await;
    marketo.follow(&the("link", PROGRAM)).await;
    for (field, text) in [("First name", "Ada"), ("Last name", "Lovelace"), ("E-mail address", "ada@example.org")] {
        marketo.fill(&the("textbox", field), text).await;
    }
    marketo.follow(&the("button", "Add the lead")).await;
    marketo.follow(&the("button", "Add them")).await;
    for lead in ["Ada Lovelace", "Grace Hopper", "Hedy Lamarr"] {
        assert!(marketo.find(&the("checkbox", lead)).await.is("checked"), "{lead}");
    }
    marketo.follow(&the("button", "Set the ticked ones Registered")).await;
    let email = the("link", "To ada@example.org");
    marketo.find(&email).await;
    desk.picture(&marketo, "3-marketo", &the("banner", "")).await;
    let statuses = app.stage.marketo.members(WEBINAR_PROGRAM).into_iter().map(|member| member.status_name);
    assert_eq!(statuses.collect::<Vec<_>>(), ["Registered"; 3]);

    marketo.follow(&email).await;
    marketo.sees(&format!("You are registered: {TOPIC}")).await;
    let links = marketo.all(&Wanted::any("link")).await;
    let personal: Vec<_> = links.iter().filter(|link| link.name.starts_with(&app.stage.zoom.url())).collect();
    assert_eq!(personal.len(), 1, "{links:?}");
    desk.picture(&marketo, "4-email", &the("banner", "")).await;
    assert_eq!(marketo.complaints(), Vec::<String>::new());

    desk.tab.to_front().await;
    desk.figure("Registered", "3").await;
    personal[0].name.clone()
}

async fn open_the_link(desk: &Desk, link: &str) {
    let reader = desk.open(link).await;
    reader.sees("The personal link of Ada Lovelace.").await;
}

/// Starts the webinar in Zoom and ends it; one of the registrants was not there.
async fn hold_the_webinar(desk: &Desk, app: &App, webinar: u64) {
    let zoom = desk.open(&app.stage.zoom.url()).await;
    zoom.follow(&the("link", TOPIC)).await;
    assert!(zoom.url().await.ends_with(&format!("/webinars/{webinar}")));
    zoom.follow(&the("button", "Start the webinar")).await;
    zoom.click(&the("checkbox", "Hedy Lamarr")).await;
    desk.picture(&zoom, "5-zoom", &the("banner", "")).await;
    zoom.follow(&the("button", "End the webinar")).await;
    zoom.sees("2 stays").await;
    assert_eq!(zoom.complaints(), Vec::<String>::new());
}

/// The console shows the attendance by itself; so does Marketo.
async fn see_who_attended(desk: &Desk, app: &App) {
    let tab = &desk.tab;
    tab.to_front().await;
    desk.figure("Attended", "2").await;
    desk.figure("No Show", "1").await;
    tab.shows(&the("region", "People"), "Everybody is accounted for.").await;
    tab.shows(&the("region", "Failures"), "Nobody has failed.").await;
    desk.picture(tab, "6-attendance", &the("region", "People")).await;

    let marketo = desk.open(&format!("{}/programs/{WEBINAR_PROGRAM}", app.stage.marketo.url())).await;
    let mut rows = Vec::new();
    for row in marketo.all(&Wanted::any("row")).await {
        rows.push(marketo.words(&row).await);
    }
    for (lead, status) in [("Ada Lovelace", "Attended"), ("Grace Hopper", "Attended"), ("Hedy Lamarr", "No Show")] {
        let of_lead: Vec<_> = rows.iter().filter(|row| row.contains(lead)).collect();
        assert!(of_lead.len() == 1 && of_lead[0].contains(status), "{lead}: {rows:?}");
    }

    // A person's trace, by e-mail address.
    tab.to_front().await;
    tab.fill(&the("textbox", "E-mail address"), "ada@example.org").await;
    tab.click(&the("button", "Trace")).await;
    let trace = the("list", "Trace");
    for step in ["Registered in Zoom", "Join link written to Marketo", "Program status in Marketo: Attended"] {
        tab.shows(&trace, step).await;
    }
    desk.traced_minutes("45 minutes").await;
    desk.picture(tab, "7-trace", &the("region", "Trace a person")).await;
}
