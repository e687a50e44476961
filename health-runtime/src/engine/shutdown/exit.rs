//! Ends a process that got a signal to end and did not end by itself.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::engine::{Engine, Event};

/// How long the log may take to write the last events of an engine or a process.
pub(in crate::engine) const LAST_WORDS: Duration = Duration::from_millis(100);

/// What a shell reports for a process ended by SIGTERM.
const EXIT_CODE: i32 = 143;

/// Ends the process, and logs why. A log that blocks delays this by at most [`LAST_WORDS`].
pub(in crate::engine) fn exit(why: impl Into<String>) -> ! {
    let event = Event::Exit {
        why: why.into(),
        code: EXIT_CODE,
    };
    let (said, heard) = mpsc::channel();
    let log = move || {
        event.log(&[]);
        let _ = said.send(()); // the receiver may be gone
    };
    if thread::Builder::new().name("health log".into()).spawn(log).is_ok() {
        let _ = heard.recv_timeout(LAST_WORDS);
    }
    std::process::exit(EXIT_CODE)
}

/// Why a process is ended at the end of the grace.
const GRACE_IS_OVER: &str = "the process did not end within `shutdown_grace`";

/// Ends the process at the end of the grace, and logs what may have kept it alive.
pub(in crate::engine) fn exit_late(engines: &[Arc<Engine>]) -> ! {
    let mut why = vec![GRACE_IS_OVER.to_owned()];
    for engine in engines {
        engine.outbox.flush(LAST_WORDS);
        why.push(engine.what_is_held());
    }
    exit(why.join(": "))
}

impl Engine {
    /// What may keep the process alive: handles, connections and runs of this engine.
    fn what_is_held(&self) -> String {
        let running = self.lock().names_in_flight();
        let mut held = vec![match self.holders() {
            0 => "no `Health` is held any more".to_owned(),
            1 => "1 `Health` is still held (routers, layers and servers hold one)".to_owned(),
            holders => format!("{holders} handles of `Health` are still held (routers, layers and servers hold one)"),
        }];
        match self.serving.open() {
            0 => {}
            1 => held.push("1 connection of `health.listener` is open".to_owned()),
            open => held.push(format!("{open} connections of `health.listener` are open")),
        }
        if !running.is_empty() {
            held.push(format!("checks still run: {running}"));
        }
        held.join("; ")
    }
}
