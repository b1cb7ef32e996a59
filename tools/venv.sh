#!/usr/bin/env bash
# Make .venv with a pip of its own, from whatever Python the machine has.
#
#     tools/venv.sh FOLDER [PYTHON]
#
# The distribution's own interpreter comes first: it is optimised by profile, which one that a version manager compiled
# rarely is, and a call costs an eighth less on it (docs/performance.md). Debian's python3 comes without ensurepip until
# python3-venv is installed; virtualenv or the system's pip do as well, and so does another Python.
# When nothing works, one sentence says what to install and the exit code is 2.
set -u
folder=$1
asked=${2:-}
candidates=${asked:-/usr/bin/python3 python3 python3.13 python3.12 python3.11}

is_new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

has_pip() {
  "$folder/bin/python" -m pip --version >/dev/null 2>&1
}

make_by() {
  rm -rf "$folder"
  if "$1" -c 'import ensurepip' 2>/dev/null; then
    "$1" -m venv "$folder" 2>/dev/null && has_pip && return
  fi
  rm -rf "$folder"
  if "$1" -c 'import virtualenv' 2>/dev/null; then
    "$1" -m virtualenv --quiet "$folder" 2>/dev/null && has_pip && return
  fi
  rm -rf "$folder"
  if "$1" -c 'import pip' 2>/dev/null && "$1" -m venv --without-pip "$folder" 2>/dev/null; then
    "$1" -m pip --quiet --python "$folder/bin/python" install pip >/dev/null 2>&1 && has_pip && return
  fi
  rm -rf "$folder"
  return 1
}

found=""
for name in $candidates; do
  if is_new_enough "$name"; then
    found=$name
    make_by "$(command -v "$name")" && exit 0
  fi
done

if [ -z "$found" ]; then
  here=$("${asked:-python3}" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo "none")
  echo "Yingda needs Python 3.11 or newer, and this machine's ${asked:-python3} is: ${here}."
else
  echo "This Python cannot make a virtual environment; please run: apt install python3-venv"
fi
exit 2
