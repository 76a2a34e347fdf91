#!/bin/sh
# bare.sh: tries the project as a newcomer meets it: a bare Debian 12 (debootstrap, minbase) with
# git and make and nothing else, a fresh clone of what is committed here, the named make targets.
#
#   scripts/bare.sh FOLDER TARGET...       for example: scripts/bare.sh ../bare demo test
#
# Needs root, debootstrap and some 2 GB below FOLDER, which it makes anew each time (a minute).
# Takes over this machine's apt configuration and certificates, so that its mirrors and proxies
# serve there too.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 2 ] || { sed -n '2,/^set -eu/{/^set/!s/^# \{0,1\}//p;}' "$0" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo 'bare: needs root' >&2; exit 1; }
command -v debootstrap >/dev/null || { echo 'bare: apt-get install debootstrap' >&2; exit 1; }
mkdir -p "$1"
bare=$(cd "$1" && pwd)
shift
[ -z "$(ls -A "$bare")" ] || [ -e "$bare/.coldheap-bare" ] || {
    echo "bare: $bare is not empty and not ours" >&2
    exit 1
}

unmount() {
    umount "$bare/proc" 2>/dev/null || true
}
trap unmount EXIT
unmount
find "$bare" -xdev -mindepth 1 -delete
touch "$bare/.coldheap-bare"

echo "bare: debootstrap in $bare"
debootstrap --variant=minbase bookworm "$bare" >"$bare.log" 2>&1 || {
    tail "$bare.log"
    exit 1
}
cp -r /etc/apt/. "$bare/etc/apt/"
cp /etc/resolv.conf "$bare/etc/resolv.conf"
authorities=/etc/ssl/certs/ca-certificates.crt
[ ! -e $authorities ] || cp $authorities "$bare/authorities.crt"
mount -t proc proc "$bare/proc"

inside() {
    chroot "$bare" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/ DEBIAN_FRONTEND=noninteractive NODE_EXTRA_CA_CERTS=/authorities.crt "$@"
}

inside apt-get update -qq
inside apt-get install -y -qq --no-install-recommends git make >>"$bare.log" 2>&1
git clone -q --no-hardlinks "$root" "$bare/coldheap"
for target; do
    echo "bare: make $target"
    inside sh -c "cd coldheap && make $target"
done
