//! Implements Spin's interfaces for guests: `spin:key-value` and `spin:variables`.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::mpsc;
use wasmtime::StoreContextMut;
use wasmtime::component::{
    Accessor, Destination, FutureReader, HasData, Linker, Resource, StreamProducer, StreamReader, StreamResult,
};

use self::bindings::spin::key_value::key_value::{self, HostStore, HostStoreWithStore};
use self::bindings::spin::variables::variables;
use super::state::State;
use crate::key_value::{KeyListing, Store};
use crate::variables::LookupError;

/// Traits for the host to implement, generated from `wit/`.
mod bindings {
    #![allow(missing_docs, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "wit",
        world: "zoom-for-marketo:host/spin",
        imports: { default: trappable },
        with: { "spin:key-value/key-value.store": crate::key_value::Store },
        require_store_data_send: true,
    });
}

/// The result of a guest's call: a trap, or the interface's own result.
type CallResult<T> = wasmtime::Result<Result<T, key_value::Error>>;

/// The marker type for which the interfaces are implemented; see [`HasData`].
struct SpinInterfaces;

impl HasData for SpinInterfaces {
    type Data<'a> = &'a mut State;
}

/// Adds Spin's interfaces to `linker`.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    key_value::add_to_linker::<State, SpinInterfaces>(linker, |state| state)?;
    variables::add_to_linker::<State, SpinInterfaces>(linker, |state| state)?;
    Ok(())
}

impl variables::Host for State {}

impl<T: Send> variables::HostWithStore<T> for SpinInterfaces {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> wasmtime::Result<Result<String, variables::Error>> {
        let variables = accessor.with(|mut access| access.get().variables.clone());
        Ok(variables.get(&name).map(str::to_owned).map_err(|error| match error {
            LookupError::InvalidName(problem) => variables::Error::InvalidName(problem),
            LookupError::Undefined(problem) => variables::Error::Undefined(problem),
        }))
    }
}

impl key_value::Host for State {}

impl HostStore for State {
    fn drop(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

impl<T: Send> HostStoreWithStore<T> for SpinInterfaces {
    async fn open(accessor: &Accessor<T, Self>, label: String) -> CallResult<Resource<Store>> {
        let (is_allowed, stores) = accessor.with(|mut access| {
            let state = access.get();
            (state.allowed_stores.contains(&label), state.stores.clone())
        });
        if !is_allowed {
            return Ok(Err(key_value::Error::AccessDenied));
        }
        let store = match stores.store(&label).await {
            Ok(Some(store)) => store,
            Ok(None) => return Ok(Err(key_value::Error::NoSuchStore)),
            Err(error) => return to_guest(Err(error)),
        };
        accessor.with(|mut access| Ok(access.get().table.push(store).map_err(|_full| key_value::Error::StoreTableFull)))
    }

    async fn get(accessor: &Accessor<T, Self>, store: Resource<Store>, key: String) -> CallResult<Option<Vec<u8>>> {
        to_guest(store_of(accessor, &store)?.get(key).await)
    }

    async fn set(accessor: &Accessor<T, Self>, store: Resource<Store>, key: String, value: Vec<u8>) -> CallResult<()> {
        let store = store_of(accessor, &store)?;
        accessor.with(|mut access| access.get().write_counts.sets += 1);
        to_guest(store.set(key, value).await)
    }

    async fn delete(accessor: &Accessor<T, Self>, store: Resource<Store>, key: String) -> CallResult<()> {
        let store = store_of(accessor, &store)?;
        accessor.with(|mut access| access.get().write_counts.deletes += 1);
        to_guest(store.delete(key).await)
    }

    async fn exists(accessor: &Accessor<T, Self>, store: Resource<Store>, key: String) -> CallResult<bool> {
        to_guest(store_of(accessor, &store)?.exists(key).await)
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), key_value::Error>>)> {
        let KeyListing { keys, outcome } = store_of(accessor, &store)?.keys();
        let outcome = async move {
            let ended = outcome.await.unwrap_or_else(|_| Err(anyhow::anyhow!("the listing was interrupted")));
            to_guest(ended)
        };
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, KeyProducer(keys))?;
            let outcome = FutureReader::new(&mut access, outcome)?;
            Ok((keys, outcome))
        })
    }
}

/// Streams keys to the guest one by one, as Spin does.
struct KeyProducer(mpsc::Receiver<String>);

impl<D> StreamProducer<D> for KeyProducer {
    type Item = String;
    type Buffer = Option<String>;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, String, Option<String>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        match self.get_mut().0.poll_recv(cx) {
            Poll::Ready(Some(key)) => {
                destination.set_buffer(Some(key));
                Poll::Ready(Ok(StreamResult::Completed))
            }
            Poll::Ready(None) => Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Pending if finish => Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Returns the store behind a guest's handle. Traps on a handle that is not in the table, which no guest can have.
fn store_of<T: Send>(accessor: &Accessor<T, SpinInterfaces>, store: &Resource<Store>) -> wasmtime::Result<Store> {
    accessor.with(|mut access| Ok(access.get().table.get(store)?.clone()))
}

/// Converts a store's error to the one that the guest sees.
fn to_guest<T>(result: anyhow::Result<T>) -> CallResult<T> {
    Ok(result.map_err(|error| key_value::Error::Other(format!("{error:#}"))))
}
