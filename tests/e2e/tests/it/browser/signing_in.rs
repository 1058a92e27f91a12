//! Signing in to the console.

use super::desk::{Desk, the};

#[tokio::test]
async fn a_wrong_key_is_told_and_the_right_one_opens_the_console() {
    let Some(desk) = Desk::start().await else { return };
    let tab = &desk.tab;
    tab.fill(&the("textbox", "Admin key"), "wrong").await;
    tab.click(&the("button", "Sign in")).await;
    tab.sees("This is not the admin key.").await;
    assert!(tab.all(&the("button", "Sign out")).await.is_empty());
    desk.sign_in().await;
    tab.click(&the("button", "Sign out")).await;
    tab.find(&the("textbox", "Admin key")).await;
    desk.assert_clean(&[]);
}
