#!/usr/bin/env bash
# Prints spin.toml as it is deployed to Akamai Functions: with the target environment, against which `spin build` then
# checks every component, and without what the platform does not have.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# The application's table gets the targets; everything else stays, so that there is one manifest to maintain.
awk '
  { print }
  /^\[application\]$/ { print "targets = [\"akamai-functions\"]"; found = 1 }
  END { if (!found) { print "manifest.sh: spin.toml has no [application]" > "/dev/stderr"; exit 1 } }
' "$root/spin.toml"
