//! The layout of the fakes' pages, and their forms. The pages are plain HTML without scripts, so that data cannot be
//! executed.

use axum::body::Bytes;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use url::form_urlencoded;

/// Allows the inline style and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'";

/// How often an auto-refreshing page reloads, in seconds.
const REFRESH: u32 = 1;

/// The style of both fakes; it differs from Zoom's and Marketo's own.
const STYLE: &str = "
:root { color-scheme: light dark; --line: light-dark(#c9ced6, #454a52); --quiet: light-dark(#565c66, #aab0ba);
  --accent: light-dark(#5b3fbf, #b7a6ff); --on-accent: light-dark(#fff, #17121f); --card: light-dark(#fff, #202227);
  font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 0 1rem 3rem; overflow-wrap: anywhere; background: light-dark(#f5f4f8, #16171a);
  color: light-dark(#1d1f23, #e8e9eb); }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; padding: 1rem 0;
  border-bottom: 3px solid var(--accent); }
header strong { font-size: 1.25rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 0; }
a { color: var(--accent); }
section { margin: 1rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
fieldset { min-width: 0; border: 1px solid var(--line); border-radius: .375rem; margin: 0 0 1rem; }
label { display: inline-block; max-width: 100%; margin: .25rem 1rem .25rem 0; }
input:not([type=checkbox]), button { font: inherit; padding: .4rem .7rem; border: 1px solid var(--line);
  border-radius: .375rem; max-width: 100%; box-sizing: border-box; }
input:not([type=checkbox]) { display: block; width: 24rem; background: var(--card); color: inherit; }
button, .button { display: inline-block; border-color: var(--accent); background: var(--accent);
  color: var(--on-accent); cursor: pointer; text-decoration: none; border-radius: .375rem; }
.button { padding: .4rem 1.2rem; }
.quiet { color: var(--quiet); } .mail { white-space: pre-wrap; }
.badge { padding: 0 .6rem; border: 1px solid currentColor; border-radius: 1rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
";

/// One of the two fakes, whose name its pages show.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Site {
    Zoom,
    Marketo,
}

impl Site {
    fn name(self) -> &'static str {
        match self {
            Self::Zoom => "Zoom",
            Self::Marketo => "Marketo",
        }
    }

    /// Renders a page.
    pub(crate) fn page(self, title: &str, body: Markup) -> Response {
        self.render(title, body, false)
    }

    /// Renders a page that the browser reloads every [`REFRESH`] seconds, for work in progress.
    pub(crate) fn auto_refreshing_page(self, title: &str, body: Markup) -> Response {
        self.render(title, body, true)
    }

    /// Renders the reason why a form could not be processed, with a link back.
    pub(crate) fn error_page(self, why: &str, path: &str) -> Response {
        let body = html! {
            p role="alert" { (why) }
            p { a href=(path) { "Back" } }
        };
        (StatusCode::BAD_REQUEST, self.page("That cannot be done", body)).into_response()
    }

    fn render(self, title: &str, body: Markup, refresh: bool) -> Response {
        let system = self.name();
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    @if refresh { meta http-equiv="refresh" content=(REFRESH); }
                    title { (title) " - Fake " (system) }
                    link rel="icon" href="data:,";
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        strong { a href="/" { (system) } }
                        span .badge { "fake" }
                        span .quiet { "Stands for " (system) " in tests and demonstrations; nothing here is real." }
                    }
                    main {
                        h1 { (title) }
                        (body)
                    }
                }
            }
        };
        let policy = [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))];
        (policy, Html(markup.into_string())).into_response()
    }
}

/// Returns the redirect after a form was processed, so that a reload does not send the form again.
pub(crate) fn redirect_to(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// Renders a link if the address is an HTTP(S) URL, else its text.
pub(crate) fn web_link(address: &str) -> Markup {
    let is_web = address.starts_with("https://") || address.starts_with("http://");
    html! {
        @if is_web { a href=(address) { (address) } } @else { (address) }
    }
}

/// The fields of a submitted form, in order. A name may occur more than once.
#[derive(Debug)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Parses a body of the type `application/x-www-form-urlencoded`.
    pub(crate) fn of(body: &Bytes) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// Returns the trimmed value of a field, or an empty string if it is absent.
    pub(crate) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// Returns every value of a field that may occur more than once.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_returns_every_value_of_a_repeated_field() {
        let form = Form::of(&Bytes::from_static(b"lead=1&lead=2&name=+%C3%85sa+"));
        assert_eq!(form.all("lead").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((form.text("name"), form.text("none")), ("Åsa", ""));
    }
}
