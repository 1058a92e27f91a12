//! `LaunchPoint` services: signing in, one service per account, enabled users, lost permissions, deauthorization, and
//! authentication.

mod admin_auth;
mod deauthorization;
mod enabled_users;
mod lost_permissions;
mod one_service_per_account;
mod sign_in;
mod store_dump;
mod support;
mod wrong_keys;
