//! Log lines on standard error, which Spin keeps per component (docs/LOGGING.md).
//!
//! A line contains ids and hashes, never an e-mail address, name, join link, token or raw body: those are
//! [`domain::Sensitive`], which prints as `[redacted]`.

use crate::request_id::RequestId;
use std::fmt::{Display, Write};

/// How urgent an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Normal operation.
    Info,
    /// A handled failure; worth a look if it repeats.
    Warn,
    /// A failure that needs a person.
    Error,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

/// Writes one log line: a [`Level`], an event name (`noun.verb`), then fields.
///
/// ```
/// platform::log!(Info, "flow_step.accepted", outbox = "3f2a", leads = 25);
/// ```
#[macro_export]
macro_rules! log {
    ($level:ident, $event:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::log::write(
            $crate::log::Level::$level,
            $event,
            &[$((::std::stringify!($name), &$value as &dyn ::std::fmt::Display)),*],
        )
    };
}

/// Writes a line. Not a part of the macro, so that it is compiled once.
#[doc(hidden)]
pub fn write(level: Level, event: &str, fields: &[(&str, &dyn Display)]) {
    eprintln!("{}", line(level, event, fields, RequestId::current()));
}

fn line(level: Level, event: &str, fields: &[(&str, &dyn Display)], request: Option<RequestId>) -> String {
    let mut line = format!("{} {event}", level.as_str());
    for (name, value) in fields {
        let value = value.to_string();
        let is_plain = !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"');
        // Writing to a `String` does not fail.
        let _ = if is_plain { write!(line, " {name}={value}") } else { write!(line, " {name}={value:?}") };
    }
    if let Some(id) = request {
        let _ = write!(line, " request_id={id}");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_level_an_event_and_quoted_fields() {
        assert_eq!(line(Level::Info, "tick.done", &[], None), "INFO tick.done");
        let id = RequestId::parse("00000000000003f2");
        assert_eq!(line(Level::Info, "tick.done", &[], id), "INFO tick.done request_id=00000000000003f2");
        let fields: [(&str, &dyn Display); 4] =
            [("count", &25), ("error", &"no \"answer\"\nfrom Zoom"), ("id", &"3f2a"), ("reason", &"")];
        let expected = r#"WARN tick.failed count=25 error="no \"answer\"\nfrom Zoom" id=3f2a reason="""#;
        assert_eq!(line(Level::Warn, "tick.failed", &fields, None), expected);
    }
}
