#!/usr/bin/env bash
# Checks licences, sources and bans of all dependencies. (Advisories need a database that is fetched over git.)
set -euo pipefail
cd "$(dirname "$0")/../.."
version=0.20.2
command -v cargo-deny > /dev/null || cargo install --quiet --locked cargo-deny --version "$version"
# All platforms' crates are looked at, not just those that a build here fetched.
cargo fetch --locked --quiet
cargo deny --offline check bans licenses sources
