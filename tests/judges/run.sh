#!/usr/bin/env bash
# Puts the local cloud before its independent judges: the vendor's own SDKs and a real browser; the language server before
# a real editor; an application before a real database. Installs them first.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
target=${CARGO_TARGET_DIR:-$root/target}
sdev=$target/debug/sdev
cargo build --locked --bin sdev

venv=$target/judges/venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/judges/requirements.txt

# This client of the vendor's needs older parts than the others do.
events=$target/judges/venv-events
[ -x "$events/bin/python" ] || python3 -m venv "$events"
"$events/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/judges/requirements-events.txt

# Judges in Python share a module; nothing is left beside it.
export PYTHONDONTWRITEBYTECODE=1
export npm_config_update_notifier=false
(cd tests/judges && { cmp -s package-lock.json node_modules/.installed || { npm ci --silent --no-audit --no-fund && cp package-lock.json node_modules/.installed; }; })

missing=()
command -v chromium > /dev/null || missing+=(chromium)
command -v nvim > /dev/null || missing+=(neovim)
[ -n "$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null)" ] || missing+=(postgresql)
if [ ${#missing[@]} -gt 0 ]; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root=sudo
  $as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
fi

total=0
failed=()
judge() {
  local name=$1
  shift
  printf -- '-- %s\n' "$name"
  # Each judge has a local cloud of its own.
  local out
  if out=$(cd tests/judges && timeout 600 "$sdev" local run -- "$@" 2>&1); then :; else failed+=("$name"); fi
  printf '%s\n' "$out" | tail -40
  local count
  count=$(printf '%s\n' "$out" | sed -n 's/^\(.*: \)\{0,1\}\([0-9][0-9]*\) passed, [0-9]* failed$/\2/p' | tail -1)
  if [ -z "$count" ] || [ "$count" = 0 ]; then
    printf 'no check was counted\n'
    failed+=("$name: nothing counted")
  fi
  total=$((total + ${count:-0}))
}

judge "oss2 (PyPI)" "$venv/bin/python" oss2_judge.py
judge "alibabacloud-oss-v2 (PyPI)" "$venv/bin/python" oss_v2_judge.py
judge "ali-oss (npm)" node ali_oss_judge.mjs
judge "alibabacloud-cdn20180510 (PyPI)" "$venv/bin/python" cdn_judge.py
judge "@alicloud/pop-core (npm)" node cdn_pop_judge.mjs
judge "alibabacloud-fc20230330 (PyPI)" "$venv/bin/python" fc_judge.py
judge "aliyun-fc2 (PyPI)" "$venv/bin/python" fc2_judge.py
judge "@alicloud/fc20230330 (npm)" node fc_judge.mjs
judge "alibabacloud-fnf20190315 (PyPI)" "$venv/bin/python" fnf_judge.py
judge "@alicloud/fnf-2019-03-15 (npm)" node fnf_judge.mjs
judge "aliyun-mns-sdk (PyPI)" "$venv/bin/python" mns_judge.py
judge "@alicloud/mns (npm)" node mns_judge.mjs
judge "triggers of queues (PyPI)" "$venv/bin/python" trigger_judge.py
judge "alibabacloud-eventbridge20200401 (PyPI)" "$venv/bin/python" eventbridge_judge.py
judge "alibabacloud-eventbridge (PyPI)" "$events/bin/python" events_judge.py
judge "jsonschema (PyPI)" "$venv/bin/python" schema_judge.py "$sdev"
judge "contracts by jsonschema (PyPI)" "$venv/bin/python" contract_judge.py "$sdev"
judge "PostgreSQL (Debian)" "$venv/bin/python" postgres_judge.py "$sdev"
judge "Chromium" node browser_judge.mjs "$sdev"
folder=$(mktemp -d)
judge "Neovim" env SDEV="$sdev" SDEV_JUDGE_FOLDER="$folder" nvim --headless --clean -u NONE -S lsp_judge.lua
rm -rf "$folder"

printf '\n'
if [ ${#failed[@]} -gt 0 ]; then
  printf 'failed: %s\n' "${failed[@]}"
fi
printf 'judges: %d passed, %d failed\n' "$total" "${#failed[@]}"
[ ${#failed[@]} -eq 0 ]
