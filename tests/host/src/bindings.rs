//! Spin's own interfaces, as traits for the host to implement; generated from `wit/`.

#![allow(missing_docs, reason = "generated")]

wasmtime::component::bindgen!({
    path: "wit",
    world: "zoom-for-marketo:host/spin",
    imports: { default: trappable },
    with: { "spin:key-value/key-value.store": crate::key_value::Store },
    require_store_data_send: true,
});
