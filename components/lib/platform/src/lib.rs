//! The platform of the components: the ports through which they reach the outside world, and what every component does
//! with its requests.
//!
//! | module | content |
//! |---|---|
//! | [`ports`] | outbound HTTP, key-value, clock, randomness, variables, work after the response |
//! | [`store`] | the key-value port with typed keys |
//! | [`sealing`] | records encrypted at rest |
//! | [`connections`] | the repository of program connections |
//! | [`forget_account`] | deletes the records of an account that removed the app (R17) |
//! | [`forget_person`] | deletes what the store has of a person |
//! | [`store_gate`] | keeps listings of keys apart from other calls to the store, which would block Spin |
//! | [`services`] | services that can be used |
//! | [`config`] | the application's variables, typed |
//! | [`auth`] | authentication of the admin, the scheduler and Marketo |
//! | [`mod@http`] | problem documents (RFC 9457) and JSON bodies |
//! | [`internal_api`] | calls to other components by service chaining |
//! | [`url_origin`] | scheme, host and port of URLs |
//! | [`request_id`] | the id of a request, in its log lines and in the requests that it causes |
//! | [`request_target`] | path and query of outbound requests, encoded |
//! | [`retry`] | retries with back-off under a deadline |
//! | [`rate_limit`] | the rate limiter of outbound calls |
//! | [`lease`] | leases between instances, and claims on records |
//! | [`index`] | indexes that several instances write |
//! | [`maintenance`] | what needs a listing of keys, once an hour |
//! | [`instance_lock`] | named locks between the requests of one instance |
//! | [`concurrency`] | bounded concurrency |
//! | [`log`](mod@log) | log lines that contain ids and hashes only |
//! | `testing` | ports in memory and fault injection, for native tests |
//! | `spin` | the ports on Spin, the only module that names its SDK besides each component's entry |

pub mod auth;
pub mod concurrency;
pub mod config;
pub mod connections;
pub mod forget_account;
pub mod forget_person;
pub mod http;
pub mod index;
pub mod instance_lock;
pub mod internal_api;
pub mod lease;
pub mod log;
pub mod maintenance;
pub mod ports;
pub mod rate_limit;
pub mod request_id;
pub mod request_target;
pub mod retry;
pub mod sealing;
pub mod services;
pub mod store;
pub mod store_gate;
pub mod url_origin;

#[cfg(target_arch = "wasm32")]
pub mod spin;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use self::http::{ApiError, JsonBody};
pub use ports::Ports;
pub use request_target::RequestTarget;
pub use store::Store;
