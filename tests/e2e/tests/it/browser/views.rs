//! Every view: anybody can use it, on a phone too, in light and dark, and data can't script it.

use super::chromium::Chromium;
use super::desk::{Desk, NO_MINUTES, SIGNED_OUT, the};
use super::stand_ins::{MARKUP, on_a_phone};
use super::{axe, chromium::Wanted};
use crate::harness::{App, Scene};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::zoom::NewWebinar;
use serde_json::json;

/// A scene in which everything that is shown is there, and whatever others wrote has markup in it.
async fn crowded() -> Scene {
    let webinar = NewWebinar { topic: MARKUP.into(), agenda: MARKUP.into(), ..NewWebinar::default() };
    let scene = Scene::set_with(App::start().await, webinar).await;
    let marketo = &scene.app.stage.marketo;
    marketo.arrange(|world| world.programs.get_mut(&WEBINAR_PROGRAM).unwrap().name = MARKUP.into());
    let refresh = format!("/catalog/programs/{WEBINAR_PROGRAM}/refresh");
    scene.admin.post(&refresh, &json!({})).await.unwrap().ok().unwrap();
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
        ("#/zoom", "Zoom accounts", the("article", "Acme Webinars")),
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
    tab.fill(&the("textbox", "Zoom user's e-mail address"), &format!("{}@x", MARKUP.replace(' ', "/"))).await;
    tab.click(&the("button", "Add")).await;
    let field = tab.until("the field's error", || async {
        tab.all(&the("textbox", "Zoom user's e-mail address")).await.into_iter().find(|field| field.is("invalid"))
    });
    let field = field.await;
    assert!(field.description.contains("<img/src=x"), "{field:?}");
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
    let refused: Vec<String> =
        [400, 404, 422].map(|status| format!("PUT /oauth/services/{}/users {status}", scene.service)).into();
    let mut refused: Vec<&str> = refused.iter().map(String::as_str).collect();
    refused.extend([SIGNED_OUT, NO_MINUTES, "GET /catalog/programs/9 404"]);
    desk.assert_clean(&scene.app, &refused);
}

async fn check(desk: &Desk, what: &str) -> Vec<String> {
    let mut wrong = axe::findings(&desk.tab, what).await;
    wrong.extend(on_a_phone(&desk.tab, what).await);
    wrong
}
