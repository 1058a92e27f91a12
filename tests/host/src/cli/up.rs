//! `up`: the application alone, as `spin up` runs it.

use super::options::UpOptions;
use super::{block_on, place, signals};
use crate::{Logs, Options, Running, start};

/// Builds, serves, and ends when asked to.
///
/// # Errors
/// The components do not compile, the application does not start, or its server fails.
pub(super) fn main(given: UpOptions) -> anyhow::Result<()> {
    let manifest = place::manifest(given.from);
    if !given.no_build {
        place::build(place::folder_of(&manifest))?;
    }
    let mut options = Options::new(manifest);
    options.listen = given.listen;
    options.state_dir = given.state_dir.unwrap_or(options.state_dir);
    options.variables = given.variables.into_map();
    options.logs = if given.quiet { Logs::Files } else { Logs::FilesAndStdout };
    options.cache_dir = Some(place::native_code());
    block_on(serve(options.with_env()))
}

async fn serve(options: Options) -> anyhow::Result<()> {
    let mut app = start(options).await?;
    println!("Serving {}", app.url());
    print_routes(&app);
    let asked = tokio::select! {
        asked = signals::asked_to_stop() => asked.map_err(anyhow::Error::from),
        failed = app.stopped() => failed,
    };
    app.shutdown().await;
    asked
}

/// Lists the routes in the form that `spin up` does.
fn print_routes(app: &Running) {
    println!("Available Routes:");
    for (route, component) in app.routes() {
        println!("  {component}: {}{}", app.url(), described(&route));
    }
}

fn described(route: &str) -> String {
    match route.strip_suffix("/...") {
        Some(base) => format!("{base} (wildcard)"),
        None => route.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_is_called_one() {
        assert_eq!(described("/oauth/..."), "/oauth (wildcard)");
        assert_eq!(described("/zoom/events"), "/zoom/events");
    }
}
