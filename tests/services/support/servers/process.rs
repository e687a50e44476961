//! A process and its descendants: start, pause, resume, kill.
//!
//! A process group is not enough: each backend of PostgreSQL calls `setsid` and leaves the group. So the descendants
//! are found in `/proc`. A descendant is lost if its parent ends on its own: the kernel then gives it another parent.
//! The servers here end their own children, so this does not happen.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User};

/// How long a process may take to stop or to disappear after a signal that it cannot handle.
const PROMPTLY: Duration = Duration::from_secs(5);

/// A program that runs, with all its descendants. They are killed when it is dropped, and when this process ends.
///
/// The kernel kills only the program itself when this process is killed. Its descendants notice that and end. They
/// cannot if they are paused, so they stay behind if this process is killed between `pause` and `resume`.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts a [`daemon`].
    pub(super) fn start(mut command: Command, log: &Path) -> Self {
        let log = File::options().append(true).create(true).open(log).unwrap();
        command
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(Stdio::null());
        Self(spawn(command))
    }

    /// How it ended, if it has ended.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }

    /// Stops it and all its descendants, until `resume`.
    pub(super) fn pause(&mut self) {
        self.freeze();
    }

    pub(super) fn resume(&mut self) {
        if self.ended().is_none() {
            // The descendants first: the program must not see that they are stopped.
            for member in self.tree().iter().rev() {
                member.signal(Signal::SIGCONT);
            }
        }
    }

    /// Kills it and all its descendants, and waits until they are gone.
    pub(super) fn kill(&mut self) {
        if self.ended().is_some() {
            return;
        }
        // First all are stopped, so that none can start another one in the meantime.
        let members = self.freeze();
        for member in &members {
            member.signal(Signal::SIGKILL);
        }
        let _ = self.0.wait();
        wait_until(PROMPTLY, || members.iter().all(|member| member.state().is_none()));
    }

    /// Sends a signal to the program, not to its descendants.
    pub(super) fn signal(&mut self, signal: Signal) {
        if self.ended().is_none() {
            kill(self.pid(), signal).unwrap();
        }
    }

    /// Sends a signal to the program, not to its descendants, and waits until all have ended. Returns whether they have.
    pub(super) fn end(&mut self, signal: Signal, within: Duration) -> bool {
        if self.ended().is_some() {
            return true;
        }
        self.resume();
        let members = self.tree();
        let _ = kill(self.pid(), signal);
        // A descendant may end a moment after the program.
        wait_until(within, || {
            self.ended().is_some() && members.iter().all(|member| member.state().is_none())
        })
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.0.id()).expect("the kernel's process ids are positive `i32`s"))
    }

    /// Stops the whole tree and returns it.
    fn freeze(&mut self) -> Vec<Member> {
        let mut frozen: Vec<Member> = Vec::new();
        if self.ended().is_some() {
            return frozen;
        }
        // A process may have started another one before it stopped. So look again until there is no new one.
        loop {
            let mut new = self.tree();
            new.retain(|member| !frozen.contains(member));
            if new.is_empty() {
                return frozen;
            }
            for member in &new {
                member.signal(Signal::SIGSTOP);
            }
            wait_until(PROMPTLY, || new.iter().all(Member::is_stopped));
            frozen.append(&mut new);
        }
    }

    /// The program, then its descendants. Without those that have ended.
    fn tree(&self) -> Vec<Member> {
        let all: Vec<_> = std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(|pid| Stat::read(Pid::from_raw(pid)))
            .collect();
        let mut tree: Vec<_> = all.iter().filter(|stat| stat.member.pid == self.pid()).collect();
        let mut next = 0;
        while let Some(parent) = tree.get(next).map(|stat| stat.member.pid) {
            tree.extend(all.iter().filter(|stat| stat.parent == parent));
            next += 1;
        }
        tree.into_iter().map(|stat| stat.member).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// One process of a tree. The kernel gives the number of a process that has ended to another one, so its start time
/// stands here too.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Member {
    pid: Pid,
    started: u64,
}

impl Member {
    fn signal(&self, signal: Signal) {
        if self.state().is_some() {
            let _ = kill(self.pid, signal); // it may have ended just now
        }
    }

    /// The kernel's letter for its state, or `None` if it has ended.
    fn state(&self) -> Option<char> {
        let stat = Stat::read(self.pid)?;
        (stat.member == *self).then_some(stat.state)
    }

    fn is_stopped(&self) -> bool {
        self.state().is_none_or(|state| state == 'T' || state == 't')
    }
}

/// What `/proc/<pid>/stat` says.
#[derive(Debug)]
struct Stat {
    member: Member,
    parent: Pid,
    state: char,
}

impl Stat {
    /// `None` if there is no such process, or if it has ended and its parent has not yet noticed.
    fn read(pid: Pid) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name of the program comes before the last parenthesis, and can have spaces.
        let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let state = fields.first()?.chars().next()?;
        let started = fields.get(19)?.parse().ok()?;
        let parent = Pid::from_raw(fields.get(1)?.parse().ok()?);
        (!matches!(state, 'Z' | 'X')).then_some(Self {
            member: Member { pid, started },
            parent,
            state,
        })
    }
}

/// The user that servers run as which refuse to run as root. `None` if this process does not run as root.
pub(super) fn unprivileged_user() -> Option<User> {
    nix::unistd::geteuid().is_root().then(|| {
        let user = User::from_name("postgres").unwrap();
        user.expect("the package of PostgreSQL creates the user `postgres`")
    })
}

/// A program for [`Process::start`]. The kernel kills it when this process ends, however that happens.
pub(super) fn daemon(program: &Path, folder: &Path, user: Option<&User>) -> Command {
    let mut command = isolated("setpriv", folder);
    command.args(["--pdeathsig", "KILL"]).args(as_user(user)).arg(program);
    command
}

/// A program for [`run`], which ends after some time whatever happens.
pub(super) fn tool(program: &Path, folder: &Path, user: Option<&User>) -> Command {
    let mut command = isolated("timeout", folder);
    command.arg("60");
    if user.is_some() {
        command.arg("setpriv").args(as_user(user));
    }
    command.arg(program);
    command
}

/// Runs a [`tool`] with this input, and returns its output without the last line break.
///
/// # Panics
///
/// If it fails.
pub(super) fn run(command: &mut Command, input: &str) -> String {
    let output = run_with_bytes(command, input.as_bytes());
    String::from_utf8_lossy(&output).trim_end_matches('\n').to_owned()
}

/// The same for input and output that are not text.
pub(super) fn run_with_bytes(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{error}: {command:?}"));
    // A tool that fails early does not read its input. Its output says more than the broken pipe.
    let _ = child.stdin.take().expect("it is piped").write_all(input);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Calls `look` until it returns true. Returns false if it does not in this time.
pub(super) fn wait_until(within: Duration, mut look: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + within;
    loop {
        if look() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// A program that sees only this folder: no settings of the user, and no variables that change what it does.
fn isolated(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .current_dir(folder);
    command
}

fn as_user(user: Option<&User>) -> Vec<String> {
    let Some(user) = user else { return Vec::new() };
    vec![
        format!("--reuid={}", user.uid),
        format!("--regid={}", user.gid),
        "--init-groups".to_owned(),
    ]
}

/// Starts it on a thread that lives as long as this process. The kernel kills a program that was started with
/// `--pdeathsig` when the *thread* that started it ends. A test's thread, or a thread of a pool, would be too short.
fn spawn(command: Command) -> Child {
    type Order = (Command, Sender<Child>);
    static SPAWNER: LazyLock<Sender<Order>> = LazyLock::new(|| {
        let (orders, incoming) = channel::<Order>();
        let spawn_all = move || {
            for (mut command, reply) in incoming {
                match command.spawn() {
                    Ok(child) => drop(reply.send(child)),
                    Err(error) => eprintln!("{error}: {command:?}"), // `reply` is dropped, and the caller panics
                }
            }
        };
        thread::Builder::new()
            .name("servers".to_owned())
            .spawn(spawn_all)
            .unwrap();
        orders
    });
    let (reply, child) = channel();
    SPAWNER.send((command, reply)).expect("the thread never ends");
    child
        .recv()
        .expect("`setpriv` can be started: it is part of util-linux")
}
