"""Asking a service process how it is, over its loopback health page."""

import http.client

from infra.local.ports import LOOPBACK


def is_ready(port: int, timeout_s: float = 1.0) -> bool:
    """Whether ``/readyz`` answers 200."""
    return port != 0 and _status(port, "/readyz", timeout_s) == http.client.OK


def is_alive(port: int, timeout_s: float = 1.0) -> bool:
    """Whether ``/healthz`` answers 200: its loop makes progress."""
    return port != 0 and _status(port, "/healthz", timeout_s) == http.client.OK


def _status(port: int, path: str, timeout_s: float) -> int:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
