# Fetches MySQL's packages with all that they need, and unpacks them into $1.
#
# $2 is the mirror, $3 the proxy or nothing. debootstrap chooses the packages and checks their
# signatures; nothing of them runs.

set -eu
tree=$1
mirror=$2
[ -z "$3" ] || export http_proxy="$3"

# Also what a run that was killed has left.
partial=$tree.partial
rm -rf "$partial"
trap 'rm -rf "$partial"' EXIT
mkdir -p "$partial/tree"

debootstrap --download-only --variant=minbase \
    --include=mysql-server-core,mysql-client-core \
    sid "$partial/packages" "$mirror"
find "$partial/packages/var/cache/apt/archives" -name '*.deb' -print0 |
    xargs -0 -n 16 -P 4 sh -c 'tree=$0; for package; do dpkg-deb --extract "$package" "$tree" || exit 255; done' "$partial/tree"

# The packages of a whole system are among them; none of their programs may have special rights.
find "$partial/tree" -type f -perm /7000 -exec chmod a-st {} +
chmod 755 "$partial/tree"
rm -rf "$tree"
mv "$partial/tree" "$tree"
