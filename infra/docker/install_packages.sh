#!/bin/sh
# Install into /opt/venv what the lock holds for one service, every hash checked: install_packages.sh SERVICE [TORCH_INDEX]
set -eu

service=$1
torch_index=${2:-}

if [ -z "$torch_index" ]; then
    python -m infra.docker.service_lock "$service" > /tmp/service.lock
else
    python -m infra.docker.service_lock "$service" --without-cuda > /tmp/service.lock
fi
# --no-deps: the lock is complete, and data packages must not bring what they would like to have.
uv pip install --python /opt/venv/bin/python --require-hashes --no-deps -r /tmp/service.lock
if [ -n "$torch_index" ]; then
    version=$(sed -n 's/^torch==\([^ ;]*\).*/\1/p' requirements.lock)
    uv pip install --python /opt/venv/bin/python --index-url "$torch_index" "torch==$version"
fi
