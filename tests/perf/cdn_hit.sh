#!/usr/bin/env bash
# Compares pages that the local cloud's CDN serves as hits with hits of nginx's proxy_cache, in one run.
#
# usage: cdn_hit.sh URL [DOMAIN PATH...]
#   URL      a running local cloud, such as http://127.0.0.1:4566
#   DOMAIN   an accelerated domain of it, and PATHs of pages that it may cache; without them the script adds a domain
#            of its own with pages of 1 KB and 100 KB (keys from ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET)
# env: SECONDS_EACH (3), ROUNDS (2), LEAST_RATIO (0.5)
# Prints requests per second of both and the ratio; exits 1 when a ratio is below LEAST_RATIO.
set -euo pipefail

url=${1:?usage: cdn_hit.sh URL [DOMAIN PATH...]}
url=${url%/}
domain=${2:-}
shift $(($# < 2 ? $# : 2))
seconds=${SECONDS_EACH:-3}
rounds=${ROUNDS:-2}
least=${LEAST_RATIO:-0.5}

install() {
    local missing=()
    command -v wrk >/dev/null || missing+=(wrk)
    [ -x /usr/sbin/nginx ] || missing+=(nginx-light)
    command -v curl >/dev/null || missing+=(curl)
    command -v python3 >/dev/null || missing+=(python3)
    if [ ${#missing[@]} -gt 0 ]; then
        local sudo=()
        [ "$(id -u)" = 0 ] || sudo=(sudo)
        "${sudo[@]}" apt-get update -qq >/dev/null
        DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq "${missing[@]}" >/dev/null
    fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# rpc ACTION NAME=VALUE...: one signed call to the CDN's API.
rpc() {
    python3 - "$url" "$@" <<'PYTHON'
import base64, hashlib, hmac, os, sys, time, urllib.error, urllib.parse, urllib.request, uuid
url, action, *pairs = sys.argv[1:]
quote = lambda text: urllib.parse.quote(text, safe="-_.~")
params = dict(pair.split("=", 1) for pair in pairs) | {
    "Action": action, "Version": "2018-05-10", "Format": "JSON", "SignatureMethod": "HMAC-SHA1",
    "SignatureVersion": "1.0", "SignatureNonce": uuid.uuid4().hex,
    "AccessKeyId": os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
    "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
}
query = "&".join(f"{quote(name)}={quote(params[name])}" for name in sorted(params))
key = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] + "&"
mac = hmac.new(key.encode(), f"GET&%2F&{quote(query)}".encode(), hashlib.sha1)
signature = quote(base64.b64encode(mac.digest()).decode())
try:
    urllib.request.urlopen(f"{url}/?{query}&Signature={signature}").read()
except urllib.error.HTTPError as error:
    sys.exit(f"{action}: {error.read().decode()}")
PYTHON
}

install
work=$(mktemp -d)
nginx_pid=
added=
clean() {
    [ -z "$added" ] || rpc DeleteCdnDomain "DomainName=$domain" || true
    [ -z "$nginx_pid" ] || kill "$nginx_pid" 2>/dev/null || true
    rm -rf "$work"
}
trap clean EXIT

origin_port=$(free_port)
nginx_port=$(free_port)
mkdir -p "$work/pages" "$work/cache"
chmod -R 777 "$work"
cat >"$work/nginx.conf" <<CONF
daemon off;
pid $work/nginx.pid;
error_log $work/error.log;
worker_processes auto;
events { worker_connections 1024; }
http {
    access_log off;
    sendfile on;
    keepalive_requests 1000000;
    types { text/html html; }
    client_body_temp_path $work/body;
    proxy_temp_path $work/temp;
    proxy_cache_path $work/cache keys_zone=hits:10m inactive=1h;
    server {
        listen 127.0.0.1:$origin_port;
        root $work/pages;
        add_header Cache-Control max-age=3600;
    }
    server {
        listen 127.0.0.1:$nginx_port;
        location / {
            proxy_pass http://127.0.0.1:$origin_port;
            proxy_cache hits;
            add_header X-Cache \$upstream_cache_status;
        }
    }
}
CONF
/usr/sbin/nginx -e "$work/error.log" -c "$work/nginx.conf" &
nginx_pid=$!

if [ -z "$domain" ]; then
    domain="perf-$$.cdn.test"
    for size in 1024 102400; do
        printf '%*s' "$size" '' | tr ' ' x >"$work/pages/page-$size.html"
    done
    rpc AddCdnDomain "DomainName=$domain" CdnType=web \
        "Sources=[{\"type\":\"ipaddr\",\"content\":\"127.0.0.1\",\"port\":$origin_port}]"
    added=yes
    set -- /page-1024.html /page-102400.html
else
    for path in "$@"; do
        mkdir -p "$work/pages$(dirname "$path")"
        curl -sf -H "Host: $domain" "$url$path" -o "$work/pages$path"
    done
    chmod -R a+rX "$work/pages"
fi

# rate BASE HOST PATH: requests per second of one run, after making sure that it is served as a hit.
rate() {
    local head out
    for _ in 1 2 3; do
        head=$(curl -sf -H "Host: $2" -D - -o "$work/got" "$1$3") || { sleep 0.2; continue; }
        grep -qi '^x-cache: *hit' <<<"$head" && break
    done
    grep -qi '^x-cache: *hit' <<<"$head" || { echo "$1$3 is not served as a hit: $head" >&2; exit 2; }
    out=$(wrk -t1 -c50 -d"${seconds}s" -H "Host: $2" "$1$3")
    if grep -q 'Non-2xx\|Socket errors' <<<"$out"; then
        echo "$1$3 had errors: $out" >&2
        exit 2
    fi
    awk '/^Requests\/sec:/ { print $2 }' <<<"$out"
}

best() { printf '%s\n' "$@" | sort -g | tail -1; }

verdict=0
for path in "$@"; do
    ours=0
    nginx=0
    for _ in $(seq "$rounds"); do
        one=$(rate "http://127.0.0.1:$nginx_port" localhost "$path")
        nginx=$(best "$nginx" "$one")
        one=$(rate "$url" "$domain" "$path")
        ours=$(best "$ours" "$one")
    done
    bytes=$(stat -c %s "$work/got")
    awk -v path="$path" -v bytes="$bytes" -v ours="$ours" -v nginx="$nginx" -v least="$least" 'BEGIN {
        ratio = ours / nginx
        printf "%s (%d bytes): cdn %.0f/s, nginx %.0f/s, ratio %.2f\n", path, bytes, ours, nginx, ratio
        exit ratio < least
    }' || verdict=1
done
exit "$verdict"
