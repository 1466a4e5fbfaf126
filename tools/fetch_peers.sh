#!/usr/bin/env bash
# Fetches the servers that ours is compared with; quick when they are there.
#
# Valkey 9.1 and 8.1 and Redis 8.0 come as Debian packages of later releases. Each is unpacked with the libraries
# that it needs into a folder of its own and started by its own loader, so nothing on the machine changes. Redis
# 7.0 is the one of Debian 12; its package is unpacked likewise, and no service is started.
#
# Usage: tools/fetch_peers.sh        PEERS=/some/folder for another place than /tmp/peers
#   leaves $PEERS/valkey-{server,cli,benchmark,check-rdb,check-aof}-{9.1,8.1}, $PEERS/redis-{server,cli}-{8.0,7.0},
#   and $PEERS/bin with the 9.1 programs under their plain names
set -euo pipefail

root=${PEERS:-/tmp/peers}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
libraries='libc6 libjemalloc2 libssl3t64 libsystemd0 liblzf1 libcap2 libgcc-s1 libstdc++6 libzstd1 libcrypt1 libatomic1'
libraries_12='libc6 libjemalloc2 libssl3 libsystemd0 liblzf1 libcap2 libgcc-s1 libstdc++6 libzstd1 liblzma5 libgcrypt20
  libgpg-error0 liblz4-1'
valkey_programs='server cli benchmark check-rdb check-aof'

# The mirror that this machine uses already, be its sources in the new form or the old.
find_mirror() {
  local found=''
  if [[ -e /etc/apt/sources.list.d/debian.sources ]]; then
    found=$(awk '$1 == "URIs:" { print $2; exit }' /etc/apt/sources.list.d/debian.sources)
  elif [[ -e /etc/apt/sources.list ]]; then
    found=$(awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^https?:.*\/debian\/?$/) { print $i; exit } }' \
      /etc/apt/sources.list)
  fi
  echo "${found:-http://deb.debian.org/debian}"
}

# fetch SUITE FOLDER PACKAGE...: apt with a state of its own, so that the machine's lists stay as they are. A mirror that
# has fallen behind will do: the lists' signatures are checked, their age is not.
fetch() {
  local suite=$1 folder=$root/$2
  shift 2
  [[ -e $folder/done ]] && return
  echo "==> fetching $1 of Debian $suite"
  mkdir -p "$folder"/{lists/partial,cache/archives/partial,debs,fs}
  echo "deb [signed-by=$keyring] $mirror $suite main" > "$folder/sources.list"
  local options=(-o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::Lists="$folder/lists" -o Dir::Cache="$folder/cache" -o APT::Sandbox::User=root
    -o Acquire::Check-Valid-Until=false)
  apt-get --quiet "${options[@]}" update > "$folder/log" 2>&1 || { cat "$folder/log" >&2; return 1; }
  local package
  for package in "$@"; do
    (cd "$folder/debs" && apt-get --quiet "${options[@]}" download "$package/$suite") >> "$folder/log" 2>&1 \
      || { echo "fetch_peers: no $package in Debian $suite; see $folder/log" >&2; return 1; }
  done
  for package in "$folder"/debs/*.deb; do dpkg-deb --extract "$package" "$folder/fs"; done
  touch "$folder/done"
}

# wrap FOLDER PROGRAM NAME: $root/NAME starts the unpacked program with its own loader and libraries.
wrap() {
  local files=$root/$1/fs libraries=$root/$1/fs/usr/lib/x86_64-linux-gnu
  local loader=$libraries/ld-linux-x86-64.so.2
  if [[ ! -e $loader ]]; then  # Debian 12 still keeps some under /lib
    loader=$files/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
    libraries=$libraries:$files/lib/x86_64-linux-gnu
  fi
  local text
  printf -v text '#!/bin/sh\nexec %s --library-path %s %s "$@"' "$loader" "$libraries" "$files/usr/bin/$2"
  [[ -e $root/$3 && $(< "$root/$3") == "$text" ]] && return
  echo "$text" > "$root/$3"
  chmod +x "$root/$3"
}

[[ $(uname -m) == x86_64 ]] || { echo 'fetch_peers: the peers are fetched for x86-64 only' >&2; exit 1; }
mirror=$(find_mirror)
mkdir -p "$root/bin"
# shellcheck disable=SC2086  # the lists of packages are words
{
  fetch trixie valkey81 valkey-server valkey-tools $libraries
  fetch forky valkey91 valkey-server valkey-tools $libraries
  fetch forky redis80 redis-server redis-tools liblua5.1-0 lua-cjson lua-bitop liblzma5 $libraries
  fetch bookworm redis70 redis-server redis-tools liblua5.1-0 lua-cjson lua-bitop $libraries_12
}
for program in $valkey_programs; do
  wrap valkey81 "valkey-$program" "valkey-$program-8.1"
  wrap valkey91 "valkey-$program" "valkey-$program-9.1"
  ln -sfn "../valkey-$program-9.1" "$root/bin/valkey-$program"
done
ln -sfn ../valkey-server-9.1 "$root/bin/valkey-sentinel"
for program in server cli; do
  wrap redis80 "redis-$program" "redis-$program-8.0"
  wrap redis70 "redis-$program" "redis-$program-7.0"
done

failed=0
while read -r name version; do
  text=$("$root/$name" --version 2>&1) || { echo "fetch_peers: $name does not start: $text" >&2; failed=1; continue; }
  [[ $text == *"v=$version"* ]] || echo "fetch_peers: expected $name $version, this is: $text" >&2
  echo "$root/$name  $(grep -oE 'v=[0-9.]+' <<< "$text")"
done <<'VERSIONS'
valkey-server-9.1 9.1.2
valkey-server-8.1 8.1.1
redis-server-8.0 8.0
redis-server-7.0 7.0.15
VERSIONS
exit $failed
