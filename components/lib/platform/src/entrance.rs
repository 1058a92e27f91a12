//! The [doors](crate::door) as extractors: a handler that takes one lets nobody else in, and asks before the body is
//! read.

use crate::door;
use crate::ports::Ports;
use crate::respond::ApiError;
use axum::extract::FromRequestParts;
use http::request::Parts;
use std::sync::Arc;

/// The state of a router, as far as its doors need it.
pub trait HasPorts {
    /// The component's ports.
    fn ports(&self) -> &Ports;
}

impl<T: HasPorts> HasPorts for Arc<T> {
    fn ports(&self) -> &Ports {
        (**self).ports()
    }
}

/// The admin is let in.
#[derive(Debug, Clone, Copy)]
pub struct Admin;

impl<S: HasPorts + Sync> FromRequestParts<S> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        door::admin(state.ports(), &parts.method, &parts.headers).await.map(|()| Self)
    }
}

/// The scheduler is let in.
#[derive(Debug, Clone, Copy)]
pub struct Scheduler;

impl<S: HasPorts + Sync> FromRequestParts<S> for Scheduler {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        door::cron(state.ports(), &parts.headers).await.map(|()| Self)
    }
}

/// Marketo is let in.
#[derive(Debug, Clone, Copy)]
pub struct MarketoItself;

impl<S: HasPorts + Sync> FromRequestParts<S> for MarketoItself {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        door::marketo(state.ports(), &parts.headers).await.map(|()| Self)
    }
}
