//! A fake Zoom and a fake Marketo with state, rate limits and fault injection.
//!
//! The end-to-end tests and the demo use them as HTTP servers (feature `server`), the components' tests as routers in
//! simulated time (feature `in-memory`). The fakes are strict: they reject what the real system rejects. They log
//! every request, so that a test can assert which requests were sent.

#[cfg(feature = "server")]
pub mod env;
pub mod marketo;
#[cfg(feature = "in-memory")]
pub mod mounted;
pub mod support;
pub mod zoom;
