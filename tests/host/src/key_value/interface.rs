//! `spin:key-value`, for guests.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::mpsc;
use wasmtime::StoreContextMut;
use wasmtime::component::{Accessor, Destination, FutureReader, Resource, StreamProducer, StreamReader, StreamResult};

use super::Store;
use super::database::Keys;
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
        answer(opened(accessor, &store)?.get(key))
    }

    async fn set(accessor: &Accessor<T, Self>, store: Resource<Store>, key: String, value: Vec<u8>) -> Answer<()> {
        let store = opened(accessor, &store)?;
        accessor.with(|mut access| access.get().writes.sets += 1);
        answer(store.set(key, value))
    }

    async fn delete(accessor: &Accessor<T, Self>, store: Resource<Store>, key: String) -> Answer<()> {
        let store = opened(accessor, &store)?;
        accessor.with(|mut access| access.get().writes.deletes += 1);
        answer(store.delete(key))
    }

    async fn exists(accessor: &Accessor<T, Self>, store: Resource<Store>, key: String) -> Answer<bool> {
        answer(opened(accessor, &store)?.exists(key))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let Keys { keys, outcome } = opened(accessor, &store)?.keys();
        let outcome = async move {
            let ended = outcome.await.unwrap_or_else(|_| Err(anyhow::anyhow!("the listing broke off")));
            answer(ended)
        };
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, KeyProducer(keys))?;
            let outcome = FutureReader::new(&mut access, outcome)?;
            Ok((keys, outcome))
        })
    }
}

/// Hands keys to the guest one by one, as Spin does.
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

/// The store behind a guest's handle. A handle that is not in the table can't come from a guest: that is a trap.
fn opened<T: Send>(accessor: &Accessor<T, Interfaces>, store: &Resource<Store>) -> wasmtime::Result<Store> {
    accessor.with(|mut access| Ok(access.get().table.get(store)?.clone()))
}

fn answer<T>(result: anyhow::Result<T>) -> Answer<T> {
    Ok(result.map_err(|error| Error::Other(format!("{error:#}"))))
}
