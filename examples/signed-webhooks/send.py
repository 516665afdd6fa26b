#!/usr/bin/env python3
"""Tell leadloop of a deal: ``LEADLOOP_SIGNED_SECRET=whsec_... python3 send.py URL deal.json``."""

import base64
import hmac
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

url, body = sys.argv[1], Path(sys.argv[2]).read_bytes()
key = base64.b64decode(os.environ["LEADLOOP_SIGNED_SECRET"].split(",")[0].removeprefix("whsec_"))
event, now = f"msg_{uuid.uuid4().hex}", str(int(time.time()))
signature = base64.b64encode(hmac.digest(key, f"{event}.{now}.".encode() + body, "sha256")).decode()
headers = {"webhook-id": event, "webhook-timestamp": now, "webhook-signature": f"v1,{signature}"}
try:
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
        print(answer.read().decode())
except urllib.error.HTTPError as refused:
    sys.exit(f"{refused.code} {refused.read().decode()}")
