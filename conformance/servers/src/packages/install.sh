# Installs Debian packages without letting them start servers of their own.

set -eu
export DEBIAN_FRONTEND=noninteractive

# Two runs would put back each other's guard.
mkdir -p /run/lock
exec 9>/run/lock/queryset-servers
flock 9

policy=/usr/sbin/policy-rc.d
kept=$policy.kept-by-queryset-servers
ours='# queryset-servers: put back when its installation ends'
cluster=/etc/postgresql-common/createcluster.d/queryset-servers.conf

put_back() {
    rm -f "$cluster"
    if [ -e "$kept" ]; then
        mv -f "$kept" "$policy"
    elif grep -qsxF "$ours" "$policy"; then
        rm -f "$policy"
    fi
}
# Also what a run that was killed has left.
put_back
trap put_back EXIT
trap 'exit 1' HUP INT TERM

[ ! -e "$policy" ] || mv "$policy" "$kept"
printf '#!/bin/sh\n%s\nexit 101\n' "$ours" >"$policy"
chmod 755 "$policy"
mkdir -p "${cluster%/*}"
echo 'create_main_cluster = false' >"$cluster"

apt-get -qq update
apt-get -qq -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends "$@"
