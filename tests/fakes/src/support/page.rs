//! The look of the stand-ins' pages: plain HTML that runs no script at all, so that data can't be one.

use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Nothing but the style in the page itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'";

/// How often a page that shows something under way is loaded again, seconds.
const REFRESH: u32 = 1;

/// Both stand-ins look alike, and like neither Zoom nor Marketo.
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

/// A page of a stand-in: whose it is, its title, its contents.
pub(crate) fn page(system: &str, title: &str, body: Markup) -> Response {
    render(system, title, body, false)
}

/// The same, loaded again after a moment, since something that it shows is under way.
pub(crate) fn page_under_way(system: &str, title: &str, body: Markup) -> Response {
    render(system, title, body, true)
}

fn render(system: &str, title: &str, body: Markup, under_way: bool) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if under_way { meta http-equiv="refresh" content=(REFRESH); }
                title { (title) " - Stand-in " (system) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    strong { a href="/" { (system) } }
                    span .badge { "stand-in" }
                    span .quiet { "Plays " (system) " for tests and demonstrations; nothing here is real." }
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

/// Where a form leads that did what it says: a page that can be loaded again.
pub(crate) fn back_to(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// Where a form leads that could not be done: the reason.
pub(crate) fn refused(system: &str, why: &str, path: &str) -> Response {
    let body = html! {
        p role="alert" { (why) }
        p { a href=(path) { "Back" } }
    };
    (StatusCode::BAD_REQUEST, page(system, "That cannot be done", body)).into_response()
}

/// A link, if the address is one of the web; else its text.
pub(crate) fn web_link(address: &str) -> Markup {
    let is_web = address.starts_with("https://") || address.starts_with("http://");
    html! {
        @if is_web { a href=(address) { (address) } } @else { (address) }
    }
}
