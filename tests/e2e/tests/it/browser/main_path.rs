//! The whole job by clicking: from the console's sign-in to attendance that appears by itself.

use super::chromium::{Chromium, Locator};
use super::console::{Console, by_role};
use crate::harness::App;
use fakes::env::MARKETO_API_KEY;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{NewUser, NewWebinar, Options};

const SERVICE: &str = "Acme Webinars";
const PROGRAM: &str = "2026-12 Product webinar";
const TOPIC: &str = "Meet the new Acme";
const COLLEAGUE: &str = "bob@example.com";

#[tokio::test]
async fn whole_job_works_by_clicking() {
    let Some(chromium) = Chromium::start().await else { return };
    let options = Options { consent_page: true, ..Options::default() };
    let app = App::start_with(options, fakes::marketo::Options::default()).await;
    let webinar = set_up_fixture(&app);
    let console = Console::open(chromium, &app).await;

    console.sign_in().await;
    sign_in_to_zoom(&console, &app).await;
    connect(&console).await;
    install_flow_step(&console, &app).await;
    let link = register(&console, &app).await;
    open_link(&console, &link).await;
    hold_webinar(&console, &app, webinar).await;
    check_attendance(&console, &app).await;

    console.assert_clean(&app, &[]);
    assert_eq!(app.env.marketo.violations().len(), 0, "{:?}", app.env.marketo.violations());
}

fn set_up_fixture(app: &App) -> u64 {
    let zoom = &app.env.zoom;
    let bob = NewUser { first_name: "Bob".into(), last_name: "Builder".into(), ..NewUser::named(COLLEAGUE) };
    zoom.add_user(bob).unwrap();
    let add = |topic: &str, new: NewWebinar| zoom.add_webinar(NewWebinar { topic: topic.into(), ..new }).unwrap().id;
    add("Weekly office hours", NewWebinar { kind: 9, ..NewWebinar::default() });
    add("Customer stories", NewWebinar { host: COLLEAGUE.into(), approval_type: 1, ..NewWebinar::default() });
    for (first, last, email) in [("Grace", "Hopper", "grace@example.org"), ("Hedy", "Lamarr", "hedy@example.org")] {
        app.env.marketo.add_person(first, last, email);
    }
    add(TOPIC, NewWebinar { agenda: "What is new, shown live.".into(), ..NewWebinar::default() })
}

/// Signs in to Zoom under the name of a service, allows the app, and enables a colleague.
async fn sign_in_to_zoom(console: &Console, app: &App) {
    let tab = &console.tab;
    tab.wait_for_text("No Zoom account is connected yet.").await;
    tab.fill(&by_role("textbox", "Name of the service"), SERVICE).await;
    console.screenshot(tab, "1-zoom-account", &by_role("banner", "")).await;
    tab.click_and_load(&by_role("button", "Sign in to Zoom")).await;
    assert!(tab.url().await.starts_with(&app.env.zoom.url()), "{}", tab.url().await);
    tab.wait_for_text("alice@example.com").await;
    tab.click_and_load(&by_role("link", "Allow")).await;
    let article = by_role("article", SERVICE);
    tab.wait_for_text_in(&article, "Active").await;
    tab.wait_for_text_in(&article, "alice@example.com").await;

    tab.fill(&by_role("textbox", "Zoom user's e-mail address").within(article.clone()), COLLEAGUE).await;
    tab.click(&by_role("button", "Add")).await;
    tab.wait_for_text_in(&by_role("status", ""), "bob@example.com is enabled.").await;
    tab.wait_for_text_in(&article, "1 of 20").await;
}

/// Connects the program, named by its URL in Marketo, to a webinar.
async fn connect(console: &Console) {
    let tab = &console.tab;
    tab.click(&by_role("link", "Programs")).await;
    tab.click(&by_role("link", "Connect a program")).await;
    tab.fill(&by_role("textbox", "Marketo program"), &format!("https://app-sj01.marketo.com/#ME{WEBINAR_PROGRAM}A1"))
        .await;
    let recurring = tab.find(&by_role("radio", "Weekly office hours")).await;
    assert!(recurring.is("disabled") && recurring.description.contains("Cannot be chosen"), "{recurring:?}");
    let colleagues = tab.find(&by_role("radio", "Customer stories")).await;
    assert!(colleagues.description.contains("the host approves"), "{colleagues:?}");
    let webinar = tab.find(&by_role("radio", TOPIC)).await;
    assert!(webinar.description.contains("your time") && webinar.description.contains("New York"), "{webinar:?}");
    tab.click_element(&webinar).await;
    console.screenshot(tab, "2-connect", &by_role("textbox", "Marketo program")).await;
    tab.click(&by_role("button", "Connect")).await;
    tab.find(&by_role("heading", PROGRAM)).await;
    tab.wait_for_text(&format!("{PROGRAM} is connected.")).await;
    tab.wait_for_text_in(&by_role("region", "What Marketo shows"), "{{my.Webinar Topic}}").await;
    tab.wait_for_text_in(&by_role("region", "What Marketo shows"), TOPIC).await;
    console.wait_for_figure("Registered", "0").await;
}

/// Copies the console's values into Marketo, as a Marketo administrator does.
async fn install_flow_step(console: &Console, app: &App) {
    let tab = &console.tab;
    tab.click(&by_role("link", "Set up Marketo")).await;
    tab.find(&by_role("heading", "Smart campaign")).await;
    assert_eq!(tab.value(&by_role("textbox", "E-mail token")).await, "{{member.webinar url}}");
    assert!(tab.value(&by_role("textbox", "Payload template")).await.contains("{{lead.Email Address}}"));
    tab.click(&by_role("button", "Copy Service URL")).await;
    tab.wait_for_text("Service URL is copied.").await;
    let url = tab.evaluate("navigator.clipboard.readText()").await.as_str().unwrap().to_owned();
    assert_eq!(url, tab.value(&by_role("textbox", "Service URL")).await);

    let marketo = console.open_tab(&app.env.marketo.url()).await;
    marketo.fill(&by_role("textbox", "Service URL"), &url).await;
    marketo.fill(&by_role("textbox", "API key (header x-api-key)"), MARKETO_API_KEY).await;
    marketo.click_and_load(&by_role("button", "Install the service")).await;
    marketo.wait_for_text("is installed.").await;
    assert_eq!(marketo.page_errors(), Vec::<String>::new());

    tab.to_front().await;
    tab.click(&by_role("link", "Programs")).await;
    tab.click(&by_role("link", PROGRAM)).await;
    tab.find(&by_role("heading", PROGRAM)).await;
}

/// Adds leads to the program in Marketo and sets them to Registered. Waits until the console shows them, and returns
/// the link in one lead's e-mail.
async fn register(console: &Console, app: &App) -> String {
    let marketo = console.open_tab(&app.env.marketo.url()).await;
    marketo.click_and_load(&by_role("link", PROGRAM)).await;
    for (field, text) in [("First name", "Ada"), ("Last name", "Lovelace"), ("E-mail address", "ada@example.org")] {
        marketo.fill(&by_role("textbox", field), text).await;
    }
    marketo.click_and_load(&by_role("button", "Add the lead")).await;
    marketo.click_and_load(&by_role("button", "Add them")).await;
    for lead in ["Ada Lovelace", "Grace Hopper", "Hedy Lamarr"] {
        assert!(marketo.find(&by_role("checkbox", lead)).await.is("checked"), "{lead}");
    }
    marketo.click_and_load(&by_role("button", "Set the ticked ones Registered")).await;
    let email = by_role("link", "To ada@example.org");
    marketo.find(&email).await;
    console.screenshot(&marketo, "3-marketo", &by_role("banner", "")).await;
    let statuses = app.env.marketo.members(WEBINAR_PROGRAM).into_iter().map(|member| member.status_name);
    assert_eq!(statuses.collect::<Vec<_>>(), ["Registered"; 3]);

    marketo.click_and_load(&email).await;
    marketo.wait_for_text(&format!("You are registered: {TOPIC}")).await;
    let links = marketo.all(&Locator::any("link")).await;
    let personal: Vec<_> = links.iter().filter(|link| link.name.starts_with(&app.env.zoom.url())).collect();
    assert_eq!(personal.len(), 1, "{links:?}");
    console.screenshot(&marketo, "4-email", &by_role("banner", "")).await;
    assert_eq!(marketo.page_errors(), Vec::<String>::new());

    console.tab.to_front().await;
    console.wait_for_figure("Registered", "3").await;
    personal[0].name.clone()
}

async fn open_link(console: &Console, link: &str) {
    let reader = console.open_tab(link).await;
    reader.wait_for_text("The personal link of Ada Lovelace.").await;
}

/// Starts the webinar in Zoom and ends it; one registrant stays away.
async fn hold_webinar(console: &Console, app: &App, webinar: u64) {
    let zoom = console.open_tab(&app.env.zoom.url()).await;
    zoom.click_and_load(&by_role("link", TOPIC)).await;
    assert!(zoom.url().await.ends_with(&format!("/webinars/{webinar}")));
    zoom.click_and_load(&by_role("button", "Start the webinar")).await;
    zoom.click(&by_role("checkbox", "Hedy Lamarr")).await;
    console.screenshot(&zoom, "5-zoom", &by_role("banner", "")).await;
    zoom.click_and_load(&by_role("button", "End the webinar")).await;
    zoom.wait_for_text("2 stays").await;
    assert_eq!(zoom.page_errors(), Vec::<String>::new());
}

/// The console and Marketo show the attendance.
async fn check_attendance(console: &Console, app: &App) {
    let tab = &console.tab;
    tab.to_front().await;
    console.wait_for_figure("Attended", "2").await;
    console.wait_for_figure("No Show", "1").await;
    tab.wait_for_text_in(&by_role("region", "People"), "Attendance is complete.").await;
    tab.wait_for_text_in(&by_role("region", "Failures"), "There are no failures.").await;
    console.screenshot(tab, "6-attendance", &by_role("region", "People")).await;

    let marketo = console.open_tab(&format!("{}/programs/{WEBINAR_PROGRAM}", app.env.marketo.url())).await;
    let mut rows = Vec::new();
    for row in marketo.all(&Locator::any("row")).await {
        rows.push(marketo.inner_text(&row).await);
    }
    for (lead, status) in [("Ada Lovelace", "Attended"), ("Grace Hopper", "Attended"), ("Hedy Lamarr", "No Show")] {
        let of_lead: Vec<_> = rows.iter().filter(|row| row.contains(lead)).collect();
        assert!(of_lead.len() == 1 && of_lead[0].contains(status), "{lead}: {rows:?}");
    }

    // The trace of a person, by e-mail address.
    tab.to_front().await;
    tab.fill(&by_role("textbox", "E-mail address"), "ada@example.org").await;
    tab.click(&by_role("button", "Trace")).await;
    let trace = by_role("list", "Trace");
    for step in ["Registered in Zoom", "Join link written to Marketo", "Program status in Marketo: Attended"] {
        tab.wait_for_text_in(&trace, step).await;
    }
    console.wait_for_traced_minutes("45 minutes").await;
    console.screenshot(tab, "7-trace", &by_role("region", "Trace a person")).await;
}
