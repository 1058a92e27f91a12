//! The command line.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The default address of `spin up`.
const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);

/// The text that `--help` prints below the options.
const VARIABLES_HELP: &str = "\
Variables:
  Set a variable of spin.toml with --variable NAME=VALUE or with the environment variable SPIN_VARIABLE_NAME (upper
  case). The command line takes precedence. README.md lists the variables.

  Without a command, the program starts a fake for each system that you do not configure:
    for a real Zoom     set zoom_client_id, zoom_client_secret and zoom_webhook_secret; set zoom_oauth_url and
                        zoom_api_url only for a Zoom other than zoom.us
    for a real Marketo  set marketo_url, marketo_client_id and marketo_client_secret
  With a real system, also set public_url (the https address at which Zoom and Marketo reach this machine), admin_key,
  cron_key, token_key and marketo_api_key. Their published defaults are used only when both systems are fakes.";

/// Builds and runs Zoom for Marketo, with fakes for Zoom and Marketo unless you configure the real ones.
#[derive(Debug, Parser)]
#[command(name = "zoom-for-marketo", version, args_conflicts_with_subcommands = true, after_long_help = VARIABLES_HELP)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) run: RunOptions,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Runs the application alone, as `spin up` does, without fakes and without a scheduler
    Up(UpOptions),
    /// Plays the path from sign-in to attendance with 36 leads and the fakes, and checks the results
    Demo,
}

/// The options of `cargo run` without a command.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    /// The address to listen on; port 0 selects any free port
    #[arg(long, value_name = "ADDRESS", default_value_t = DEFAULT_ADDRESS)]
    pub(super) listen: SocketAddr,
    /// The folder of the key-value file and the logs [default: a temporary folder if a fake runs, because fakes keep
    /// their data in memory; otherwise .spin beside spin.toml]
    #[arg(long, value_name = "FOLDER")]
    pub(super) state_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(super) variables: VariableOptions,
}

/// The options of `up`, with the names of those of `spin up`.
#[derive(Debug, Args)]
pub(super) struct UpOptions {
    /// The manifest or its folder [default: spin.toml in the current folder, otherwise the project's]
    #[arg(short = 'f', long = "from", value_name = "FILE")]
    pub(super) from: Option<PathBuf>,
    /// The address to listen on; port 0 selects any free port
    #[arg(long, value_name = "ADDRESS", env = "SPIN_HTTP_LISTEN_ADDR", default_value_t = DEFAULT_ADDRESS)]
    pub(super) listen: SocketAddr,
    /// The folder of the key-value file and the logs [default: .spin beside the manifest]
    #[arg(long, value_name = "FOLDER")]
    pub(super) state_dir: Option<PathBuf>,
    /// Spin's runtime configuration file: the key-value store, an SQLite file or a Redis server
    #[arg(long, value_name = "FILE", env = "RUNTIME_CONFIG_FILE")]
    pub(super) runtime_config_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) variables: VariableOptions,
    /// Writes the output of components to the log files only, not to standard output
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// Runs the existing build without compiling
    #[arg(long)]
    pub(super) no_build: bool,
}

/// Values of application variables.
#[derive(Debug, Args)]
pub(super) struct VariableOptions {
    /// Sets a variable of spin.toml; may be repeated
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = parse_variable)]
    given: Vec<(String, String)>,
}

impl VariableOptions {
    /// Returns the values by name. The last value of a name wins.
    pub(super) fn into_map(self) -> BTreeMap<String, String> {
        self.given.into_iter().collect()
    }
}

/// Parses `NAME=VALUE`. The error does not quote the value, which may be a secret.
fn parse_variable(given: &str) -> Result<(String, String), &'static str> {
    match given.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_valid() {
        Cli::command().debug_assert();
    }

    #[test]
    fn runs_with_fakes_without_a_command() {
        let cli = Cli::try_parse_from(["x", "--listen", "127.0.0.1:0", "--variable", "a=b=c"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.run.listen.port(), 0);
        assert_eq!(cli.run.variables.into_map()["a"], "b=c");
    }

    #[test]
    fn up_takes_the_options_of_spin_up() {
        let line = "x up --listen 127.0.0.1:0 --state-dir s --variable a=1 --variable b=2 -f app/spin.toml --quiet \
                    --runtime-config-file r.toml";
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        let Some(Command::Up(up)) = cli.command else { panic!("not up") };
        assert_eq!(up.from, Some("app/spin.toml".into()));
        assert_eq!(up.state_dir, Some("s".into()));
        assert_eq!(up.runtime_config_file, Some("r.toml".into()));
        assert_eq!(up.variables.into_map().len(), 2);
        assert!(up.quiet && !up.no_build);
    }

    #[test]
    fn rejects_a_variable_without_a_name_or_a_value() {
        for given in ["admin_key", "=x"] {
            assert!(Cli::try_parse_from(["x", "up", "--variable", given]).is_err(), "{given}");
        }
    }
}
