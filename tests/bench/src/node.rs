//! The webhook as a Node service: `node/server.mjs`.

use crate::application::{Application, workspace};
use anyhow::{Context, bail, ensure};
use fakes::env::MARKETO_API_KEY;
use fakes::zoom::{Account, Decision, NewUser, NewWebinar, Plan, SignIn};
use fakes::{marketo, zoom};
use reqwest::header::LOCATION;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Its account at Zoom. The application's own account has one sign-in, which a second would replace (R1).
const ACCOUNT: &str = "node";

/// The admin of that account.
const ADMIN: &str = "admin@node.example.com";

/// The PKCE verifier of the sign-in, and its challenge.
const PKCE: [&str; 2] = ["dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"];

/// The running Node service. Dropping it ends the process.
pub(crate) struct NodeService {
    process: Child,
    url: String,
}

impl NodeService {
    /// Installs the service, starts it for a webinar of its own and waits until it listens.
    ///
    /// # Errors
    /// Why it is not available, for example because Node or npm is missing.
    pub(crate) async fn start(app: &Application) -> anyhow::Result<Self> {
        let folder = install().await?;
        let refresh_token = sign_in(app).await?;
        let webinar = app.fakes.zoom.add_webinar(NewWebinar { host: ADMIN.to_owned(), ..NewWebinar::default() })?.id;
        let config = json!({
            "apiKey": MARKETO_API_KEY,
            "database": app.folder().join("node.db"),
            "webinar": webinar.to_string(),
            "zoom": {
                "url": app.fakes.zoom.url(), "clientId": zoom::CLIENT_ID, "clientSecret": zoom::CLIENT_SECRET,
                "refreshToken": refresh_token,
            },
            "marketo": {
                "url": app.fakes.marketo.url(), "clientId": marketo::CLIENT_ID,
                "clientSecret": marketo::CLIENT_SECRET,
            },
        });
        let mut node = Command::new("node");
        node.arg("server.mjs").current_dir(folder).env("NODE_ENV", "production").env("CONFIG", config.to_string());
        let mut process = node.stdout(Stdio::piped()).kill_on_drop(true).spawn().context("node")?;
        let output = process.stdout.take().context("node has no output")?;
        let url = BufReader::new(output).lines().next_line().await?.context("the service did not start")?;
        Ok(Self { process, url })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the id of the process, if it runs.
    pub(crate) fn process_id(&self) -> Option<u32> {
        self.process.id()
    }
}

/// Copies the service to `target/bench-node` and installs its dependencies, unless they are there.
async fn install() -> anyhow::Result<PathBuf> {
    let (source, folder) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("node"), workspace()?.join("target/bench-node"));
    // npm writes this file last.
    let is_installed = folder.join("node_modules/.package-lock.json").is_file()
        && std::fs::read(folder.join("package-lock.json")).ok() == std::fs::read(source.join("package-lock.json")).ok();
    std::fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json", "server.mjs"] {
        std::fs::copy(source.join(name), folder.join(name))?;
    }
    if !is_installed {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder);
        let output = npm.output().await.context("npm")?;
        if !output.status.success() {
            bail!("npm ci failed: {}", String::from_utf8_lossy(&output.stderr).trim_end());
        }
    }
    Ok(folder)
}

/// Signs the account's admin in, as a browser would, and returns the refresh token.
async fn sign_in(app: &Application) -> anyhow::Result<String> {
    let zoom = &app.fakes.zoom;
    zoom.put_account(Account { id: ACCOUNT.to_owned(), plan: Plan::Unlimited });
    zoom.add_user(NewUser { account: ACCOUNT.to_owned(), admin: true, ..NewUser::named(ADMIN) })?;
    zoom.set_sign_in(SignIn { user: ADMIN.to_owned(), decision: Decision::Allow, scopes: None })?;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let redirect_uri = format!("{}/oauth/callback", app.running.url());
    let query = [
        ("response_type", "code"),
        ("client_id", zoom::CLIENT_ID),
        ("redirect_uri", &*redirect_uri),
        ("code_challenge", PKCE[1]),
        ("code_challenge_method", "S256"),
    ];
    let redirect = client.get(format!("{}/oauth/authorize", zoom.url())).query(&query).send().await?;
    let location = redirect.headers().get(LOCATION).context("the sign-in was not redirected")?.to_str()?;
    let (_, code) = location.split_once("code=").context("the sign-in returned no code")?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &*redirect_uri),
        ("code_verifier", PKCE[0]),
    ];
    let request = client.post(format!("{}/oauth/token", zoom.url())).form(&form);
    let answer = request.basic_auth(zoom::CLIENT_ID, Some(zoom::CLIENT_SECRET)).send().await?;
    ensure!(answer.status().is_success(), "the token endpoint answered {}", answer.status());
    let tokens: Value = answer.json().await?;
    Ok(tokens["refresh_token"].as_str().context("no refresh token")?.to_owned())
}
