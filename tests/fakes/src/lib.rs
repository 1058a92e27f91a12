//! A fake Zoom and a fake Marketo: two HTTP servers with state, rate limits and fault injection.
//!
//! The end-to-end tests and the demo use them. The fakes are strict: they reject what the real system rejects. They log
//! every request, so that a test can assert which requests were sent.

pub mod env;
pub mod marketo;
pub mod support;
pub mod zoom;
