//! Tests of the fakes as routers in a component's in-memory ports, in simulated time. None of them needs a socket.

#[cfg(test)]
mod env;
#[cfg(test)]
mod marketo;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod zoom;
