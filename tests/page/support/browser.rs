//! Chromium without a window, driven by the protocol of its developer tools over a pair of pipes: no port, and no
//! client library.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{folder, is_required, until};

const PATIENCE: Duration = Duration::from_secs(20);

/// The color scheme that the reader prefers.
#[derive(Clone, Copy, Debug)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Scheme {
    /// The word for it in CSS.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A browser with one tab. It ends when it is dropped.
#[derive(Debug)]
pub struct Browser {
    process: Child,
    commands: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// The events so far.
    events: Vec<Value>,
    last: u64,
    session: Option<String>,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser with a profile of its own. `None`: there is no Chromium on this machine.
    ///
    /// # Panics
    ///
    /// If Chromium is required or does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        let program = ["/usr/bin/chromium", "/usr/bin/chromium-browser"]
            .into_iter()
            .find(|program| Path::new(program).exists());
        let Some(program) = program else {
            assert!(!is_required(), "Chromium is not installed: run .ci/servers");
            eprintln!("skipped: Chromium is not installed");
            return None;
        };
        let profile = TempDir::new().unwrap();
        // Chromium reads commands from descriptor 3, and writes to descriptor 4. Its sandbox refuses to run as root.
        let mut process = Command::new("sh")
            .arg("-c")
            .arg("exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1")
            .arg(program)
            .args(["--headless", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu"])
            .args([
                "--no-first-run",
                "--disable-extensions",
                "--disable-background-networking",
            ])
            .arg("--disable-dev-shm-usage") // it is small in containers
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, messages) = channel();
        let output = BufReader::new(process.stdout.take().unwrap());
        thread::spawn(move || {
            for message in output.split(0) {
                let message = serde_json::from_slice(&message.unwrap()).unwrap();
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut browser = Self {
            commands: process.stdin.take(),
            process,
            messages,
            events: Vec::new(),
            last: 0,
            session: None,
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", &attach);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser.view(1280, Scheme::Light);
        Some(browser)
    }

    /// Sends a command and returns its result.
    ///
    /// # Panics
    ///
    /// If the command fails, or gets no answer.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        let commands = self.commands.as_mut().unwrap();
        commands.write_all(command.to_string().as_bytes()).unwrap();
        commands.write_all(&[0]).unwrap();
        loop {
            let mut message = self
                .messages
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|error| panic!("{method} gets no answer: {error}"));
            if message["id"] == self.last {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    /// Opens an address, and waits until it has loaded. Returns how long that takes.
    ///
    /// # Panics
    ///
    /// If it cannot be loaded.
    pub fn open(&mut self, url: &str) -> Duration {
        let begun = Instant::now();
        self.eval("0"); // reads the events of the page before
        let before = self.events.len();
        let result = self.call("Page.navigate", &json!({"url": url}));
        assert!(result.get("errorText").is_none(), "{url}: {result}");
        self.loads(before);
        begun.elapsed()
    }

    /// Waits until the page has loaded once more by itself.
    pub fn again(&mut self) {
        self.eval("0");
        self.loads(self.events.len());
    }

    /// Waits until a page has loaded. Ignores the first `before` events.
    fn loads(&mut self, before: usize) {
        // No commands meanwhile: while Chromium changes the process of the tab, it refuses some of them.
        while !self.events[before..]
            .iter()
            .any(|event| event["method"] == "Page.loadEventFired")
        {
            let event = self.messages.recv_timeout(PATIENCE).expect("the page loads");
            self.events.push(event);
        }
    }

    /// Sets the width of the window in CSS pixels, and the preferred color scheme.
    pub fn view(&mut self, width: u32, scheme: Scheme) {
        self.size(width, 900);
        let feature = json!({"name": "prefers-color-scheme", "value": scheme.as_str()});
        self.call("Emulation.setEmulatedMedia", &json!({"features": [feature]}));
    }

    fn size(&mut self, width: u32, height: u64) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Switches JavaScript off for the pages that are opened from now on.
    pub fn without_scripts(&mut self) {
        self.call("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    }

    /// The value of an expression. If it is a promise, what it resolves to.
    ///
    /// # Panics
    ///
    /// If the expression throws.
    pub fn eval(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut result = self.call("Runtime.evaluate", &parameters);
        assert!(result.get("exceptionDetails").is_none(), "{expression}: {result}");
        result["result"]["value"].take()
    }

    /// Waits until the expression is true.
    pub fn until(&mut self, expression: &str, most: Duration) {
        until(expression, most, || (self.eval(expression) == true).then_some(()));
    }

    /// The text of the page, as it is shown.
    ///
    /// # Panics
    ///
    /// If there is no page.
    pub fn text(&mut self) -> String {
        self.eval("document.body.innerText").as_str().unwrap().to_owned()
    }

    /// Writes a picture of the whole page to the folder `page` of the build.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn screenshot(&mut self, name: &str, width: u32) {
        let height = self.eval("document.documentElement.scrollHeight").as_u64().unwrap();
        self.size(width, height.clamp(600, 4000));
        let picture = self.call("Page.captureScreenshot", &json!({"format": "png"}));
        let picture = BASE64_STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        let folder = folder("page");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
        self.size(width, 900);
    }

    /// The errors of the console so far, among them violations of the policy, and the dialogs that were opened. The
    /// browser also reports that the page itself has the code 503; this is left out.
    ///
    /// # Panics
    ///
    /// If an event is not as documented.
    pub fn problems(&mut self) -> Vec<String> {
        self.eval("0"); // reads the events
        let is_problem = |event: &&Value| match event["method"].as_str().unwrap_or_default() {
            "Log.entryAdded" => {
                let entry = &event["params"]["entry"];
                let is_code = entry["source"] == "network" && entry["text"].as_str().unwrap().contains("503");
                entry["level"] == "error" && !is_code
            }
            "Runtime.consoleAPICalled" => event["params"]["type"] == "error",
            "Runtime.exceptionThrown" | "Page.javascriptDialogOpening" => true,
            _ => false,
        };
        self.events.iter().filter(is_problem).map(Value::to_string).collect()
    }

    /// The codes of the answers so far.
    pub fn statuses(&mut self) -> Vec<u64> {
        self.eval("0");
        let answers = self
            .events
            .iter()
            .filter(|event| event["method"] == "Network.responseReceived");
        answers
            .filter_map(|event| event["params"]["response"]["status"].as_u64())
            .collect()
    }

    /// The addresses that the browser has asked for so far.
    ///
    /// # Panics
    ///
    /// If an event is not as documented.
    pub fn requested(&mut self) -> Vec<String> {
        self.eval("0");
        let requests = self
            .events
            .iter()
            .filter(|event| event["method"] == "Network.requestWillBeSent");
        requests
            .map(|event| event["params"]["request"]["url"].as_str().unwrap().to_owned())
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.commands = None; // Chromium ends when its pipe is closed
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
