//! The fakes' pages are accessible, and data cannot inject scripts.

use super::chromium::Chromium;
use super::console::{MARKUP, by_role};
use super::page_checks::{accessibility_violations, phone_problems};
use fakes::marketo::Marketo;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{NewRegistrant, NewWebinar, Options, Zoom};

#[tokio::test]
async fn pages_of_the_fakes_are_accessible_and_fit_a_phone() {
    let Some(chromium) = Chromium::start().await else { return };
    let tab = chromium.open().await;
    let zoom = Zoom::start(Options { consent_page: true, ..Options::default() }).await.unwrap();
    let webinar = zoom.add_webinar(NewWebinar { topic: MARKUP.into(), approval_type: 1, ..NewWebinar::default() });
    let webinar = webinar.unwrap().id;
    for email in ["a@example.com", "b@example.com"] {
        let (email, first_name) = (email.to_owned(), MARKUP.to_owned());
        zoom.register_on_zoom(webinar, NewRegistrant { email, first_name, ..NewRegistrant::default() }).await.unwrap();
    }
    zoom.set_registration(webinar, "a@example.com", "approve").await.unwrap();
    let marketo = Marketo::start(fakes::marketo::Options::default()).await.unwrap();
    for number in 0..2 {
        let lead = marketo.add_person(MARKUP, "X", &format!("lead{number}@example.com"));
        marketo.set_member(WEBINAR_PROGRAM, lead, "Invited");
    }
    marketo.add_person("Not", "Yet", "other@example.com");
    let campaign = serde_json::json!({
        "program_id": WEBINAR_PROGRAM, "lead_ids": [marketo.members(WEBINAR_PROGRAM)[0].lead_id],
    });
    marketo.run_campaign(serde_json::from_value(campaign).unwrap()).await.unwrap();

    let of_zoom = ["/".into(), format!("/webinars/{webinar}"), format!("/webinar/register/WN_{webinar}")];
    let of_zoom = of_zoom.map(|path| format!("{}{path}", zoom.url()));
    let of_marketo = ["/".into(), format!("/programs/{WEBINAR_PROGRAM}"), "/emails/0".into()];
    let of_marketo = of_marketo.map(|path| format!("{}{path}", marketo.url()));
    let mut wrong = Vec::new();
    for url in of_zoom.iter().chain(&of_marketo) {
        tab.go(url).await;
        wrong.extend(accessibility_violations(&tab, url).await);
        wrong.extend(phone_problems(&tab, url).await);
        assert!(tab.page_text().await.contains("fake"), "{url}");
        assert_eq!(tab.evaluate("typeof window.scripted").await, "undefined", "{url}");
    }
    tab.go(&of_zoom[1]).await;
    assert!(tab.page_text().await.contains("<img src=x"), "data is shown as text");
    tab.click_and_load(&by_role("button", "Start the webinar")).await;
    wrong.extend(accessibility_violations(&tab, "a running webinar").await);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    tab.click_and_load(&by_role("button", "End the webinar")).await;
    assert_eq!(zoom.webinar(webinar).unwrap().sessions[0].presences.len(), 1);
    assert_eq!(tab.page_errors(), Vec::<String>::new());
}
