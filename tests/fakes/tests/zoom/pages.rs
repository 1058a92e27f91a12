//! The web pages, as a browser without scripts uses them.

use fakes::zoom::NewWebinar;
use reqwest::{Client, redirect};

use crate::app::App;

struct Visitor {
    app: App,
    http: Client,
    webinar: u64,
}

impl Visitor {
    async fn new(webinar: NewWebinar) -> Self {
        let app = App::start().await;
        let webinar = app.webinar(webinar);
        let http = Client::builder().redirect(redirect::Policy::limited(3)).build().unwrap();
        Self { app, http, webinar }
    }

    async fn page(&self, path: &str) -> String {
        let url = if path.starts_with('/') { format!("{}{path}", self.app.zoom.url()) } else { path.to_owned() };
        let answer = self.http.get(url).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("script"), "{policy}");
        let text = answer.text().await.unwrap();
        assert!(!text.contains("<script"), "{text}");
        text
    }

    /// Sends a form of the webinar's page. Returns the status and the page that it redirects to.
    async fn send(&self, action: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let url = format!("{}/_control/page/webinars/{}/{action}", self.app.zoom.url(), self.webinar);
        let answer = self.http.post(url).form(fields).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

#[tokio::test]
async fn pages_behind_links_escape_markup() {
    let topic = "<img src=x onerror=alert(1)>";
    let visitor = Visitor::new(NewWebinar { topic: topic.to_owned(), ..NewWebinar::default() }).await;
    let (_, added) = visitor.app.register(visitor.webinar, "bo@x.com").await;
    let link = added["join_url"].as_str().unwrap();
    let id = visitor.webinar;
    for path in [link, "/", &format!("/webinars/{id}"), &format!("/j/{id}"), &format!("/webinar/register/WN_{id}")] {
        let page = visitor.page(path).await;
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;") && !page.contains(topic), "{path}: {page}");
    }
    assert!(visitor.page(link).await.contains("The personal link of Bo Berg."));
    assert!(visitor.page(&format!("/w/{id}?tk=wrong")).await.contains("not valid"));
    assert!(visitor.page("/j/1").await.contains("leads nowhere"));
    assert!(visitor.page(&format!("/webinars/{id}")).await.contains("bo@x.com"));
}

#[tokio::test]
async fn starts_and_ends_a_webinar_with_the_selected_participants() {
    let visitor = Visitor::new(NewWebinar::default()).await;
    let mut registrants = Vec::new();
    for email in ["bo@x.com", "cy@x.com"] {
        let (_, added) = visitor.app.register(visitor.webinar, email).await;
        registrants.push(added["registrant_id"].as_str().unwrap().to_owned());
    }
    let (status, page) = visitor.send("end", &[("minutes", "30")]).await;
    assert!(status == 400 && page.contains("is not running"), "{page}");
    let (status, page) = visitor.send("start", &[]).await;
    assert!(status == 200 && page.contains("End the webinar") && page.contains("running"), "{page}");
    for (minutes, reason) in [("", "how many minutes"), ("0", "1 to 600 minutes"), ("601", "1 to 600 minutes")] {
        let (status, page) = visitor.send("end", &[("minutes", minutes)]).await;
        assert!(status == 400 && page.contains(reason), "{page}");
    }
    let ticked = [("registrant", &*registrants[1]), ("phone", "+15550100"), ("minutes", "30")];
    let (status, page) = visitor.send("end", &ticked).await;
    assert!(status == 200 && page.contains("ended") && page.contains("2 stays"), "{page}");
    let session = visitor.app.zoom.webinar(visitor.webinar).unwrap().sessions[0].clone();
    let stays: Vec<(&str, i64)> = session.presences.iter().map(|row| (&*row.name, row.seconds())).collect();
    assert_eq!(stays, [("Bo Berg", 1800), ("+15550100", 1800)]);
    assert_eq!(session.presences[0].email, "cy@x.com");
    assert_eq!(session.length().as_secs(), 1800);
}

#[tokio::test]
async fn host_approves_registrations_of_zooms_own_page() {
    let visitor = Visitor::new(NewWebinar { approval_type: 1, ..NewWebinar::default() }).await;
    let named = [("first_name", "Cy"), ("last_name", "Coe"), ("email", "cy@x.com")];
    let (status, page) = visitor.send("register", &named).await;
    assert!(status == 200 && page.contains("Status: pending"), "{page}");
    let (_, page) = visitor.send("approve", &[("email", "cy@x.com")]).await;
    assert!(page.contains("approved") && !page.contains("Approve Cy Coe"), "{page}");
    let (_, page) = visitor.send("deny", &[("email", "cy@x.com")]).await;
    assert!(page.contains("denied"), "{page}");
    let (status, page) = visitor.send("register", &[("first_name", ""), ("email", "x")]).await;
    assert!(status == 400 && page.contains("are needed"), "{page}");
}
