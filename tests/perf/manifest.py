#!/usr/bin/env python3
"""Writes a manifest of N resources, each with three references, to standard output: manifest.py N [COMPONENT]."""
import sys

COUNT = int(sys.argv[1])
COMPONENT = sys.argv[2] if len(sys.argv) > 2 else "fc3"

print("""\
edition: 3.0.0
name: large
access: default
vars:
  region: cn-hangzhou
  runtime: python3.10
resources:""")
for number in range(COUNT):
    before = max(number - 1, 0)
    print(f"""\
  function-{number:05}:
    component: {COMPONENT}
    props:
      region: ${{vars.region}}
      functionName: worker-{number:05}
      description: worker number {number} of a large application
      runtime: python3.10
      handler: index.handler
      code: ./code/worker
      memorySize: 512
      timeout: 60
      environmentVariables:
        NAME: "${{this.props.functionName}}"
        BEFORE: "${{resources.function-{before:05}.props.functionName}}"
        STAGE: production""")
