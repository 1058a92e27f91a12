//! `up`: runs the application alone, as `spin up` does.

use super::options::UpOptions;
use super::runtime::{block_on, stop_signal};
use super::{project, variables};
use crate::logs::Logs;
use crate::options::Options;
use crate::running::{Running, start};

/// Builds and serves the application until a stop signal.
///
/// # Errors
/// A variable is missing or short, the components do not compile, the application does not start, or its server fails.
pub(super) fn main(up: UpOptions) -> anyhow::Result<()> {
    let manifest = project::manifest_or_default(up.from);
    let mut options = Options::new(manifest.clone());
    options.listen = up.listen;
    options.state_dir = up.state_dir.unwrap_or(options.state_dir);
    options.runtime_config_file = up.runtime_config_file;
    options.variables = up.variables.into_map();
    options.logs = if up.quiet { Logs::Files } else { Logs::FilesAndStdout };
    options.cache_dir = Some(project::code_cache());
    let options = options.with_env();
    variables::check(&options)?;
    if !up.no_build {
        project::build(project::folder_of(&manifest))?;
    }
    block_on(serve(options))
}

async fn serve(options: Options) -> anyhow::Result<()> {
    let mut app = start(options).await?;
    println!("Storing default key-value data to {}", app.default_store());
    println!("Serving {}", app.url());
    print_routes(&app);
    let outcome = tokio::select! {
        signal = stop_signal() => signal.map_err(anyhow::Error::from),
        failed = app.stopped() => failed,
    };
    app.shutdown().await;
    outcome
}

/// Prints the routes in the format of `spin up`.
fn print_routes(app: &Running) {
    println!("Available Routes:");
    for (route, component) in app.routes() {
        println!("  {component}: {}{}", app.url(), display_route(&route));
    }
}

fn display_route(route: &str) -> String {
    match route.strip_suffix("/...") {
        Some(base) => format!("{base} (wildcard)"),
        None => route.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_wildcard_routes() {
        assert_eq!(display_route("/oauth/..."), "/oauth (wildcard)");
        assert_eq!(display_route("/zoom/events"), "/zoom/events");
    }
}
