//! Local addresses: free ports and URLs.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::Context;

/// Returns `address` with port 0 replaced by a free port, so that the URL is known before the server listens. Another
/// process can take the port in between; the server then fails to start with an error.
///
/// # Errors
/// No port is free.
pub(super) fn with_free_port(address: SocketAddr) -> anyhow::Result<SocketAddr> {
    if address.port() != 0 {
        return Ok(address);
    }
    let listener = TcpListener::bind(address).with_context(|| format!("can't listen on {address}"))?;
    Ok(listener.local_addr()?)
}

/// Returns the URL at which this machine reaches a server that listens on `address`.
pub(super) fn local_url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_only_port_zero() {
        let address = with_free_port(([127, 0, 0, 1], 0).into()).unwrap();
        assert_ne!(address.port(), 0);
        assert_eq!(with_free_port(address).unwrap(), address);
    }

    #[test]
    fn an_unspecified_address_is_reached_at_localhost() {
        assert_eq!(local_url(([0, 0, 0, 0], 3000).into()), "http://127.0.0.1:3000");
    }
}
