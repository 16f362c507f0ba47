#!/bin/sh
# What the set-up needs of a machine. Prints the Python to use on standard output; what is missing, with the line that
# installs it, on standard error. POSIX shell, because nothing else is known to be there yet.
set -u

NEEDED_GB=12
missing=""
nowhere=""
python=""
bare=""

for candidate in ${PYTHON:-} python3.11 python3.12 python3; do
    # A version manager may offer a name that it cannot run, so each one is asked.
    if "$candidate" -c 'import sys; sys.exit(not (3, 11, 5) <= sys.version_info[:3] < (3, 13))' >/dev/null 2>&1; then
        if "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            python=$candidate
            break
        fi
        bare=$candidate
    fi
done

if [ -z "$python" ]; then
    if [ -n "$bare" ]; then
        version=$("$bare" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        echo "$bare is there, but not its modules venv and ensurepip" >&2
        missing="$missing python$version-venv"
    else
        # Before 3.11.5 the module `re` misreads possessive quantifiers (gh-106052), so that redaction would miss values.
        echo "no Python from 3.11.5 to 3.12 found: Debian 12 has 3.11.2, Debian 13 has 3.13. uv, pyenv or conda install" >&2
        echo "one; if it is not on the PATH, name it: make setup PYTHON3=/path/to/python" >&2
        nowhere=1
    fi
fi
for tool in git make; do
    if ! command -v "$tool" >/dev/null 2>&1; then
        echo "$tool is missing" >&2
        missing="$missing $tool"
    fi
done
# llama.cpp's wheel links OpenMP's runtime and does not carry it.
if [ "$(uname -s)" = Linux ] && ! { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep -q 'libgomp\.so\.1'; then
    echo "libgomp is missing" >&2
    missing="$missing libgomp1"
fi

status=${nowhere:-0}
if [ -n "$missing" ]; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo "
    echo "install it with:  ${sudo}apt-get update && ${sudo}apt-get install -y$missing" >&2
    status=1
fi

free_kb=$(df -Pk . | awk 'NR == 2 { print $4 }')
if [ ! -d .venv ] && [ "$free_kb" -lt $((NEEDED_GB * 1024 * 1024)) ]; then
    echo "$((free_kb / 1024 / 1024)) GB free here, $NEEDED_GB GB needed (PyTorch with its libraries is most of it)" >&2
    status=1
fi

[ "$status" = 0 ] && echo "$python"
exit "$status"
