//! The web pages, as a browser without scripts uses them.

use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::marketo::{Marketo, Options};
use serde_json::json;

/// Markup that pages must escape.
const MARKUP: &str = "<img src=x onerror=alert(1)>";

struct Visitor {
    marketo: Marketo,
    http: reqwest::Client,
}

impl Visitor {
    async fn new() -> Self {
        Self { marketo: Marketo::start(Options::default()).await.unwrap(), http: reqwest::Client::new() }
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.http.get(format!("{}{path}", self.marketo.url())).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("script"), "{policy}");
        let text = answer.text().await.unwrap();
        assert!(!text.contains(MARKUP) && !text.contains("<script"), "{text}");
        text
    }

    /// Sends a form. Returns the status and the page that it redirects to.
    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let url = format!("{}/_control/page/{path}", self.marketo.url());
        let answer = self.http.post(url).form(fields).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

#[tokio::test]
async fn adds_leads_and_escapes_markup() {
    let visitor = Visitor::new().await;
    for number in 0..3 {
        visitor.marketo.add_person("Ada", "Lovelace", &format!("ada{number}@example.com"));
    }
    let program = format!("programs/{WEBINAR_PROGRAM}");
    let (status, page) = visitor.send(&format!("{program}/members"), &[("count", "2")]).await;
    assert_eq!(status, 200);
    assert!(page.contains("ada1@example.com") && !page.contains("ada2@example.com"), "{page}");
    let named = [("firstName", MARKUP), ("lastName", "X"), ("email", "m@example.com"), ("company", ""), ("phone", "")];
    assert_eq!(visitor.send(&format!("{program}/lead"), &named).await.0, 200);
    let statuses: Vec<String> =
        visitor.marketo.members(WEBINAR_PROGRAM).into_iter().map(|member| member.status_name).collect();
    assert_eq!(statuses, ["Invited", "Invited", "Invited"]);
    visitor.marketo.arrange(|world| world.programs.get_mut(&WEBINAR_PROGRAM).unwrap().name = MARKUP.to_owned());
    assert!(visitor.page("/").await.contains("&lt;img src=x onerror=alert(1)&gt;"));
    assert!(visitor.page(&format!("/{program}")).await.contains("&lt;img src=x onerror=alert(1)&gt; X"));
}

#[tokio::test]
async fn failed_form_shows_the_reason() {
    let visitor = Visitor::new().await;
    let program = format!("programs/{WEBINAR_PROGRAM}");
    let lead = visitor.marketo.add_person("Ada", "Lovelace", "ada@example.com").to_string();
    let address = [("firstName", "A"), ("lastName", "B"), ("email", "ädä"), ("company", ""), ("phone", "")];
    for (path, fields, reason) in [
        (format!("{program}/lead"), &address[..], "not a valid email address"),
        (format!("{program}/members"), &[("count", "x")], "how many leads?"),
        (format!("{program}/register"), &[], "Tick the leads first."),
        (format!("{program}/register"), &[("lead", &*lead)], "Install the flow step service first."),
        ("programs/9/members".to_owned(), &[("count", "1")], "there is no such program"),
    ] {
        let (status, page) = visitor.send(&path, fields).await;
        assert!(status == 400 && page.contains(reason), "{path}: {status} {page}");
    }
    assert!(visitor.marketo.members(WEBINAR_PROGRAM).is_empty());
    // The request log, which tests count, contains none of these calls.
    assert_eq!(visitor.marketo.log().count("POST", "/**"), 0);
}

#[tokio::test]
async fn only_http_urls_become_links() {
    let visitor = Visitor::new().await;
    let lead = visitor.marketo.add_person(MARKUP, "X", "x@example.com");
    visitor.marketo.set_member(WEBINAR_PROGRAM, lead, "Registered");
    let now = visitor.marketo.clock().now();
    for (link, is_link) in [("https://zoom.example/w/1?tk=\"x", true), ("javascript:alert(1)", false)] {
        let data = json!({"webinarUrl": link}).as_object().cloned().unwrap();
        visitor.marketo.arrange(|world| world.write_member(WEBINAR_PROGRAM, lead, data, now)).unwrap();
        let campaign = json!({"program_id": WEBINAR_PROGRAM, "lead_ids": [lead]});
        visitor.marketo.run_campaign(serde_json::from_value(campaign).unwrap()).await.unwrap();
        let number = visitor.marketo.emails().len() - 1;
        let page = visitor.page(&format!("/emails/{number}")).await;
        assert!(page.contains("Hello &lt;img"), "{page}");
        assert_eq!(page.contains("<a href=\"https://zoom.example/w/1?tk=&quot;x\">"), is_link, "{page}");
        assert!(!page.contains("href=\"javascript"), "{page}");
    }
}
