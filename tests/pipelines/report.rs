//! The report, looked at in a browser.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::pipeline::{INSTALL, events, missing};
use crate::support::{ebs, run, trommel};

/// What no text of an alert may become.
const HOSTILE: &str =
    r#"</script><script>pwned=1</script><img src=x onerror="pwned=1"><a href="javascript:pwned=1">x</a>&lt;"#;
/// Rows of the table on a page of it.
const ROWS: usize = 100;

/// Makes the page of these alerts.
fn page(folder: &Path, alerts: &str) -> PathBuf {
    let (file, page) = (folder.join("alerts.ndjson"), folder.join("report.html"));
    fs::write(&file, alerts).expect("written");
    let ran = run(trommel().arg("report").arg(file).arg("-o").arg(&page), b"");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    page
}

/// As many alerts over a year, of thirty rules, with every hostile text that there is.
fn alerts(count: usize) -> String {
    let mut alerts = String::new();
    for number in 0..count {
        let severity = ["low", "medium", "informational", "high", "critical"][number % 7 % 5];
        let (month, day, second) = (1 + number % 12, 1 + number / 12 % 28, number % 60);
        let rule = number % 30;
        let attack =
            [json!(["TA0010", "T1537"]), json!(["TA0001", "T1078", "T1078.004", "TA0003", "T1098"]), json!([])];
        let alert = json!({
            "@timestamp": format!("2026-{month:02}-{day:02}T10:02:{second:02}Z"),
            "cloud.account.id": format!("11112222{:04}", number % 40),
            "user.name": format!("user-{} {}", number % 97, if number % 5 == 0 { HOSTILE } else { "" }),
            "number": number,
            "rule": {
                "id": format!("rule-{rule}"), "name": format!("Rule {rule} {}", if rule == 3 { HOSTILE } else { "" }),
                "version": "1", "severity": severity, "risk_score": 21, "attack": attack[number % 3],
            },
            "alert": {"id": format!("{number:032x}"), "found": "2026-11-24T16:00:00.000Z", "file": HOSTILE, "line": number},
        });
        let _ = writeln!(alerts, "{alert}");
    }
    alerts
}

/// Waits until the page has drawn what was typed.
fn settle(browser: &mut Browser) {
    std::thread::sleep(Duration::from_millis(200));
    browser.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
}

fn texts(browser: &mut Browser, selector: &str) -> Vec<String> {
    let texts =
        browser.evaluate(&format!("[...document.querySelectorAll({selector:?})].map((one) => one.textContent)"));
    serde_json::from_value(texts).expect("texts")
}

fn text(browser: &mut Browser, selector: &str) -> String {
    texts(browser, selector).remove(0)
}

fn search(browser: &mut Browser, words: &str) {
    browser.click("#search");
    browser.evaluate("document.querySelector('#search').select()");
    match words {
        "" => _ = browser.evaluate("document.execCommand('delete')"),
        words => _ = browser.call("Input.insertText", json!({"text": words})),
    }
    settle(browser);
}

/// Looks at a page of alerts; `name` is for its pictures.
fn look(browser: &mut Browser, page: &Path, alerts: &[Value], name: &str) {
    browser.screen(1280, "light");
    browser.open(page);
    settle(browser);
    looks_well(browser, alerts, name);
    shows_an_alert(browser, alerts, name);
    sorts(browser, alerts);
    searches(browser, alerts);
    filters(browser, alerts);
    nothing_ran(browser, page);
}

fn looks_well(browser: &mut Browser, alerts: &[Value], name: &str) {
    for (scheme, is_dark) in [("light", false), ("dark", true)] {
        for width in [1280, 390] {
            browser.screen(width, scheme);
            settle(browser);
            assert_eq!(browser.evaluate("document.documentElement.scrollWidth"), width, "{scheme}: scrolls sideways");
            let brightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)";
            let back: Vec<u32> = serde_json::from_value(browser.evaluate(brightness)).expect("a colour");
            assert!(back.iter().all(|part| (*part < 128) == is_dark), "{scheme}: {back:?}");
            browser.picture(&format!("report-{name}-{scheme}-{width}.png"));
        }
    }
    browser.screen(1280, "light");
    let count = thousands(alerts.len());
    assert_eq!(text(browser, "#summary"), format!("{count} alerts"));
    assert_eq!(texts(browser, "#rows tr").len(), alerts.len().min(ROWS));
    assert!(!texts(browser, "#time button i").is_empty());
}

fn thousands(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

/// An alert is shown in full, whether it is clicked or entered.
fn shows_an_alert(browser: &mut Browser, alerts: &[Value], name: &str) {
    browser.click("#rows tr:nth-child(2) td:nth-child(3)");
    for how in ["clicked", "entered"] {
        assert_eq!(browser.evaluate("document.querySelector('dialog').open"), true, "{how}");
        let shown: Value = serde_json::from_str(&text(browser, "#full")).expect("JSON");
        assert!(alerts.contains(&shown), "{how}: {shown}");
        browser.picture(&format!("report-{name}-{how}.png"));
        let width =
            browser.evaluate("(({ left, right }) => left >= 0 && right <= innerWidth)(one.getBoundingClientRect())");
        assert_eq!(width, true, "{how}");
        for kind in ["keyDown", "keyUp"] {
            let key = json!({"type": kind, "key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 27});
            browser.call("Input.dispatchKeyEvent", key);
        }
        settle(browser);
        assert_eq!(browser.evaluate("document.querySelector('dialog').open"), false, "{how}");
        if how == "clicked" {
            browser.screen(390, "light");
            browser.evaluate("document.querySelector('#rows tr:nth-child(3)').focus()");
            let key =
                json!({"type": "keyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"});
            browser.call("Input.dispatchKeyEvent", key);
            settle(browser);
        }
    }
}

/// Sorts by each column, both ways, on a phone too.
fn sorts(browser: &mut Browser, alerts: &[Value]) {
    const SEVERITIES: [&str; 5] = ["informational", "low", "medium", "high", "critical"];
    let rank = |text: &String| SEVERITIES.iter().position(|one| one == text).expect("a severity");
    for column in 1..=5 {
        for width in [390, 1280] {
            browser.screen(width, "light");
            browser.click(&format!("#heads th:nth-child({column}) button"));
            settle(browser);
            let head = text(browser, &format!("#heads th:nth-child({column})"));
            let mut cells = texts(browser, &format!("#rows td:nth-child({column})"));
            assert_eq!(cells.len(), alerts.len().min(ROWS));
            if head.ends_with('↓') {
                cells.reverse();
            } else {
                assert!(head.ends_with('↑'), "{head}");
            }
            let is_sorted = if column == 2 { cells.is_sorted_by_key(rank) } else { cells.is_sorted() };
            assert!(is_sorted, "{head}: {cells:?}");
        }
    }
    let (next, last) = (ROWS + 1, alerts.len().div_ceil(ROWS));
    if alerts.len() > next {
        browser.click("#next");
        assert_eq!(text(browser, "#page"), format!("Page 2 of {last}"));
        browser.click("#back");
    }
    assert_eq!(text(browser, "#page"), format!("Page 1 of {last}"));
}

fn searches(browser: &mut Browser, alerts: &[Value]) {
    let id = alerts[7]["alert"]["id"].as_str().expect("an id").to_uppercase();
    search(browser, &id);
    assert_eq!(text(browser, "#summary"), format!("1 of {} alerts", thousands(alerts.len())));
    browser.click("#rows tr td");
    assert_eq!(serde_json::from_str::<Value>(&text(browser, "#full")).expect("JSON"), alerts[7]);
    browser.click("dialog button");
    search(browser, "nobody says this");
    assert_eq!(text(browser, "#summary"), format!("0 of {} alerts", thousands(alerts.len())));
    search(browser, "");
    assert_eq!(text(browser, "#summary"), format!("{} alerts", thousands(alerts.len())));
}

/// Narrows by a severity, and by time within it.
fn filters(browser: &mut Browser, alerts: &[Value]) {
    let severity = text(browser, "#groups section:nth-child(2) .group span:first-child");
    let of = alerts.iter().filter(|alert| alert["rule"]["severity"] == severity.as_str()).count();
    browser.click("#groups section:nth-child(2) .group");
    settle(browser);
    let narrowed = format!("{} of {} alerts", thousands(of), thousands(alerts.len()));
    let expected = if of == alerts.len() { format!("{} alerts", thousands(of)) } else { narrowed };
    assert_eq!(text(browser, "#summary"), expected);
    assert!(texts(browser, "#rows td:nth-child(2)").iter().all(|cell| *cell == severity));
    browser.click("#filters button");
    settle(browser);
    browser.click("#attack .technique");
    settle(browser);
    let technique = text(browser, "#attack .technique span:first-child");
    let of = |alert: &&Value| alert["rule"]["attack"].as_array().is_some_and(|ids| ids.contains(&json!(technique)));
    let count = alerts.iter().filter(of).count();
    assert!(text(browser, "#summary").starts_with(&thousands(count)), "{technique}: {count}");
    browser.click("#filters button");
    settle(browser);
}

/// Nothing of an alert became a part of the page, and nothing was asked of anyone.
fn nothing_ran(browser: &mut Browser, page: &Path) {
    assert_eq!(browser.evaluate("typeof pwned"), "undefined");
    assert_eq!(browser.evaluate("document.querySelectorAll('script').length"), 2);
    assert_eq!(browser.evaluate("document.querySelectorAll('img, a, iframe, svg, link, object').length"), 0);
    // What would come in all the same is not run: the page's policy knows its own script alone.
    browser.evaluate(
        "(() => { const script = document.createElement('script'); script.textContent = 'pwned = 1'; \
         document.body.append(script); script.remove(); })()",
    );
    assert_eq!(browser.evaluate("typeof pwned"), "undefined");
    let of = |method: &'static str| browser.events.iter().filter(move |event| event["method"] == method);
    let asked: Vec<_> =
        of("Network.requestWillBeSent").map(|event| event["params"]["request"]["url"].clone()).collect();
    assert_eq!(asked, [format!("file://{}", page.display())]);
    assert_eq!(of("Runtime.exceptionThrown").collect::<Vec<_>>(), [&Value::Null; 0]);
    // It complains of the script that was tried here, and of nothing else.
    let complaints: Vec<_> = of("Log.entryAdded").map(|event| event["params"]["entry"]["text"].to_string()).collect();
    assert!(complaints.len() == 1 && complaints[0].contains("Content Security Policy"), "{complaints:?}");
}

fn values(alerts: &str) -> Vec<Value> {
    alerts.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn ten_alerts_are_looked_at() {
    let Some(mut browser) = Browser::start() else { return missing("@sparticuz/chromium", INSTALL) };
    let folder = tempfile::tempdir().expect("a folder");
    let ran = run(trommel().args(["run", "--quiet", "--rule"]).arg(ebs()), events(500).as_bytes());
    let alerts = values(&ran.stdout);
    assert_eq!(alerts.len(), 10);
    look(&mut browser, &page(folder.path(), &ran.stdout), &alerts, "10");
    browser.end();
}

#[test]
fn fifty_thousand_alerts_are_looked_at() {
    let Some(mut browser) = Browser::start() else { return missing("@sparticuz/chromium", INSTALL) };
    let folder = tempfile::tempdir().expect("a folder");
    let alerts = alerts(50_000);
    look(&mut browser, &page(folder.path(), &alerts), &values(&alerts), "50000");
    browser.end();
}
