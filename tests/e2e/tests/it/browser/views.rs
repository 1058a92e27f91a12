//! Every view: anybody can use it, on a phone too, in light and dark, and data can't script it.

use super::chromium::Chromium;
use super::desk::{Desk, MARKUP, the};
use super::phone::on_a_phone;
use super::{axe, chromium::Wanted};
use crate::harness::{App, Scene};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::zoom::{Account, Decision, NewUser, NewWebinar, Plan, SignIn};
use serde_json::json;

/// A scene in which everything that is shown is there, and whatever others wrote has markup in it.
async fn crowded() -> Scene {
    let webinar = NewWebinar { topic: MARKUP.into(), agenda: MARKUP.into(), ..NewWebinar::default() };
    let scene = Scene::set_with(App::start().await, webinar).await;
    let marketo = &scene.app.stage.marketo;
    marketo.arrange(|world| world.programs.get_mut(&WEBINAR_PROGRAM).unwrap().name = MARKUP.into());
    let refresh = format!("/catalog/programs/{WEBINAR_PROGRAM}/refresh");
    scene.admin.post(&refresh, &json!({})).await.unwrap().ok().unwrap();
    // A second account's admin, whose service has an odd name too.
    let zoom = &scene.app.stage.zoom;
    zoom.put_account(Account { id: "acc_2".into(), plan: Plan::Pro });
    let other = NewUser { account: "acc_2".into(), admin: true, ..NewUser::named("other@example.net") };
    zoom.add_user(other).unwrap();
    let who = SignIn { user: "other@example.net".into(), decision: Decision::Allow, scopes: None };
    zoom.set_sign_in(who).unwrap();
    scene.admin.sign_in(MARKUP).await.unwrap();
    let mut leads = scene.add_leads(2);
    leads
        .extend((0..2).map(|n| marketo.add_lead(&json!({"firstName": MARKUP, "email": format!("no{n}@example.org")}))));
    scene.run_campaign(&leads).await;
    for topic in [MARKUP, "Another"] {
        scene.app.stage.zoom.add_webinar(NewWebinar { topic: topic.into(), kind: 9, ..NewWebinar::default() }).unwrap();
    }
    scene
}

#[tokio::test]
async fn every_view_is_for_everybody_and_fits_a_phone() {
    let Some(chromium) = Chromium::start().await else { return };
    let scene = crowded().await;
    let desk = Desk::before(chromium, &scene.app).await;
    let tab = &desk.tab;
    let mut wrong = Vec::new();
    tab.find(&the("textbox", "Admin key")).await;
    wrong.extend(check(&desk, "signing in").await);
    tab.click(&the("button", "Sign in")).await;
    desk.sign_in().await;
    for (fragment, heading, there) in [
        ("#/zoom", "Zoom accounts", the("article", MARKUP)),
        ("#/programs", "Programs", the("link", MARKUP)),
        ("#/connect", "Connect a program", the("radio", "Another")),
        ("#/programs/1001", MARKUP, the("button", "Try all again")),
        ("#/programs/9", "Program 9", the("link", "Connect it")),
        ("#/setup", "Set up Marketo", the("textbox", "Payload template")),
        ("#/health", "Health", the("region", "Problems")),
        ("#/nowhere", "Not found", the("heading", "Not found")),
    ] {
        desk.view(fragment, heading).await;
        tab.find(&there).await;
        assert_eq!(tab.all(&Wanted::any("heading")).await.iter().filter(|h| h.states["level"] == 1).count(), 1);
        assert!(tab.evaluate("document.title").await.as_str().unwrap().starts_with(heading), "{fragment}");
        wrong.extend(check(&desk, fragment).await);
        assert_eq!(tab.evaluate("typeof window.scripted").await, "undefined", "{fragment}");
    }

    // A field with an error, a dialog, a trace.
    desk.view("#/zoom", "Zoom accounts").await;
    let service = the("article", "Acme Webinars");
    let field = the("textbox", "Zoom user's e-mail address").within(service.clone());
    tab.fill(&field, &format!("{}@x", MARKUP.replace(' ', "/"))).await;
    tab.click(&the("button", "Add").within(service)).await;
    let wrong_field = tab
        .until("the field's error", || async { tab.all(&field).await.into_iter().find(|field| field.is("invalid")) });
    let wrong_field = wrong_field.await;
    assert!(wrong_field.description.contains("<img/src=x"), "{wrong_field:?}");
    wrong.extend(check(&desk, "a field with an error").await);
    tab.click(&the("button", "Remove Acme Webinars")).await;
    tab.find(&the("dialog", "Remove Acme Webinars?")).await;
    wrong.extend(check(&desk, "a dialog").await);
    tab.click(&the("button", "Cancel")).await;
    tab.gone(&Wanted::any("dialog")).await;
    desk.view("#/programs/1001", MARKUP).await;
    tab.fill(&the("textbox", "E-mail address"), "lead1@example.com").await;
    tab.click(&the("button", "Trace")).await;
    tab.find(&the("list", "Trace")).await;
    wrong.extend(check(&desk, "a trace").await);
    assert_eq!(tab.evaluate("typeof window.scripted").await, "undefined");
    assert!(tab.text().await.contains(MARKUP), "markup is shown as text");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tab.loaded().iter().all(|one| one.url.starts_with(scene.app.url())), "{:?}", tab.loaded());
    let refused: Vec<String> =
        [400, 404, 422].map(|status| format!("PUT /oauth/services/{}/users {status}", scene.service)).into();
    let mut refused: Vec<&str> = refused.iter().map(String::as_str).collect();
    refused.push("GET /catalog/programs/9 404");
    desk.assert_clean(&scene.app, &refused);
}

async fn check(desk: &Desk, what: &str) -> Vec<String> {
    let mut wrong = axe::findings(&desk.tab, what).await;
    wrong.extend(on_a_phone(&desk.tab, what).await);
    wrong
}
