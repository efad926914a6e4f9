//! A component that was loaded: what its rules are, and the settings that they were given.

use std::sync::{Arc, OnceLock};

use wasmtime::Module;

use super::budget::Budget;
use super::instance::{Instance, Live};
use super::last_words::Asked;
use super::limits::{DOCUMENTS_BYTES_MAX, Limits};
use super::load::Described;
use super::metadata::{self, Document, Metadata, SettingError};
use super::{ConfigureError, Failure, FailureKind, LoadError, Sandbox, bindings, contract, wasi};
use crate::diagnostics::SharedTell;

/// A component that was loaded: its rules are known, and may be configured.
pub struct Component {
    pub(super) sandbox: Sandbox,
    /// The component itself.
    pub(super) bytes: Vec<u8>,
    /// Its code. Where its rules are known from an earlier start it is got when it is first needed, which for most rules
    /// is never: no event concerns them.
    pub(super) code: OnceLock<Result<bindings::FilterPre<Budget>, Failure>>,
    /// The core module that is asked for the last words of a rule that panicked, if it has one.
    pub(super) core: OnceLock<Option<Module>>,
    pub(super) described: Described,
    pub(super) settings: Vec<(u32, String)>,
    /// What it prints, if it has WASI.
    pub(super) printing: Option<Arc<wasi::Printing>>,
}

impl Component {
    /// What the component's rules say of themselves, in their order.
    pub fn rules(&self) -> &[Metadata] {
        &self.described.rules
    }

    /// The component's own size, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The limits within which it runs.
    pub fn limits(&self) -> &Limits {
        &self.sandbox.limits
    }

    /// The interfaces of WASI that the component imports, all with nothing granted.
    pub fn imports(&self) -> &[String] {
        &self.described.imports
    }

    /// What a person reads about each rule, in their order. It is asked for anew each time. All documents together may
    /// take as much work as loading, and [`DOCUMENTS_BYTES_MAX`].
    pub fn documents(&self) -> Result<Vec<Document>, Failure> {
        let mut live = Live::start(self, &mut 0)?;
        let mut left = DOCUMENTS_BYTES_MAX;
        let document = |rule| {
            live.store.set_hostcall_fuel(left.min(self.sandbox.limits.metadata_bytes));
            let document = live.call(|filter, store| filter.call_document(store, rule))?;
            left = left.saturating_sub(document.description.len() + document.triage.len());
            Ok(Document { description: document.description, triage: document.triage })
        };
        (0..self.rules().len() as u32).map(document).collect()
    }

    /// Has what the component prints told by this, from now on.
    pub(crate) fn tell_by(&self, tell: SharedTell) {
        if let Some(printing) = &self.printing {
            printing.tell_by(tell);
        }
    }

    /// Gives one rule its settings, for every instance that is made from now on.
    pub fn configure(&mut self, rule: usize, settings: &str) -> Result<(), ConfigureError> {
        let mut live = Live::start(self, &mut 0).map_err(ConfigureError::Failed)?;
        live.store.set_hostcall_fuel(self.sandbox.limits.metadata_bytes);
        let number = rule as u32;
        let answer = live.call(|filter, store| filter.call_configure(store, number, settings));
        let refused = |errors: Vec<contract::SettingError>| {
            let plain = |e: contract::SettingError| SettingError { pointer: e.pointer, expected: e.expected };
            ConfigureError::Refused(errors.into_iter().map(plain).collect())
        };
        let words = |failure| self.with_last_words(failure, Asked::Configure(number, settings), &mut 0);
        answer.map_err(|failure| ConfigureError::Failed(words(failure)))?.map_err(refused)?;
        self.settings.retain(|(rule, _)| *rule != number);
        self.settings.push((number, settings.to_owned()));
        Ok(())
    }

    /// The settings that were taken, by the rule's number.
    pub fn settings(&self) -> &[(u32, String)] {
        &self.settings
    }

    /// A place to run, for one thread. With `isolate`, every event has a fresh one.
    pub fn instance(self: &Arc<Self>, isolate: bool) -> Instance {
        Instance::new(self.clone(), isolate)
    }

    /// Asks the rules what they are.
    pub(super) fn describe(&self) -> Result<Vec<Metadata>, LoadError> {
        let mut live = Live::start(self, &mut 0).map_err(LoadError::Describe)?;
        live.store.set_hostcall_fuel(self.sandbox.limits.metadata_bytes);
        let rules = live.call(|filter, store| filter.call_describe(store));
        let rules =
            rules.map_err(|failure| LoadError::Describe(self.with_last_words(failure, Asked::Describe, &mut 0)))?;
        let mut rules: Vec<Metadata> = rules.into_iter().map(Metadata::from).collect();
        metadata::check(&mut rules).map_err(LoadError::Metadata)?;
        Ok(rules)
    }

    /// The code, ready to run.
    pub(super) fn code(&self) -> Result<&bindings::FilterPre<Budget>, Failure> {
        let ready = self.code.get_or_init(|| {
            self.sandbox.code_again(&self.bytes).map_err(|error| {
                Failure::new(
                    FailureKind::Internal,
                    format!("its compiled code is gone, and compiling it again failed: the component {error}"),
                    None,
                )
            })
        });
        ready.as_ref().map_err(Failure::clone)
    }
}
