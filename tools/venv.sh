#!/usr/bin/env bash
# Make .venv with a pip of its own, from whatever the machine's Python brings along.
#
#     tools/venv.sh FOLDER [PYTHON]
#
# Debian's python3 comes without ensurepip until python3-venv is installed; virtualenv or the system's pip do as well.
# When nothing works, one sentence says what to install and the exit code is 2.
set -u
folder=$1
asked=${2:-}

is_new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

choose() {
  local name
  for name in ${asked:-python3 python3.13 python3.12 python3.11}; do
    if is_new_enough "$name"; then
      command -v "$name"
      return
    fi
  done
  return 1
}

if ! python=$(choose); then
  found=$("${asked:-python3}" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo "none")
  echo "Yingda needs Python 3.11 or newer, and this machine's ${asked:-python3} is: ${found}."
  exit 2
fi

has_pip() {
  "$folder/bin/python" -m pip --version >/dev/null 2>&1
}

rm -rf "$folder"
if "$python" -c 'import ensurepip' 2>/dev/null; then
  "$python" -m venv "$folder" 2>/dev/null && has_pip && exit 0
fi
rm -rf "$folder"
if "$python" -c 'import virtualenv' 2>/dev/null; then
  "$python" -m virtualenv --quiet "$folder" 2>/dev/null && has_pip && exit 0
fi
rm -rf "$folder"
if "$python" -c 'import pip' 2>/dev/null && "$python" -m venv --without-pip "$folder" 2>/dev/null; then
  "$python" -m pip --quiet --python "$folder/bin/python" install pip >/dev/null 2>&1 && has_pip && exit 0
fi
rm -rf "$folder"
echo "This Python cannot make a virtual environment; please run: apt install python3-venv"
exit 2
