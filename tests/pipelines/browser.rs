//! A browser without a window, which is told what to do over a pipe, by the Chrome DevTools Protocol.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::pipeline::{PATIENCE, Running, installed, text};

/// A browser with one page.
pub(crate) struct Browser {
    running: Running,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    calls: u64,
    session: Option<String>,
    /// What it told without being asked.
    pub(crate) events: Vec<Value>,
    home: TempDir,
}

impl Browser {
    /// Starts it. `None`: it is not installed.
    pub(crate) fn start() -> Option<Self> {
        let program = installed("chromium/chromium")?;
        let folder = program.parent().expect("a folder");
        let home = tempfile::tempdir().expect("a folder");
        // It reads from 3 and writes to 4, and is ended where it hangs.
        let script = r#"exec timeout -k 1 "$0" "$@" 3<&0 4>&1 </dev/null >"$HOME/log" 2>&1"#;
        let mut command = Command::new("sh");
        command.args(["-c", script, &PATIENCE.as_secs().to_string()]).arg(&program);
        command.args(["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"]);
        command.args(["--disable-dev-shm-usage", "--hide-scrollbars", "--font-render-hinting=none"]);
        command.env("HOME", home.path()).env("TMPDIR", home.path());
        command.env("LD_LIBRARY_PATH", folder.join("lib")).env("FONTCONFIG_FILE", folder.join("fonts.conf"));
        let mut running = Running::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
        let input = running.0.stdin.take().expect("a pipe");
        let output = BufReader::new(running.0.stdout.take().expect("a pipe"));
        let mut browser = Self { running, input, output, calls: 0, session: None, events: Vec::new(), home };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attached = browser.call("Target.attachToTarget", json!({"targetId": target["targetId"], "flatten": true}));
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Network", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Calls a method, and gives what it returns.
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.calls += 1;
        let mut call = json!({"id": self.calls, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            call["sessionId"] = session.as_str().into();
        }
        self.input.write_all(format!("{call}\0").as_bytes()).and_then(|()| self.input.flush()).expect("it reads");
        loop {
            let message = self.message();
            if message["id"] == self.calls {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    fn message(&mut self) -> Value {
        let mut message = Vec::new();
        self.output.read_until(0, &mut message).expect("it can be read");
        let Some((0, message)) = message.split_last() else {
            panic!("the browser has ended: {}", text(&self.home.path().join("log")))
        };
        serde_json::from_slice(message).expect("a message is JSON")
    }

    /// Goes to a page, and waits until it is there.
    pub(crate) fn open(&mut self, page: &Path) {
        let loaded = |event: &Value| event["method"] == "Page.loadEventFired";
        self.events.clear();
        self.call("Page.navigate", json!({"url": format!("file://{}", page.display())}));
        while !self.events.iter().any(loaded) {
            let message = self.message();
            self.events.push(message);
        }
    }

    /// Evaluates an expression in the page. What is promised is waited for.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let result = self.call("Runtime.evaluate", parameters);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// Presses and releases the mouse in the middle of an element, as a person does.
    pub(crate) fn click(&mut self, selector: &str) {
        let place = self.evaluate(&format!(
            "(() => {{ const element = document.querySelector({selector:?}); element.scrollIntoView({{ block: 'center' }}); \
             const {{ x, y, width, height }} = element.getBoundingClientRect(); return [x + width / 2, y + height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let mouse = json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", mouse);
        }
    }

    /// Shows the page on a screen so wide, light or dark.
    pub(crate) fn screen(&mut self, width: u32, scheme: &str) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500});
        self.call("Emulation.setDeviceMetricsOverride", size);
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", media);
    }

    /// Keeps a picture of the page, for whoever looks into a failure.
    pub(crate) fn picture(&mut self, name: &str) {
        let parameters = json!({"format": "png", "captureBeyondViewport": true, "clip": self.clip()});
        let picture = self.call("Page.captureScreenshot", parameters);
        let picture = base64::Engine::decode(
            &base64::prelude::BASE64_STANDARD,
            picture["data"].as_str().expect("a picture in base64"),
        );
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), picture.expect("base64")).expect("written");
    }

    /// The top of the page, at most three screens of it.
    fn clip(&mut self) -> Value {
        let size = self.evaluate("[innerWidth, Math.min(2700, document.documentElement.scrollHeight)]");
        json!({"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1})
    }

    /// Ends it.
    pub(crate) fn end(mut self) {
        self.session = None;
        self.call("Browser.close", json!({}));
        let _ = self.running.0.wait();
    }
}
