#!/usr/bin/env bash
# Runs the service of `support/unit.rs` under a real systemd, in namespaces of its own, and prints what systemd says:
# one line for each step. Exits with 77 if that is not possible here.
#
# real.sh UNIT FOLDER
set -euo pipefail
unit=$1 folder=$2

if [ -z "${INSIDE-}" ]; then
    systemd=$(ls /usr/lib/systemd/systemd /lib/systemd/systemd 2>/dev/null | head -1) || true
    { [ -x "$systemd" ] && command -v systemctl unshare; } >/dev/null || exit 77
    INSIDE=$systemd exec unshare --mount --pid --fork --kill-child --cgroup --ipc bash "$0" "$@" || exit 77
fi

# A private view: nothing of it remains, but for the empty control groups that are removed at the end.
{ mount -t cgroup2 none /sys/fs/cgroup && mount -t proc proc /proc && mount -t tmpfs tmpfs /run; } 2>/dev/null || exit 77
export HOME=$folder XDG_RUNTIME_DIR=/run/user/0 SYSTEMD_LOG_TARGET=null
unset DBUS_SESSION_BUS_ADDRESS XDG_CONFIG_HOME
mkdir -p "$XDG_RUNTIME_DIR" /run/systemd/system "$HOME/.config/systemd/user"
mkfifo "$folder/commands"
exec 3<>"$folder/commands"

write() { # NAME ARGUMENTS
    cat >"$HOME/.config/systemd/user/$1.service" <<UNIT
[Unit]
DefaultDependencies=no

[Service]
Type=notify
ExecStart=$unit ${2-}
StandardInput=file:$folder/commands
StandardOutput=null
TimeoutStartSec=1s
TimeoutStopSec=30s
WatchdogSec=3s
UNIT
}
write plain
write slow task
printf '[Unit]\nDefaultDependencies=no\n' >"$HOME/.config/systemd/user/test.target"

"$INSIDE" --user --unit=test.target >/dev/null 2>&1 &
manager=$!
for _ in $(seq 100); do
    systemctl --user show-environment >/dev/null 2>&1 && break
    kill -0 $manager 2>/dev/null || exit 77
    sleep 0.1
done
systemctl --user show-environment >/dev/null 2>&1 || exit 77

show() { systemctl --user show --value -p "$2" "$1"; }
# wait_for UNIT PROPERTY PATTERN: at most 60 s.
wait_for() {
    for _ in $(seq 600); do
        # The last argument is a pattern.
        [[ "$(show "$1" "$2")" == $3 ]] && return
        sleep 0.1
    done
}

systemctl --user start --no-block slow
wait_for slow StatusText 'starting*'
sleep 3 # three times TimeoutStartSec
echo "while a task runs: $(show slow ActiveState)"
echo 'done' >&3
wait_for slow ActiveState active
wait_for slow StatusText 'ready*'
echo "once it is done: $(show slow ActiveState), $(show slow StatusText)"
echo 'cache down' >&3
wait_for slow StatusText 'degraded*'
echo "a check fails: $(show slow StatusText | sed 's/; next run.*//')"
sleep 7 # twice WatchdogSec
echo "later: $(show slow ActiveState)"
echo 'block 2' >&3
wait_for slow ActiveState failed
echo "every worker is blocked: $(show slow ActiveState), $(show slow Result)"

systemctl --user start plain
echo "another one: $(show plain ActiveState)"
systemctl --user stop plain
echo "after a stop: $(show plain ActiveState), $(show plain Result), code $(show plain ExecMainStatus)"

kill $manager
wait $manager || true
rmdir /sys/fs/cgroup/app.slice/* /sys/fs/cgroup/app.slice /sys/fs/cgroup/init.scope 2>/dev/null || true
