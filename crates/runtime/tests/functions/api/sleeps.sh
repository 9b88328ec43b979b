#!/bin/sh
# Fetches a call and never answers.
python3 -c 'import os, urllib.request as u; u.urlopen("http://" + os.environ["FC_RUNTIME_API"] + "/2020-11-11/runtime/invocation/next").read()'
echo fetched
sleep 60
