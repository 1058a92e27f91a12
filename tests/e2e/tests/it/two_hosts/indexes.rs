//! Lists in one record that both hosts write at once.

use super::support::TwoHosts;
use crate::harness::wait_for;
use fakes::env::{ADMIN_KEY, Admin};
use fakes::zoom::{Account, Decision, NewUser, NewWebinar, Plan, SignIn};
use futures::future::join_all;
use reqwest::{Client, redirect};
use serde_json::Value;
use std::collections::BTreeSet;

const COUNT: usize = 12;

/// Returns a field of all items of a list.
async fn listed(admin: &Admin, path: &str, list: &str, field: &str) -> BTreeSet<String> {
    let shown = admin.get(path).await.unwrap().ok().unwrap();
    let text = |item: &Value| item[field].as_str().unwrap().to_owned();
    shown[list].as_array().unwrap().iter().map(text).collect()
}

/// Waits until a list of both hosts has all entries.
async fn wait_for_all(hosts: &TwoHosts, path: &str, list: &str, field: &str, expected: &BTreeSet<String>) {
    for admin in hosts.admins() {
        wait_for(path, || async {
            let found = listed(admin, path, list, field).await;
            assert!(found.is_subset(expected), "{found:?}");
            (found == *expected).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn programs_that_both_hosts_connect_at_once_are_all_listed() {
    let Some(hosts) = TwoHosts::start().await else { return };
    let fixture = &hosts.fixture;
    let programs: Vec<_> = (1..=COUNT).map(|n| fixture.add_program(&format!("Program {n}"))).collect();
    let add_webinar = |_| fixture.app.env.zoom.add_webinar(NewWebinar::default()).unwrap().id;
    let webinars: Vec<_> = (1..=COUNT).map(add_webinar).collect();
    let connections = programs.iter().zip(&webinars).zip(hosts.admins().into_iter().cycle());
    let connect = connections.map(|((&program, &webinar), admin)| admin.connect(program, &fixture.service, webinar));
    for connected in join_all(connect).await {
        connected.unwrap().ok().unwrap();
    }
    let mut expected: BTreeSet<_> = programs.iter().map(ToString::to_string).collect();
    expected.insert(fakes::marketo::subscription::WEBINAR_PROGRAM.to_string());
    wait_for_all(&hosts, "/catalog/programs", "programs", "program_id", &expected).await;

    // Programs that both hosts disconnect at once do not come back.
    let gone = programs.iter().zip(hosts.admins().into_iter().cycle()).take(COUNT / 2);
    let paths: Vec<_> = gone.map(|(program, admin)| (admin, format!("/catalog/programs/{program}"))).collect();
    for disconnected in join_all(paths.iter().map(|(admin, path)| admin.delete(path))).await {
        disconnected.unwrap().ok().unwrap();
    }
    let expected = expected.into_iter().filter(|id| !programs[..COUNT / 2].iter().any(|gone| gone.to_string() == *id));
    let expected = expected.collect();
    wait_for("the rest of the programs", || async {
        (listed(&hosts.other, "/catalog/programs", "programs", "program_id").await == expected).then_some(())
    })
    .await;
    for admin in hosts.admins() {
        admin.tick().await.unwrap().ok().unwrap();
    }
    wait_for_all(&hosts, "/catalog/programs", "programs", "program_id", &expected).await;
    fixture.app.assert_no_trap();
}

/// Begins a sign-in at a host and lets Zoom accept it. Returns the browser and the address that Zoom sends it to.
async fn sign_in_at_zoom(url: &str, service: &str) -> (Client, String) {
    let browser = Client::builder().redirect(redirect::Policy::none()).cookie_store(true).build().unwrap();
    let begin = browser.get(format!("{url}/oauth/sign-in")).query(&[("service", service)]).bearer_auth(ADMIN_KEY);
    let location = |response: reqwest::Response| response.headers()["location"].to_str().unwrap().to_owned();
    let at_zoom = location(begin.send().await.unwrap());
    let back = location(browser.get(at_zoom).send().await.unwrap());
    (browser, back)
}

#[tokio::test]
async fn services_that_are_signed_in_at_both_hosts_at_once_are_all_listed_and_usable() {
    let Some(hosts) = TwoHosts::start().await else { return };
    let zoom = &hosts.fixture.app.env.zoom;
    let [first, second] = hosts.urls();
    let mut expected = BTreeSet::from(["Acme Webinars".to_owned()]);
    let mut returns = Vec::new();
    for (n, begins_at) in (1..=COUNT).zip([first, second].into_iter().cycle()) {
        let (account, email, name) = (format!("acc_of_{n}"), format!("admin{n}@example.org"), format!("Service {n}"));
        zoom.put_account(Account { id: account.clone(), plan: Plan::default() });
        zoom.add_user(NewUser { account, admin: true, ..NewUser::named(&email) }).unwrap();
        zoom.set_sign_in(SignIn { user: email, decision: Decision::default(), scopes: None }).unwrap();
        let (browser, back) = sign_in_at_zoom(begins_at, &name).await;
        // Zoom sends browsers to one address, behind which a load balancer selects a host.
        let back = if n % 3 == 0 { back } else { back.replace(first, second) };
        returns.push((browser, back));
        expected.insert(name);
    }
    let callbacks = returns.iter().map(|(browser, back)| browser.get(back).send());
    for signed_in in join_all(callbacks).await {
        let signed_in = signed_in.unwrap();
        assert_eq!(signed_in.status(), 303, "{}", signed_in.text().await.unwrap());
    }
    wait_for_all(&hosts, "/oauth/services", "services", "name", &expected).await;
    for admin in hosts.admins() {
        assert_eq!(listed(admin, "/oauth/services", "services", "state").await, BTreeSet::from(["active".to_owned()]));
        for id in listed(admin, "/oauth/services", "services", "id").await {
            admin.get(&format!("/catalog/webinars?service={id}")).await.unwrap().ok().unwrap();
        }
    }
    hosts.fixture.app.assert_no_trap();
    hosts.fixture.app.assert_logs_are_clean();
}
