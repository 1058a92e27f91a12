//! Users.

use serde_json::{Value, json};

use crate::zoom::api::call::{Call, CallResult};
use crate::zoom::state::accounts::User;

/// `GET /users/{me, id or e-mail}`.
pub(super) fn get(call: &mut Call<'_>) -> CallResult {
    Ok((200, shown(&call.user()?)))
}

/// `GET /users`. Every user of the fake is active.
pub(super) fn list(call: &mut Call<'_>) -> CallResult {
    let status = call.query.get("status").map_or("active", String::as_str);
    let account = &call.caller.account_id;
    let users = call.state.users.iter().filter(|user| user.account_id == *account && status == "active");
    let users: Vec<Value> = users.map(shown).collect();
    let page = call.page(users.len())?;
    Ok((200, page.envelope("users", page.slice(users.into_iter()).collect())))
}

fn shown(user: &User) -> Value {
    json!({
        "id": user.id,
        "account_id": user.account_id,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "display_name": user.display_name(),
        "type": if user.licensed { 2 } else { 1 },
        "role_name": if user.admin { "Admin" } else { "Member" },
        "status": "active",
        "timezone": user.timezone,
        "language": "en-US",
        "verified": 1,
    })
}
