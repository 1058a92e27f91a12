//! `spin:variables`, for guests.

use wasmtime::component::Accessor;

use super::values::LookupError;
use crate::bindings::spin::variables::variables::{Error, Host, HostWithStore};
use crate::component::{Interfaces, State};

impl Host for State {}

impl<T: Send> HostWithStore<T> for Interfaces {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> wasmtime::Result<Result<String, Error>> {
        let variables = accessor.with(|mut access| access.get().variables.clone());
        Ok(variables.get(&name).map(str::to_owned).map_err(|error| match error {
            LookupError::InvalidName(problem) => Error::InvalidName(problem),
            LookupError::Undefined(problem) => Error::Undefined(problem),
        }))
    }
}
