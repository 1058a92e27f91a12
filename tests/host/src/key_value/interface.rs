//! `spin:key-value`, for guests.

use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use super::Store;
use crate::bindings::spin::key_value::key_value::{Error, Host, HostStore, HostStoreWithStore};
use crate::component::{Interfaces, State};

/// What a guest's call gives: a trap, or the interface's own result.
type Answer<T> = wasmtime::Result<Result<T, Error>>;

impl Host for State {}

impl HostStore for State {
    fn drop(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

impl<T: Send> HostStoreWithStore<T> for Interfaces {
    async fn open(accessor: &Accessor<T, Self>, label: String) -> Answer<Resource<Store>> {
        accessor.with(|mut access| {
            let state = access.get();
            if !state.key_value_stores.contains(&label) {
                return Ok(Err(Error::AccessDenied));
            }
            let store = state.database.store(&label);
            Ok(state.table.push(store).map_err(|_full| Error::StoreTableFull))
        })
    }

    async fn get(accessor: &Accessor<T, Self>, store: Resource<Store>, key: String) -> Answer<Option<Vec<u8>>> {
        answer(opened(accessor, &store)?.get(key).await)
    }

    async fn set(accessor: &Accessor<T, Self>, store: Resource<Store>, key: String, value: Vec<u8>) -> Answer<()> {
        let store = opened(accessor, &store)?;
        accessor.with(|mut access| access.get().writes.sets += 1);
        answer(store.set(key, value).await)
    }

    async fn delete(accessor: &Accessor<T, Self>, store: Resource<Store>, key: String) -> Answer<()> {
        let store = opened(accessor, &store)?;
        accessor.with(|mut access| access.get().writes.deletes += 1);
        answer(store.delete(key).await)
    }

    async fn exists(accessor: &Accessor<T, Self>, store: Resource<Store>, key: String) -> Answer<bool> {
        answer(opened(accessor, &store)?.exists(key).await)
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let (keys, outcome) = match answer(opened(accessor, &store)?.keys().await)? {
            Ok(keys) => (keys, Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        };
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, keys)?;
            let outcome = FutureReader::new(&mut access, async move { wasmtime::error::Ok(outcome) })?;
            Ok((keys, outcome))
        })
    }
}

/// The store behind a guest's handle. A handle that is not in the table can't come from a guest: that is a trap.
fn opened<T: Send>(accessor: &Accessor<T, Interfaces>, store: &Resource<Store>) -> wasmtime::Result<Store> {
    accessor.with(|mut access| Ok(access.get().table.get(store)?.clone()))
}

fn answer<T>(result: anyhow::Result<T>) -> Answer<T> {
    Ok(result.map_err(|error| Error::Other(format!("{error:#}"))))
}
