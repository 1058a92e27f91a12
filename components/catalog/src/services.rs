//! Which LaunchPoint services may be used, and why others may not.

use domain::records::{Service, ServiceKey, ServicesKey};
use domain::{Code, Email, Error, ServiceId};
use platform::Store;

/// A service that can be used, or the code that says why not.
pub(crate) async fn usable(store: Store<'_>, id: &ServiceId) -> Result<Service, Error> {
    let service = store.get(&ServiceKey { id: id.clone() }).await?.ok_or(Code::ServiceNotFound)?;
    match service.state.obstacle() {
        None => Ok(service),
        Some(code) => Err(code.into()),
    }
}

/// Every service there is, whatever its state, in order of creation.
pub(crate) async fn all(store: Store<'_>) -> Result<Vec<Service>, Error> {
    let mut services = Vec::new();
    for id in store.get(&ServicesKey {}).await?.unwrap_or_default().ids {
        services.extend(store.get(&ServiceKey { id }).await?);
    }
    Ok(services)
}

/// Whose webinars a service offers (R3): the admin's first, then the enabled users', each once.
pub(crate) fn hosts(service: &Service) -> Vec<Email> {
    let mut hosts: Vec<Email> = Vec::with_capacity(1 + service.users.len());
    for host in std::iter::once(&service.admin_email).chain(&service.users) {
        if !hosts.contains(host) {
            hosts.push(host.clone());
        }
    }
    hosts
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use domain::records::ServiceState;
    use domain::time::Timestamp;

    pub(crate) fn service(admin: &str, users: &[&str]) -> Service {
        Service {
            v: domain::records::VERSION,
            id: "s1".into(),
            name: "Main".into(),
            account_id: "acc".into(),
            admin_user_id: "u1".into(),
            admin_email: Email::parse(admin).unwrap(),
            scopes: Vec::new(),
            api_base: "http://zoom.test".into(),
            users: users.iter().map(|user| Email::parse(user).unwrap()).collect(),
            state: ServiceState::Active,
            created_at: Timestamp::UNIX_EPOCH,
            problem: None,
        }
    }

    #[test]
    fn r3_hosts_are_the_admin_and_the_enabled_users_each_once() {
        let service = service("ada@x.test", &["bob@x.test", "ADA@x.test", "Bob@X.test", "cyd@x.test"]);
        let hosts: Vec<_> = hosts(&service).iter().map(Email::folded).collect();
        assert_eq!(hosts, ["ada@x.test", "bob@x.test", "cyd@x.test"]);
    }
}
