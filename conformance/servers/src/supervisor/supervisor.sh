# Starts and ends the servers of one process.
#
# $1 is the folder of the run. Commands come on standard input, one a line, and each is answered by
# one line. When standard input ends, because the process that holds its other end closed it or
# died, every server is ended and the folder removed.

set -u
folder=$1
servers=

# The interrupt is for the process that we serve, and its end tells us all that we need.
trap '' HUP INT TERM

# The process and all its descendants, into $family. Each is stopped before its children are
# listed, so that it can start no more of them meanwhile.
family() {
    kill -STOP "$1" 2>/dev/null || return 0
    for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
        family "$child"
    done
    family="$family $1"
}

# The process of a server, into $pid. A server that has ended keeps its id until we wait for it, so
# that no signal can reach a stranger.
pid_of() {
    eval "pid=\${pid_$1:-}"
    [ -n "$pid" ]
}

is_running() {
    # Without the name of the program, in which there may be anything.
    state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null)
    case $state in '' | Z* | X*) return 1 ;; esac
}

start() {
    sh "$folder/$1/run" </dev/null >>"$folder/$1/log" 2>&1 &
    eval "pid_$1=$! end_$1=$2"
    case " $servers " in
    *" $1 "*) ;;
    *) servers="$servers $1" ;;
    esac
    echo "started $!"
}

# As by a kill -9 of all of its processes at once.
kill_now() {
    if pid_of "$1"; then
        family=
        family "$pid"
        kill -KILL $family 2>/dev/null
        wait "$pid" 2>/dev/null
        eval "pid_$1="
    fi
}

signal_all() {
    family=
    if pid_of "$1"; then
        family "$pid"
        [ "$2" = STOP ] || kill -"$2" $family 2>/dev/null
    fi
}

# What a killed Postgres leaves behind outside of its folder.
forget_memory() {
    file=$folder/$1/data/postmaster.pid
    if [ -f "$file" ]; then
        set -- $(sed -n 7p "$file")
        [ -z "${2:-}" ] || ipcrm -m "$2" 2>/dev/null
    fi
}

while read -r verb name argument; do
    case $verb in
    start) start "$name" "$argument" ;;
    kill)
        kill_now "$name"
        echo killed
        ;;
    pause)
        signal_all "$name" STOP
        echo paused
        ;;
    resume)
        signal_all "$name" CONT
        echo resumed
        ;;
    *) echo "unknown $verb" ;;
    esac
done

for name in $servers; do
    if pid_of "$name"; then
        # A server that is paused would not hear it.
        eval "end=\$end_$name"
        [ "$end" = KILL ] || signal_all "$name" CONT
        [ "$end" = KILL ] || kill -"$end" "$pid" 2>/dev/null
    fi
done
for name in $servers; do
    eval "end=\$end_$name"
    tries=100
    while [ "$end" != KILL ] && [ "$tries" -gt 0 ] && pid_of "$name" && is_running "$pid"; do
        sleep 0.05
        tries=$((tries - 1))
    done
    kill_now "$name"
    forget_memory "$name"
done
# The processes just killed may still be closing their files.
tries=100
while ! rm -rf "$folder" 2>/dev/null && [ "$tries" -gt 0 ]; do
    sleep 0.1
    tries=$((tries - 1))
done
