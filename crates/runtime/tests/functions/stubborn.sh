#!/bin/sh
# Listens on the port in its first argument, and hides the modules that would lead it elsewhere.
unset PYTHONPATH SDEV_LISTEN NODE_OPTIONS
exec node -e 'require("http").createServer((q, r) => r.end("own")).listen(Number(process.argv[1]), "127.0.0.1")' "$1"
