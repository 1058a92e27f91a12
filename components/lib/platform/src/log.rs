//! Log lines: one a line on standard error, which Spin keeps per component. They carry ids and hashes; no e-mail
//! address, name, join link, token or raw body (DESIGN section 4). The types help: people's data and secrets are
//! [`domain::Sensitive`], which prints as `[redacted]`.

/// Writes one log line: a dotted event name, then fields.
///
/// ```
/// platform::log!("flow_step.accepted", outbox = "3f2a", leads = 25);
/// ```
#[macro_export]
macro_rules! log {
    ($event:literal $(, $name:ident = $value:expr)* $(,)?) => {
        ::std::eprintln!(concat!($event $(, " ", stringify!($name), "={}")*) $(, $value)*)
    };
}
