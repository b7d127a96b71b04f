"""What a helper container runs: fetch this project's runtime, unpack it, and become it.

The container's image is a plain Python, so this file is the container's command, as text
(`python3 -c TEXT STAGE`). A job definition has at most 24 KiB: keep it short.

SCAR_RUNTIME_URL is where the zip is in S3, SCAR_RUNTIME_SHA256 the digest it must have.
"""

import datetime
import hashlib
import hmac
import io
import json
import os
import pathlib
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import zipfile

ENV = os.environ


def credentials() -> tuple[str, str, str]:
    """From the environment, or from the container's endpoint."""
    if "AWS_ACCESS_KEY_ID" in ENV:
        keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        key, secret, token = (ENV.get(name, "") for name in keys)
        return key, secret, token
    path = ENV.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "")
    url = f"http://169.254.170.2{path}" if path else ENV["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    token = ENV.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    asked = urllib.request.Request(url, headers={"Authorization": token} if token else {})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        found = json.load(answer)
    return found["AccessKeyId"], found["SecretAccessKey"], found["Token"]


def signed(url: str) -> urllib.request.Request:
    """A GET with Signature Version 4."""
    key, secret, token = credentials()
    region = ENV.get("AWS_REGION") or ENV["AWS_DEFAULT_REGION"]
    parts, now = urllib.parse.urlsplit(url), datetime.datetime.now(datetime.UTC)
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    headers = {
        "host": parts.netloc,
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        "x-amz-date": stamp,
    }
    if token:
        headers["x-amz-security-token"] = token
    names, scope = ";".join(headers), f"{stamp[:8]}/{region}/s3/aws4_request"
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = f"GET\n{parts.path}\n\n{lines}\n{names}\nUNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    mac = f"AWS4{secret}".encode()
    for word in (*scope.split("/"), text):
        mac = hmac.digest(mac, word.encode(), "sha256")
    proof = f"Credential={key}/{scope}, SignedHeaders={names}, Signature={mac.hex()}"
    return urllib.request.Request(
        url, headers={**headers, "Authorization": f"AWS4-HMAC-SHA256 {proof}"}
    )


def fetched() -> bytes:
    """The zip. A service in place of AWS's own has the bucket in the path."""
    url = ENV["SCAR_RUNTIME_URL"]
    if own := ENV.get("AWS_ENDPOINT_URL_S3") or ENV.get("AWS_ENDPOINT_URL"):
        host, path = urllib.parse.urlsplit(url)[1:3]
        url = f"{own}/{host.partition('.')[0]}{path}"
    for attempt in (1, 2, 3):
        try:
            with urllib.request.urlopen(signed(url), timeout=60) as answer:
                content: bytes = answer.read()
                break
        except OSError as error:
            if attempt == 3:
                sys.exit(f"cannot fetch {url}: {error}")
            time.sleep(2 * attempt)
    if hashlib.sha256(content).hexdigest() != ENV["SCAR_RUNTIME_SHA256"]:
        sys.exit(f"{url} is not what was deployed")
    return content


def main(stage: str) -> None:
    folder = tempfile.mkdtemp(dir="/var/tmp")  # /tmp is the volume that the containers share
    with zipfile.ZipFile(io.BytesIO(fetched())) as packed:
        for entry in packed.infolist():
            pathlib.Path(packed.extract(entry, folder)).chmod(entry.external_attr >> 16 & 0o777)
    own = {"PYTHONPATH": folder, "SCAR_FUNCTION_CONFIG": f"{folder}/config.json"}
    command = [sys.executable, "-m", "scar_runtime", stage]
    os.execve(sys.executable, command, {**ENV, **own})


if __name__ == "__main__":
    main(sys.argv[1])
