//! Every view is accessible and fits a phone, in light and dark colors, and data cannot inject scripts.

use super::chromium::{Chromium, Locator};
use super::console::{Console, MARKUP, by_role};
use super::page_checks::{accessibility_violations, phone_problems};
use crate::harness::{App, Fixture};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{Account, Decision, NewUser, NewWebinar, Plan, SignIn};
use serde_json::json;

/// A fixture that fills every view, with markup in every text that others provide.
async fn populated_fixture() -> Fixture {
    let webinar = NewWebinar { topic: MARKUP.into(), agenda: MARKUP.into(), ..NewWebinar::default() };
    let fixture = Fixture::with_webinar(App::start().await, webinar).await;
    let marketo = &fixture.app.env.marketo;
    marketo.arrange(|world| world.programs.get_mut(&WEBINAR_PROGRAM).unwrap().name = MARKUP.into());
    let refresh = format!("/catalog/programs/{WEBINAR_PROGRAM}/refresh");
    fixture.admin.post(&refresh, &json!({})).await.unwrap().ok().unwrap();
    // The admin of a second account, whose service name contains markup too.
    let zoom = &fixture.app.env.zoom;
    zoom.put_account(Account { id: "acc_2".into(), plan: Plan::Pro });
    let other = NewUser { account: "acc_2".into(), admin: true, ..NewUser::named("other@example.net") };
    zoom.add_user(other).unwrap();
    let who = SignIn { user: "other@example.net".into(), decision: Decision::Allow, scopes: None };
    zoom.set_sign_in(who).unwrap();
    fixture.admin.sign_in(MARKUP).await.unwrap();
    let mut leads = fixture.add_leads(2);
    leads
        .extend((0..2).map(|n| marketo.add_lead(&json!({"firstName": MARKUP, "email": format!("no{n}@example.org")}))));
    fixture.run_campaign(&leads).await;
    for topic in [MARKUP, "Another"] {
        fixture.app.env.zoom.add_webinar(NewWebinar { topic: topic.into(), kind: 9, ..NewWebinar::default() }).unwrap();
    }
    fixture
}

#[tokio::test]
async fn every_view_is_accessible_and_fits_a_phone() {
    let Some(chromium) = Chromium::start().await else { return };
    let fixture = populated_fixture().await;
    let console = Console::open(chromium, &fixture.app).await;
    let tab = &console.tab;
    let mut wrong = Vec::new();
    tab.find(&by_role("textbox", "Admin key")).await;
    wrong.extend(check(&console, "signing in").await);
    tab.click(&by_role("button", "Sign in")).await;
    console.sign_in().await;
    for (fragment, heading, there) in [
        ("#/zoom", "Zoom accounts", by_role("article", MARKUP)),
        ("#/programs", "Programs", by_role("link", MARKUP)),
        ("#/connect", "Connect a program", by_role("radio", "Another")),
        ("#/programs/1001", MARKUP, by_role("button", "Try all again")),
        ("#/programs/9", "Program 9", by_role("link", "Connect it")),
        ("#/setup", "Set up Marketo", by_role("textbox", "Payload template")),
        ("#/health", "Health", by_role("region", "Problems")),
        ("#/nowhere", "Not found", by_role("heading", "Not found")),
    ] {
        console.open_view(fragment, heading).await;
        tab.find(&there).await;
        assert_eq!(tab.all(&Locator::any("heading")).await.iter().filter(|h| h.states["level"] == 1).count(), 1);
        assert!(tab.evaluate("document.title").await.as_str().unwrap().starts_with(heading), "{fragment}");
        wrong.extend(check(&console, fragment).await);
        assert_eq!(tab.evaluate("typeof window.scripted").await, "undefined", "{fragment}");
    }

    // A field with an error, a dialog, and a trace.
    console.open_view("#/zoom", "Zoom accounts").await;
    let service = by_role("article", "Acme Webinars");
    let field = by_role("textbox", "Zoom user's e-mail address").within(service.clone());
    tab.fill(&field, &format!("{}@x", MARKUP.replace(' ', "/"))).await;
    tab.click(&by_role("button", "Add").within(service)).await;
    let wrong_field = tab.wait_for("the field's error", || async {
        tab.all(&field).await.into_iter().find(|field| field.is("invalid"))
    });
    let wrong_field = wrong_field.await;
    assert!(wrong_field.description.contains("<img/src=x"), "{wrong_field:?}");
    wrong.extend(check(&console, "a field with an error").await);
    tab.click(&by_role("button", "Remove Acme Webinars")).await;
    tab.find(&by_role("dialog", "Remove Acme Webinars?")).await;
    wrong.extend(check(&console, "a dialog").await);
    tab.click(&by_role("button", "Cancel")).await;
    tab.wait_until_gone(&Locator::any("dialog")).await;
    console.open_view("#/programs/1001", MARKUP).await;
    tab.fill(&by_role("textbox", "E-mail address"), "lead1@example.com").await;
    tab.click(&by_role("button", "Trace")).await;
    tab.find(&by_role("list", "Trace")).await;
    wrong.extend(check(&console, "a trace").await);
    assert_eq!(tab.evaluate("typeof window.scripted").await, "undefined");
    assert!(tab.page_text().await.contains(MARKUP), "markup is shown as text");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tab.requests().iter().all(|one| one.url.starts_with(fixture.app.url())), "{:?}", tab.requests());
    let refused: Vec<String> =
        [400, 404, 422].map(|status| format!("PUT /oauth/services/{}/users {status}", fixture.service)).into();
    let mut refused: Vec<&str> = refused.iter().map(String::as_str).collect();
    refused.push("GET /catalog/programs/9 404");
    console.assert_clean(&fixture.app, &refused);
}

async fn check(console: &Console, what: &str) -> Vec<String> {
    let mut wrong = accessibility_violations(&console.tab, what).await;
    wrong.extend(phone_problems(&console.tab, what).await);
    wrong
}
