//! What the embedded host tells of instances that ended. A real Spin does not tell it.

use super::{App, until};

/// An instance that ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    /// How many requests it answered.
    pub requests: u64,
    /// The most linear memory it had, in bytes.
    pub peak_memory: u64,
    /// How often it wrote a value.
    pub key_value_sets: u64,
    /// How often it deleted one.
    pub key_value_deletes: u64,
}

impl App {
    /// The instances of a component that have ended so far.
    pub fn ended(&self, component: &str) -> Vec<Ended> {
        let logs = self.logs();
        let lines = logs.get("host.txt").map(String::as_str).unwrap_or_default().lines();
        let number = |line: &str, name: &str| -> u64 {
            let text = line.split(&format!("{name}=")).nth(1).unwrap().split_whitespace().next().unwrap();
            text.parse().unwrap()
        };
        let of_component = lines.filter(|line| line.contains(&format!("instance of {component} ended")));
        let ended = of_component.map(|line| Ended {
            requests: number(line, "requests"),
            peak_memory: number(line, "peak_memory"),
            key_value_sets: number(line, "key_value_sets"),
            key_value_deletes: number(line, "key_value_deletes"),
        });
        ended.collect()
    }

    /// Waits until instances of a component have ended of which something is true together; `None` on a real Spin, which
    /// does not tell.
    pub async fn ended_when(&self, component: &str, is_all: impl Fn(&[Ended]) -> bool) -> Option<Vec<Ended>> {
        if std::env::var_os("SPIN").is_some() {
            println!("instances of {component}: not looked at, since Spin does not tell of them");
            return None;
        }
        let what = format!("the end of {component}'s instances");
        let ended = until(&what, || async { Some(self.ended(component)).filter(|ended| is_all(ended)) });
        Some(ended.await)
    }
}
