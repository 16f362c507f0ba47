"""A container's health check: exit code 0 if this container's service says it is ready. Standard library only."""

import os
import sys
import urllib.error
import urllib.request


def main() -> int:
    port = int(os.environ.get("FLYWHEEL_HEALTH_PORT", "0"))
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=3.0) as answer:
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError, ValueError):
        return 1


if __name__ == "__main__":
    sys.exit(main())
