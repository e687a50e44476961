//! What systemd tells a service in its environment.

use std::env;
use std::ffi::OsString;
use std::time::Duration;

/// The variables that matter here, as they are set.
#[derive(Debug, Default)]
pub(super) struct Environment {
    /// Where to send notices; `None` if nobody wants them.
    pub(super) socket: Option<OsString>,
    /// The watchdog expects a ping within this time; `None` if there is no watchdog for this process.
    pub(super) watchdog: Option<Duration>,
}

impl Environment {
    /// Reads the variables. They stay set: removing one is unsafe once the process has threads.
    pub(super) fn read() -> Self {
        let text = |name| env::var(name).ok();
        Self {
            socket: env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty()),
            watchdog: watchdog(
                text("WATCHDOG_USEC").as_deref(),
                env::var_os("WATCHDOG_PID")
                    .map(|pid| pid.to_string_lossy().into_owned())
                    .as_deref(),
                std::process::id(),
            ),
        }
    }
}

/// The rules of `sd_watchdog_enabled`: a child that inherits the variables has no watchdog.
fn watchdog(usec: Option<&str>, pid: Option<&str>, own: u32) -> Option<Duration> {
    if pid.is_some_and(|pid| pid.parse() != Ok(own)) {
        return None;
    }
    let usec = usec?.parse().ok().filter(|usec| *usec > 0);
    usec.map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watchdog_is_for_this_process_only() {
        let second = Some(Duration::from_secs(1));
        assert_eq!(watchdog(Some("1000000"), None, 7), second);
        assert_eq!(watchdog(Some("1000000"), Some("7"), 7), second);
        assert_eq!(watchdog(Some("1000000"), Some("8"), 7), None);
        assert_eq!(watchdog(Some("1000000"), Some(""), 7), None);
        assert_eq!(watchdog(None, Some("7"), 7), None);
        for usec in ["", "0", "-1", "1s", "99999999999999999999"] {
            assert_eq!(watchdog(Some(usec), None, 7), None, "{usec}");
        }
    }
}
