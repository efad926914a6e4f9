//! Real pipelines: each is started here, is sent events, and must give the alerts that `trommel run` gives.
//!
//! What is not installed is told of and left out, unless `TROMMEL_PIPELINES` is `required`.

mod support;

#[path = "pipelines/azure.rs"]
mod azure;
#[path = "pipelines/browser.rs"]
mod browser;
#[path = "pipelines/envoy.rs"]
mod envoy;
#[path = "pipelines/fluent_bit.rs"]
mod fluent_bit;
#[path = "pipelines/languages.rs"]
mod languages;
#[path = "pipelines/ocsf.rs"]
mod ocsf;
#[path = "pipelines/pipeline.rs"]
mod pipeline;
#[path = "pipelines/report.rs"]
mod report;
#[path = "pipelines/rsyslog.rs"]
mod rsyslog;
#[path = "pipelines/scripts.rs"]
mod scripts;
#[path = "pipelines/syslog_ng.rs"]
mod syslog_ng;
#[path = "pipelines/tenzir.rs"]
mod tenzir;
