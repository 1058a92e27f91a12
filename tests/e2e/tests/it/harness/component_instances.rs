//! Statistics that the embedded host logs for each ended instance. Spin itself logs none.

use super::app::App;
use super::wait::wait_for;

/// Statistics of an ended instance.
#[derive(Debug, Clone, Copy)]
pub struct InstanceStats {
    /// Number of requests.
    pub requests: u64,
    /// Peak linear memory, in bytes.
    pub peak_memory: u64,
    /// Number of key-value writes.
    pub key_value_sets: u64,
    /// Number of key-value deletions.
    pub key_value_deletes: u64,
}

impl App {
    /// Returns the ended instances of a component.
    pub fn instances(&self, component: &str) -> Vec<InstanceStats> {
        let logs = self.logs();
        let lines = logs.get("host.txt").map(String::as_str).unwrap_or_default().lines();
        let number = |line: &str, name: &str| -> u64 {
            let text = line.split(&format!("{name}=")).nth(1).unwrap().split_whitespace().next().unwrap();
            text.parse().unwrap()
        };
        let of_component = lines.filter(|line| line.contains(&format!("instance of {component} ended")));
        let ended = of_component.map(|line| InstanceStats {
            requests: number(line, "requests"),
            peak_memory: number(line, "peak_memory"),
            key_value_sets: number(line, "key_value_sets"),
            key_value_deletes: number(line, "key_value_deletes"),
        });
        ended.collect()
    }

    /// Waits until the ended instances of a component satisfy a condition. Returns `None` on Spin, which logs no
    /// statistics.
    pub async fn wait_for_instances(
        &self,
        component: &str,
        is_all: impl Fn(&[InstanceStats]) -> bool,
    ) -> Option<Vec<InstanceStats>> {
        if std::env::var_os("SPIN").is_some() {
            println!("instances of {component}: not checked, because Spin logs no statistics");
            return None;
        }
        let what = format!("the end of {component}'s instances");
        let ended = wait_for(&what, || async { Some(self.instances(component)).filter(|ended| is_all(ended)) });
        Some(ended.await)
    }
}
