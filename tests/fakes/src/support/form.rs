//! What a form of a stand-in's page sent.

use axum::body::Bytes;
use url::form_urlencoded;

/// The fields of a form, in order; a name may come more than once.
#[derive(Debug)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body of the type `application/x-www-form-urlencoded`.
    pub(crate) fn of(body: &Bytes) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// A field without the blanks around it; empty when it is absent.
    pub(crate) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// Every value of a field that comes more than once.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_that_is_ticked_more_than_once_is_all_there() {
        let form = Form::of(&Bytes::from_static(b"lead=1&lead=2&name=+%C3%85sa+"));
        assert_eq!(form.all("lead").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((form.text("name"), form.text("none")), ("Åsa", ""));
    }
}
