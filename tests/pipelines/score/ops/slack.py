"""Messages to a channel."""

from __future__ import annotations

import json
import os
import urllib.request


def post(text: str, ok: bool) -> None:
    """Say how the run went."""
    body = json.dumps({"text": f"{':white_check_mark:' if ok else ':x:'} {text}"}).encode()
    request = urllib.request.Request(os.environ["SLACK_WEBHOOK"], body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10):
        pass
