//! Tests of the fake Zoom over HTTP.

#[cfg(test)]
mod app;

#[cfg(test)]
mod attendance;
#[cfg(test)]
mod events;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod registration;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod webinars;
