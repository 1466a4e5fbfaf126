#!/usr/bin/env bash
# Installs the Debian 12 packages that the named groups lack; does nothing, in milliseconds, if none is missing.
#
# Usage: tools/install_deps.sh GROUP...
#   build   compiler, CMake and libraries: enough for ./dev build and ./dev run
#   test    what the suites need beside them
#   check   clang-format and clang-tidy
#   fuzz    clang with libFuzzer
set -euo pipefail

declare -A packages=(
  [build]="g++ cmake ninja-build ccache libfmt-dev libxxhash-dev libmimalloc-dev liblzf-dev libssl-dev \
    libluajit-5.1-dev libgtest-dev libbenchmark-dev"
  [test]='python3 spin gcc libc6-dev tcl procps dpkg-dev strace ruby-sidekiq'
  [check]='python3 clang-format-14 clang-tidy-14'
  [fuzz]='python3 clang-14 libclang-rt-14-dev'
)

wanted=()
for group in "$@"; do
  [[ -v packages[$group] ]] || { echo "install_deps: no group '$group' (there are: ${!packages[*]})" >&2; exit 2; }
  read -ra names <<< "${packages[$group]}"
  wanted+=("${names[@]}")
done
(( ${#wanted[@]} )) || { echo "usage: tools/install_deps.sh GROUP... (${!packages[*]})" >&2; exit 2; }

installed=$(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null \
  | awk '$2 == "installed" { print $1 }' || true)
missing=()
for package in "${wanted[@]}"; do
  grep -qxF -- "$package" <<< "$installed" || missing+=("$package")
done
(( ${#missing[@]} )) || exit 0

mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
echo "==> installing with apt-get: ${missing[*]}"
as_root=()
if (( EUID != 0 )); then
  if ! command -v sudo > /dev/null; then
    echo "install_deps: run once as root, or install these packages: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
# Lists may be absent (a fresh container) or stale; then one update and a second try.
install=("${as_root[@]}" apt-get install --yes --quiet --no-install-recommends "${missing[@]}")
"${install[@]}" 2> /dev/null || { "${as_root[@]}" apt-get update --quiet && "${install[@]}"; }
