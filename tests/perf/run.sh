#!/usr/bin/env bash
# Measures sdev beside its peers and prints one table. Exits 1 when a figure misses its limit. `./test perf` calls it.
#
# usage: run.sh [start|deploy|plan|cdn|manifest|function|queue|workflow|size]...   (all of them without arguments)
# Installs what it needs: Debian's wrk, nginx-light, rclone, hyperfine and time; s3s-fs, moto, restate, DBOS,
# functions-framework, serverless-offline and Serverless Devs' `s` below target/perf.
# It builds the release binary of sdev first.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
peers=$PWD/target/perf
mkdir -p "$peers"
chosen=" $* "
chosen() { [ "$chosen" = "  " ] || [[ $chosen == *" $1 "* ]]; }

s3s=$peers/s3s/bin/s3s-fs
s3s_build=
if chosen deploy && [ ! -x "$s3s" ]; then
  # Takes minutes; its own target folder, so that the two builds do not wait for each other.
  CARGO_TARGET_DIR=$peers/s3s-build cargo install --quiet --locked s3s-fs --version 0.14.1 --features binary \
    --root "$peers/s3s" > "$peers/s3s-build.log" 2>&1 &
  s3s_build=$!
fi

missing=()
for tool in wrk:wrk nginx:nginx-light rclone:rclone hyperfine:hyperfine curl:curl python3:python3 npm:npm node:nodejs; do
  PATH=$PATH:/usr/sbin command -v "${tool%%:*}" > /dev/null || missing+=("${tool#*:}")
done
[ -x /usr/bin/time ] || missing+=(time)
if [ ${#missing[@]} -gt 0 ]; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root=sudo
  $as_root apt-get update -qq > /dev/null
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
fi

moto=$peers/venv/bin/moto_server
if chosen deploy && [ ! -x "$moto" ]; then
  [ -x "$peers/venv/bin/python" ] || python3 -m venv "$peers/venv"
  "$peers/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'moto[server]==5.2.5'
fi

s=$peers/s-cli/node_modules/.bin/s
if chosen manifest && [ ! -x "$s" ]; then
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$peers/s-cli" @serverless-devs/s@3.1.10
fi

restate=$peers/restate/node_modules
if chosen workflow && [ ! -x "$restate/.bin/restate-server" ]; then
  npm install --silent --no-audit --no-fund --prefix "$peers/restate" @restatedev/restate-server@1.7.12 \
    @restatedev/restate-sdk@1.17.2
fi

dbos=$peers/dbos/bin/python
if chosen workflow && ! "$dbos" -c 'import dbos' 2> /dev/null; then
  python3 -m venv "$peers/dbos"
  "$peers/dbos/bin/python" -m pip install --quiet --disable-pip-version-check dbos==3.4.0
fi

functions=$peers/functions
if chosen function && [ ! -x "$functions/node_modules/.bin/serverless" ]; then
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$functions" \
    @google-cloud/functions-framework@5.0.5 serverless@3.40.0 serverless-offline@13.9.0
fi
if chosen function && [ ! -x "$functions/venv/bin/functions-framework" ]; then
  python3 -m venv "$functions/venv"
  "$functions/venv/bin/python" -m pip install --quiet --disable-pip-version-check functions-framework==3.10.2
fi

cargo build --release --locked
bench=none
if chosen manifest; then
  bench=$(cargo bench --quiet --locked --bench manifest --no-run --message-format=json |
    python3 -c 'import json, sys
print(*(one["executable"] for one in map(json.loads, sys.stdin)
        if one.get("executable") and one["target"]["kind"] == ["bench"]))')
fi

flow=none
if chosen workflow; then
  flow=$(cargo test --quiet --release --locked -p emulator --lib --no-run --message-format=json |
    python3 -c 'import json, sys
print(*(one["executable"] for one in map(json.loads, sys.stdin)
        if one.get("executable") and one["profile"]["test"]))')
fi

if [ -n "$s3s_build" ]; then
  echo "building s3s-fs, a peer; once, for some minutes"
  wait "$s3s_build" || { tail -20 "$peers/s3s-build.log" >&2; exit 2; }
  rm -rf "$peers/s3s-build"
fi

# A bundle for one vendor's tools makes rclone refuse the rest; proxies are of no use on loopback.
unset AWS_CA_BUNDLE http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
exec python3 tests/perf/measure.py --sdev "$(realpath "$target/release/sdev")" --s3s "$s3s" --moto "$moto" \
  --bench "$bench" --s "$s" --restate "$restate" --dbos "$dbos" \
  --functions "$functions" --flow "$flow" "$@"
