#!/usr/bin/env bash
# Builds the application for Akamai Functions, deploys it with the variables of deploy/.env, and lets the platform
# call the tick every minute. Needs Spin 4.1 or newer with the plugin `aka`, signed in (`spin aka login`).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Reads the variables without running the file. Prints NAME=VALUE for each that has a value.
variables() {
  sed -n 's/^SPIN_VARIABLE_\([A-Z_]*\)=\(..*\)$/\1 \2/p' "${VARIABLES:-deploy/.env}" |
    while read -r name value; do
      printf '%s=%s\n' "${name,,}" "$value"
    done
}

path_key=$(variables | sed -n 's/^cron_path_key=//p')
if [[ ! $path_key =~ ^[A-Za-z0-9]{20,}$ ]]; then
  echo 'deploy.sh: SPIN_VARIABLE_CRON_PATH_KEY needs 20 letters and digits or more: openssl rand -hex 32' >&2
  exit 1
fi

deploy/akamai/manifest.sh > spin.akamai.toml
spin build --from spin.akamai.toml

# The plugin takes variables as arguments, which others on this machine can read while it runs.
arguments=()
while IFS= read -r variable; do
  arguments+=(--variable "$variable")
done < <(variables)
spin aka deploy --from spin.akamai.toml "${arguments[@]}" "$@"

# The platform's scheduler knows a schedule, a path and a name: a GET without a header. So the path has a key of its
# own.
if ! spin aka cron list | grep -qw tick; then
  spin aka cron create '* * * * *' "/attendance/tick/$path_key" --name tick
fi
