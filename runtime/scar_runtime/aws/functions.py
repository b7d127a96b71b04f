"""AWS Lambda, as far as calling a function without waiting for it goes."""

from __future__ import annotations

from scar_runtime.aws.answers import with_status
from scar_runtime.aws.client import Client
from scar_runtime.aws.endpoints import service_origin
from scar_runtime.aws.request import Bytes, Request

ACCEPTED = 202
LATER_BYTES = 1024 * 1024
"""The largest event of an asynchronous call.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""


class Functions:
    """Requests to Lambda."""

    def __init__(self, client: Client, region: str, endpoint_url: str | None) -> None:
        self._client = client
        self._region = region
        self._origin = service_origin("lambda", region, endpoint_url)

    def invoke_later(self, name: str, event: bytes) -> None:
        """Hand an event (JSON) over, to be tried as often as the function's settings say.

        Raises `AwsError`. Two calls are two events, so that the request is not repeated where the
        first may have been taken.
        """
        self._client.send(
            Request(
                "POST",
                self._origin,
                f"/2015-03-31/functions/{name}/invocations",
                headers={"X-Amz-Invocation-Type": "Event"},
                body=Bytes(event),
                repeatable=False,
                fresh=True,
            ),
            self._region,
            with_status(ACCEPTED),
        )
