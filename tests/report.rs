//! `trommel report`: where a page goes. What it looks like is left to `tests/pipelines/report.rs`.

mod support;

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use support::{Ran, run, trommel};

const ALERTS: &str = "{\"rule\":{\"id\":\"r\",\"severity\":\"low\"}}\n{\"a\":1}\n\nnope\n";

fn report(page: &Path) -> Ran {
    run(trommel().args(["report", "-", "-o"]).arg(page), ALERTS.as_bytes())
}

#[test]
fn what_is_no_alert_is_skipped_and_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("report.html");
    let ran = report(&page);
    let told: Vec<&str> = ran.stderr.lines().collect();
    let shown = page.display();
    assert_eq!(
        told,
        [
            "trommel: <stdin>:2: not an alert in trommel's own format, skipped",
            "trommel: <stdin>:4: not an alert in trommel's own format, skipped",
            &format!("trommel: {shown}: 1 alert, 2 lines skipped"),
        ]
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    let entries = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(entries, 1, "nothing else is left there");
}

#[test]
fn link_stays_and_the_file_behind_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let (page, link) = (folder.path().join("page.html"), folder.path().join("link.html"));
    fs::write(&page, "before").expect("written");
    symlink(&page, &link).expect("a link");
    assert_eq!(report(&link).code, 1);
    assert!(link.is_symlink());
    assert!(fs::read_to_string(&page).expect("the page").starts_with("<!doctype html>"));
}

#[test]
fn pipe_is_written_into_and_not_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let reader = Command::new("timeout").args(["60", "cat"]).arg(&pipe).stdout(Stdio::piped()).spawn().expect("cat");
    assert_eq!(report(&pipe).code, 1);
    let read = reader.wait_with_output().expect("it ends").stdout;
    assert!(read.starts_with(b"<!doctype html>") && read.ends_with(b"</html>\n"));
    assert!(fs::metadata(&pipe).expect("still there").file_type().is_fifo());
}

#[test]
fn page_that_was_there_stays_where_none_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    fs::write(&page, "before").expect("written");
    let ran = run(trommel().arg("report").arg(folder.path()).arg("-o").arg(&page), b"");
    assert_eq!((ran.code, fs::read_to_string(&page).expect("the page").as_str()), (2, "before"));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
}
