#!/usr/bin/env bash
# Installs the programs that tests start and that a fresh machine may lack: interpreters of functions.
set -euo pipefail
missing=()
command -v python3 > /dev/null || missing+=(python3)
command -v node > /dev/null || missing+=(nodejs)
command -v php > /dev/null || missing+=(php-cli)
command -v javac > /dev/null || missing+=(default-jdk-headless)
[ ${#missing[@]} -gt 0 ] || exit 0
as_root=""
[ "$(id -u)" = 0 ] || as_root=sudo
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
