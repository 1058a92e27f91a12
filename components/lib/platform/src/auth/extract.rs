//! The checks of [`verify`] as extractors. A handler that takes one accepts only authenticated requests, and the check
//! runs before the body is read.

use super::verify;
use crate::http::ApiError;
use crate::ports::Ports;
use axum::extract::FromRequestParts;
use http::request::Parts;
use std::sync::Arc;

/// The state of a router, as far as the extractors need it.
pub trait HasPorts {
    /// Returns the component's ports.
    fn ports(&self) -> &Ports;
}

impl<T: HasPorts> HasPorts for Arc<T> {
    fn ports(&self) -> &Ports {
        (**self).ports()
    }
}

/// The request comes from the admin.
#[derive(Debug, Clone, Copy)]
pub struct AdminAuth;

impl<S: HasPorts + Sync> FromRequestParts<S> for AdminAuth {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        verify::admin(state.ports(), &parts.method, &parts.headers).await.map(|()| Self)
    }
}

/// The request comes from the scheduler.
#[derive(Debug, Clone, Copy)]
pub struct CronAuth;

impl<S: HasPorts + Sync> FromRequestParts<S> for CronAuth {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        verify::cron(state.ports(), &parts.headers).await.map(|()| Self)
    }
}

/// The request comes from the admin or the scheduler.
#[derive(Debug, Clone, Copy)]
pub struct AdminOrCronAuth;

impl<S: HasPorts + Sync> FromRequestParts<S> for AdminOrCronAuth {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        verify::admin_or_cron(state.ports(), &parts.method, &parts.headers).await.map(|()| Self)
    }
}

/// The request comes from Marketo.
#[derive(Debug, Clone, Copy)]
pub struct MarketoAuth;

impl<S: HasPorts + Sync> FromRequestParts<S> for MarketoAuth {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        verify::marketo(state.ports(), &parts.headers).await.map(|()| Self)
    }
}
