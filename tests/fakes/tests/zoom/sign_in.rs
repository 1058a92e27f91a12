//! OAuth: the authorization page, tokens, scopes, roles.

use fakes::zoom::{ADMIN, Decision, DisabledBy, NewUser, NewWebinar, Options, SignIn, UserChange};
use jiff::SignedDuration;
use serde_json::json;

use crate::app::{App, REDIRECT, VERIFIER, parameter};

fn refresh(token: &str) -> [(&str, &str); 2] {
    [("grant_type", "refresh_token"), ("refresh_token", token)]
}

#[tokio::test]
async fn code_is_exchanged_for_tokens_of_the_signed_in_user() {
    let app = App::signed_out(Options::default()).await;
    let back = app.authorize().await;
    assert_eq!(parameter(&back, "state").as_deref(), Some("the-state"));
    let code = parameter(&back, "code").unwrap();
    let (status, tokens) = app.trade_code(&code, VERIFIER, REDIRECT).await;
    assert_eq!(status, 200);
    assert_eq!(tokens["token_type"], "bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["api_url"], app.zoom.url());
    assert!(tokens["scope"].as_str().unwrap().contains("webinar:write:registrant:admin"));

    let mut app = app;
    app.access = tokens["access_token"].as_str().unwrap().to_owned();
    let (status, me) = app.get("/users/me").await;
    assert_eq!((status, &me["email"], &me["account_id"]), (200, &json!(ADMIN), &json!("acc_1")));
}

#[tokio::test]
async fn code_is_valid_once_for_five_minutes_with_its_verifier_and_redirect() {
    let app = App::signed_out(Options::default()).await;
    let code = app.code().await;
    assert_eq!(app.trade_code(&code, VERIFIER, REDIRECT).await.0, 200);
    let (status, body) = app.trade_code(&code, VERIFIER, REDIRECT).await;
    assert_eq!((status.as_u16(), &body["error"]), (400, &json!("invalid_grant")));

    let (status, _) = app.trade_code(&app.code().await, "another-verifier", REDIRECT).await;
    assert_eq!(status, 400);
    let (status, _) = app.trade_code(&app.code().await, VERIFIER, "http://elsewhere/").await;
    assert_eq!(status, 400);

    let code = app.code().await;
    app.zoom.clock().advance(SignedDuration::from_secs(301));
    let (status, body) = app.trade_code(&code, VERIFIER, REDIRECT).await;
    assert_eq!(status, 400);
    assert!(body["reason"].as_str().unwrap().contains("expired"), "{body}");
}

#[tokio::test]
async fn refresh_token_rotates() {
    let app = App::start().await;
    let (status, first) = app.token(&refresh(&app.refresh)).await;
    assert_eq!(status, 200);
    let next = first["refresh_token"].as_str().unwrap();
    assert_ne!(next, app.refresh);
    let (status, body) = app.token(&refresh(&app.refresh)).await;
    assert_eq!(status, 400);
    assert_eq!(body, json!({ "reason": "Invalid Token!", "error": "invalid_grant" }));
    assert_eq!(app.token(&refresh(next)).await.0, 200);
}

#[tokio::test]
async fn later_sign_in_replaces_the_earlier_one() {
    let mut app = App::start().await;
    let (access, refresh_token) = (app.access.clone(), app.refresh.clone());
    app.sign_in().await;
    assert_eq!(app.get("/users/me").await.0, 200);
    assert_eq!(app.token(&refresh(&refresh_token)).await.0, 400);
    app.access = access;
    assert_eq!(app.get("/users/me").await.0, 401);
}

#[tokio::test]
async fn access_token_is_valid_for_an_hour_or_until_revoked() {
    let app = App::start().await;
    app.zoom.clock().advance(SignedDuration::from_secs(3599));
    assert_eq!(app.get("/users/me").await.0, 200);
    app.zoom.clock().advance(SignedDuration::from_secs(2));
    let (status, body) = app.get("/users/me").await;
    assert_eq!((status, &body["code"]), (401, &json!(124)));

    let mut app = app;
    app.sign_in().await;
    let revoke = format!("{}/oauth/revoke", app.zoom.url());
    let request = app.http.post(revoke).form(&[("token", &app.access)]);
    let request = request.basic_auth(fakes::zoom::CLIENT_ID, Some(fakes::zoom::CLIENT_SECRET));
    let answer: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer, json!({ "status": "success" }));
    assert_eq!(app.get("/users/me").await.0, 401);
}

#[tokio::test]
async fn token_endpoint_requires_client_credentials_in_the_basic_header() {
    let app = App::start().await;
    let request = app.http.post(format!("{}/oauth/token", app.zoom.url()));
    let request = request.basic_auth(fakes::zoom::CLIENT_ID, Some("wrong"));
    let response = request.form(&refresh(&app.refresh)).send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(app.zoom.log().refused().len(), 1, "the refusal is on record");
}

#[tokio::test]
async fn user_can_decline() {
    let app = App::signed_out(Options::default()).await;
    let refuse = SignIn { user: ADMIN.to_owned(), decision: Decision::Refuse, scopes: None };
    app.zoom.set_sign_in(refuse).unwrap();
    let back = app.authorize().await;
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&back, "state").as_deref(), Some("the-state"));
    assert_eq!(parameter(&back, "code"), None);
}

#[tokio::test]
async fn invalid_authorization_request_is_not_redirected() {
    let registered = Options { redirect_uri: Some(REDIRECT.to_owned()), ..Options::default() };
    let app = App::signed_out(registered).await;
    let right = app.authorize_url().to_string();
    for (this, that) in [
        ("client_id=zoom_client_id_1", "client_id=another"),
        ("callback", "elsewhere"),
        ("S256", "plain"),
        ("response_type=code", "response_type=token"),
    ] {
        let wrong = right.replace(this, that);
        assert_ne!(wrong, right);
        assert_eq!(app.http.get(&wrong).send().await.unwrap().status(), 400, "{wrong}");
    }
    assert_eq!(app.http.get(right).send().await.unwrap().status(), 302);
}

#[tokio::test]
async fn consent_page_asks_for_a_decision() {
    let app = App::signed_out(Options { consent_page: true, ..Options::default() }).await;
    let page = app.http.get(app.authorize_url()).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("Allow"));
    let mut allowed = app.authorize_url();
    allowed.query_pairs_mut().append_pair("decision", "allow");
    assert_eq!(app.http.get(allowed).send().await.unwrap().status(), 302);
}

#[tokio::test]
async fn admin_scopes_require_an_admin() {
    let mut app = App::signed_out(Options::default()).await;
    app.zoom.add_user(NewUser::named("bob@example.com")).unwrap();
    let as_bob = |scopes| SignIn { user: "bob@example.com".to_owned(), decision: Decision::Allow, scopes };
    app.zoom.set_sign_in(as_bob(None)).unwrap();
    assert_eq!(app.http.get(app.authorize_url()).send().await.unwrap().status(), 400);

    let own = vec!["user:read:user".to_owned(), "webinar:read:list_webinars".to_owned()];
    app.zoom.set_sign_in(as_bob(Some(own))).unwrap();
    app.sign_in().await;
    assert_eq!(app.get("/users/me/webinars").await.0, 200, "his own");
    let (status, body) = app.get(&format!("/users/{ADMIN}/webinars")).await;
    assert_eq!((status, &body["code"]), (400, &json!(200)), "not another's");
    let (status, body) = app.get("/webinars/81234567890").await;
    assert_eq!((status, &body["code"]), (400, &json!(4711)));
    assert!(body["message"].as_str().unwrap().contains("does not contain scopes"), "{body}");
}

#[tokio::test]
async fn former_admin_has_no_permission() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    assert_eq!(app.get(&format!("/webinars/{id}")).await.0, 200);
    app.zoom.change_user(ADMIN, UserChange { admin: Some(false), licensed: None }).unwrap();
    let (status, body) = app.get(&format!("/webinars/{id}")).await;
    assert_eq!((status, &body["code"]), (400, &json!(200)));
}

#[tokio::test]
async fn access_token_lifetime_is_configurable() {
    let app =
        App::signed_out(Options { access_token_lifetime: SignedDuration::from_secs(125), ..Options::default() }).await;
    let (_, tokens) = app.trade_code(&app.code().await, VERIFIER, REDIRECT).await;
    assert_eq!(tokens["expires_in"], 125);
    let mut app = app;
    app.access = tokens["access_token"].as_str().unwrap().to_owned();
    app.zoom.clock().advance(SignedDuration::from_secs(120));
    assert_eq!(app.get("/users/me").await.0, 200);
    app.zoom.clock().advance(SignedDuration::from_secs(6));
    assert_eq!(app.get("/users/me").await.0, 401);
}

#[tokio::test]
async fn token_response_contains_the_region_of_the_account() {
    let app = App::start().await;
    app.zoom.set_api_url("https://region.example");
    let (_, tokens) = app.token(&refresh(&app.refresh)).await;
    assert_eq!(tokens["api_url"], "https://region.example");
}

#[tokio::test]
async fn secrets_lists_every_issued_token() {
    let app = App::signed_out(Options::default()).await;
    let code = app.code().await;
    let (_, first) = app.trade_code(&code, VERIFIER, REDIRECT).await;
    let (_, second) = app.token(&refresh(first["refresh_token"].as_str().unwrap())).await;
    app.zoom.revoke_authorizations(fakes::zoom::ACCOUNT);
    let secrets = app.zoom.secrets();
    let mut issued = vec![fakes::zoom::CLIENT_SECRET, fakes::zoom::WEBHOOK_SECRET, &code];
    for tokens in [&first, &second] {
        issued.extend(["access_token", "refresh_token"].map(|name| tokens[name].as_str().unwrap()));
    }
    assert_eq!(secrets, issued);
}

#[tokio::test]
async fn disabled_app_gets_no_tokens_until_enabled() {
    let app = App::start().await;
    for (by, number) in [(DisabledBy::Zoom, "4,717"), (DisabledBy::Admin, "4,738")] {
        app.zoom.disable_app(Some(by));
        let (status, body) = app.token(&refresh(&app.refresh)).await;
        assert_eq!((status.as_u16(), &body["error"]), (400, &json!("invalid_client")));
        assert!(body["reason"].as_str().unwrap().contains(number), "{body}");
        assert_eq!(app.trade_code(&app.code().await, VERIFIER, REDIRECT).await.0, 400);
    }
    assert_eq!(app.get("/users/me").await.0, 200, "tokens that are out go on working");
    app.zoom.disable_app(None);
    assert_eq!(app.token(&refresh(&app.refresh)).await.0, 200);
}

#[tokio::test]
async fn role_without_permission_loses_its_scopes() {
    let app = App::start().await;
    let webinar = app.webinar(NewWebinar::default());
    let scopes: Vec<String> = ["user:read:user:admin"].map(str::to_owned).into();
    app.zoom.change_scopes(ADMIN, &scopes).unwrap();
    let (status, body) = app.get(&format!("/webinars/{webinar}")).await;
    assert_eq!((status, &body["code"]), (400, &json!(4711)));
    let (status, tokens) = app.token(&refresh(&app.refresh)).await;
    assert_eq!((status.as_u16(), &tokens["scope"]), (200, &json!("user:read:user:admin")));
    assert!(app.zoom.change_scopes("unknown@example.com", &scopes).is_err());
}
