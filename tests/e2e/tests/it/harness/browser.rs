//! An HTTP client like a browser: it keeps cookies, does not follow redirects, and exposes the whole response.

use super::app::App;
use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Url, redirect};

/// An HTTP client with its own cookie jar and no key.
pub struct Browser {
    client: Client,
    url: String,
}

/// A response.
#[derive(Debug)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Browser {
    /// Returns a client without cookies.
    pub fn new(app: &App) -> Self {
        let client = Client::builder().redirect(redirect::Policy::none()).cookie_store(true).build().unwrap();
        Self { client, url: app.url().to_owned() }
    }

    /// Returns a request for a path of the application.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Requests any URL.
    pub async fn visit(&self, url: &str) -> Page {
        Page::of(self.client.get(url)).await
    }
}

impl Page {
    /// Sends a request and reads the whole response.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    /// Returns a header; empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Returns the target of a redirect.
    pub fn location(&self) -> Url {
        assert!((300..400).contains(&self.status), "{self:?}");
        self.header("location").parse().unwrap()
    }

    /// Returns the only cookie that is set, with its attributes; empty if there is none.
    pub fn set_cookie(&self) -> &str {
        assert!(self.headers.get_all(SET_COOKIE).iter().count() <= 1, "{self:?}");
        self.header("set-cookie")
    }

    /// Returns the code of a problem document.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem: serde_json::Value = serde_json::from_str(&self.text).unwrap();
        problem["code"].as_str().unwrap().to_owned()
    }
}
