//! The command line.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Where `spin up` listens.
const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);

/// What `--help` says below the options.
const ABOUT_VARIABLES: &str = "\
Variables:
  Every variable of spin.toml can be given as --variable NAME=VALUE or in the environment as SPIN_VARIABLE_NAME (upper
  case). The command line goes first. README.md lists them.

  Without a command, a stand-in is started for each system that is not given:
    a real Zoom     give zoom_client_id, zoom_client_secret and zoom_webhook_secret; zoom_oauth_url and zoom_api_url
                    only for another Zoom than zoom.us
    a real Marketo  give marketo_url, marketo_client_id and marketo_client_secret
  With a real system give public_url (where Zoom and Marketo reach this machine, https), admin_key, cron_key, token_key
  and marketo_api_key too: the well-known ones are for stand-ins only.";

/// Zoom Webinars for Marketo: builds the application and runs it, with stand-ins for Zoom and Marketo unless real ones
/// are given.
#[derive(Debug, Parser)]
#[command(name = "zoom-for-marketo", version, args_conflicts_with_subcommands = true, after_long_help = ABOUT_VARIABLES)]
pub(super) struct Options {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) run: RunOptions,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Runs the application alone, without stand-ins and without a scheduler, as `spin up` would.
    Up(UpOptions),
    /// Plays the main path with a few dozen leads, from sign-in to attendance, and checks every step.
    Demo,
}

/// The options of the application with stand-ins.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", default_value_t = DEFAULT_ADDRESS)]
    pub(super) listen: SocketAddr,
    /// The folder of the key-value file and the logs. With a stand-in it is a temporary one by default, since a
    /// stand-in forgets everything when it ends; otherwise .spin beside spin.toml.
    #[arg(long, value_name = "FOLDER")]
    pub(super) state_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(super) variables: VariableOptions,
}

/// The options of the application alone; they are named as those of `spin up`.
#[derive(Debug, Args)]
pub(super) struct UpOptions {
    /// The application's manifest, or the folder that has it [default: spin.toml here, else the project's].
    #[arg(short = 'f', long = "from", value_name = "FILE")]
    pub(super) from: Option<PathBuf>,
    /// Where to listen; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", env = "SPIN_HTTP_LISTEN_ADDR", default_value_t = DEFAULT_ADDRESS)]
    pub(super) listen: SocketAddr,
    /// The folder of the key-value file and the logs [default: .spin beside the manifest].
    #[arg(long, value_name = "FOLDER")]
    pub(super) state_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(super) variables: VariableOptions,
    /// Keeps what components print out of standard output; the log files have it anyway.
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// Runs what was built before.
    #[arg(long)]
    pub(super) no_build: bool,
}

/// Values of application variables.
#[derive(Debug, Args)]
pub(super) struct VariableOptions {
    /// Gives a variable of spin.toml a value; may be repeated.
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = variable)]
    given: Vec<(String, String)>,
}

impl VariableOptions {
    /// The values by name; of several for one name the last counts.
    pub(super) fn into_map(self) -> BTreeMap<String, String> {
        self.given.into_iter().collect()
    }
}

/// The value stays out of the message: it may be a secret.
fn variable(given: &str) -> Result<(String, String), &'static str> {
    match given.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("NAME=VALUE is wanted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn no_command_means_run() {
        let options = Options::try_parse_from(["x", "--listen", "127.0.0.1:0", "--variable", "a=b=c"]).unwrap();
        assert!(options.command.is_none());
        assert_eq!(options.run.listen.port(), 0);
        assert_eq!(options.run.variables.into_map()["a"], "b=c");
    }

    #[test]
    fn up_takes_the_options_of_spin_up() {
        let line = "x up --listen 127.0.0.1:0 --state-dir s --variable a=1 --variable b=2 -f app/spin.toml --quiet";
        let options = Options::try_parse_from(line.split(' ')).unwrap();
        let Some(Command::Up(up)) = options.command else { panic!("not up") };
        assert_eq!(up.from, Some("app/spin.toml".into()));
        assert_eq!(up.state_dir, Some("s".into()));
        assert_eq!(up.variables.into_map().len(), 2);
        assert!(up.quiet && !up.no_build);
    }

    #[test]
    fn a_variable_without_a_name_or_a_value_is_refused() {
        for given in ["admin_key", "=x"] {
            assert!(Options::try_parse_from(["x", "up", "--variable", given]).is_err(), "{given}");
        }
    }
}
