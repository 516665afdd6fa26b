#!/usr/bin/env bash
# Tell leadloop of a deal: LEADLOOP_SIGNED_SECRET=whsec_... bash send.sh URL deal.json
set -euo pipefail
secret=${LEADLOOP_SIGNED_SECRET%%,*}
key=$(printf %s "${secret#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
event="msg_$(openssl rand -hex 16)"
now=$(date +%s)
signature=$({ printf '%s.%s.' "$event" "$now" && cat "$2"; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
curl --silent --show-error --fail-with-body --data-binary "@$2" -H "webhook-id: $event" \
  -H "webhook-timestamp: $now" -H "webhook-signature: v1,$signature" "$1"
