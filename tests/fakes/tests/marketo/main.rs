//! Tests of the fake Marketo over HTTP.

mod access;
mod activities;
mod caller;
mod campaign;
mod faults;
mod install;
mod leads;
mod members;
#[cfg(test)]
mod pages;
mod programs;
mod service;
