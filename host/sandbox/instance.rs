//! A component's place to run: each call is bounded, each answer is checked, and after a failure it starts anew.
//!
//! Which rules are asked, and what becomes of their findings, is left to others.

use std::sync::Arc;

use wasmtime::Store;

use super::budget::{Budget, failure};
use super::component::Component;
use super::last_words::Asked;
use super::limits::HANDLES_MAX;
use super::metadata::{EVENT_ID_BYTES_MAX, Finding, RISK_SCORE_MAX, Severity};
use super::restarts::Restarts;
use super::{Failure, FailureKind, bindings, columns, contract, wasi};

/// An instance that has grown by more is given back after the event: one large event must not hold memory for ever.
const MEMORY_GROWN_BYTES_MAX: usize = 8 << 20;
/// Judging an event again, to find which of several rules failed, may take as much fuel as this many events.
const RETRIED_EVENTS_MAX: u64 = 32;

/// A component's place to run, for one thread. It is made when the first event comes, and made anew after a failure.
pub struct Instance {
    component: Arc<Component>,
    live: Option<Live>,
    isolate: bool,
    restarts: Restarts,
    spent: Spent,
}

/// What the last event took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Work, in units of fuel.
    pub fuel: u64,
    /// The work that the event might have taken.
    pub fuel_max: u64,
    /// All linear memory of the instance after the event, in bytes.
    pub memory_bytes: usize,
}

/// An instance that runs.
pub(super) struct Live {
    pub(super) store: Store<Budget>,
    filter: bindings::Filter,
    /// Its memory before the first event, in bytes: that of an interpreter is large from the start.
    start_bytes: usize,
}

/// How much work may still go into judging an event again, in units of fuel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retries(u64);

impl Instance {
    pub(super) fn new(component: Arc<Component>, isolate: bool) -> Self {
        let restarts = Restarts::new(&component.sandbox.limits, isolate);
        Self { component, live: None, isolate, restarts, spent: Spent::default() }
    }

    /// The component that runs here.
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// What the last event took that was judged.
    pub fn spent(&self) -> Spent {
        self.spent
    }

    /// Has one event judged by the rules with these numbers, which ascend; `None` asks all of them. After a failure the
    /// next event finds a fresh instance.
    ///
    /// Whether a finding's rule has a needle in the event is not looked at here.
    pub fn evaluate(&mut self, event: &[u8], asked: Option<&[u32]>) -> Result<Vec<Finding>, Failure> {
        let fuel = self.event_fuel(event);
        self.restarts.earn(fuel);
        self.evaluate_within(event, asked, fuel).0
    }

    /// Whether the event is of a kind that some rule of the component reads.
    pub fn reads(&mut self, event: &[u8]) -> Result<bool, Failure> {
        let mut live = match self.live.take() {
            Some(live) => live,
            None => self.restarts.start(|spent| Live::start_configured(&self.component, spent))?,
        };
        live.store.set_fuel(self.event_fuel(event)).map_err(|error| failure(&error, live.store.data()))?;
        let reads = live.call(|filter, store| filter.call_reads(store, event))?;
        self.live = (!self.isolate).then_some(live);
        Ok(reads)
    }

    /// What judging this event again may take.
    pub(crate) fn retries(&self, event: &[u8]) -> Retries {
        Retries(self.event_fuel(event).saturating_mul(RETRIED_EVENTS_MAX))
    }

    /// Has an event judged again. `None` where that has taken all that it may.
    pub(crate) fn retry(
        &mut self,
        event: &[u8],
        asked: Option<&[u32]>,
        retries: &mut Retries,
    ) -> Option<Result<Vec<Finding>, Failure>> {
        let fuel = self.event_fuel(event).min(retries.0);
        if fuel == 0 {
            return None;
        }
        let (answer, spent) = self.evaluate_within(event, asked, fuel);
        retries.0 -= spent.min(retries.0);
        Some(answer)
    }

    fn event_fuel(&self, event: &[u8]) -> u64 {
        let limits = &self.component.sandbox.limits;
        limits.event_fuel.saturating_add(limits.byte_fuel.saturating_mul(event.len() as u64))
    }

    /// The findings, or the failure; and how much fuel that took.
    fn evaluate_within(
        &mut self,
        event: &[u8],
        asked: Option<&[u32]>,
        fuel: u64,
    ) -> (Result<Vec<Finding>, Failure>, u64) {
        let mut live = match self.live.take() {
            Some(live) => live,
            None => match self.restarts.start(|spent| Live::start_configured(&self.component, spent)) {
                Ok(live) => live,
                // It would not start for fewer rules either.
                Err(failure) => return (Err(Failure { is_everybodys: true, ..failure }), fuel),
            },
        };
        if let Err(error) = live.store.set_fuel(fuel) {
            return (Err(failure(&error, live.store.data())), fuel);
        }
        let answer = live.call(|filter, store| filter.call_evaluate(store, event, asked));
        let spent = fuel - live.store.get_fuel().unwrap_or(0).min(fuel);
        self.spent = Spent { fuel: spent, fuel_max: fuel, memory_bytes: live.store.data().memory_bytes() };
        let findings = match answer {
            Err(failure) => return (Err(self.with_last_words(failure, event, asked, fuel)), spent),
            Ok(answer) => findings(&self.component, answer, asked),
        };
        // A fault is an answer as any other. After a wrong one nothing is known of the instance.
        let is_sound = !matches!(&findings, Err(failure) if failure.kind == FailureKind::Answer);
        let grown = live.store.data().memory_bytes() > live.start_bytes + MEMORY_GROWN_BYTES_MAX;
        if is_sound && !self.isolate && !grown {
            self.live = Some(live);
        }
        (findings, spent)
    }
}

impl Instance {
    /// The failure of a single rule with its last words. Of several, each one that is to blame is still asked alone.
    fn with_last_words(&mut self, failure: Failure, event: &[u8], asked: Option<&[u32]>, fuel: u64) -> Failure {
        let is_single = asked.map_or(self.component.rules().len(), <[u32]>::len) == 1;
        if !is_single || failure.kind != FailureKind::Trap {
            return failure;
        }
        // It is started for that, which is paid as any other start.
        let asked = Asked::Evaluate(event, asked, fuel);
        let words = self.restarts.start(|spent| Ok(self.component.with_last_words(failure.clone(), asked, spent)));
        words.unwrap_or(failure)
    }
}

/// Makes plain, checked findings of an answer.
fn findings(
    component: &Component,
    answer: Result<Vec<contract::Finding>, contract::Fault>,
    asked: Option<&[u32]>,
) -> Result<Vec<Finding>, Failure> {
    let wrong = |rule, kind, text: String| Err(Failure::new(kind, text, rule));
    let answer = match answer {
        Ok(answer) => answer,
        Err(contract::Fault::Malformed(text)) => return wrong(None, FailureKind::Malformed, text),
        Err(contract::Fault::Internal(fault)) => return wrong(fault.rule, FailureKind::Internal, fault.text),
    };
    let rules = component.rules();
    let mut findings = Vec::with_capacity(answer.len());
    for found in answer {
        let number = found.rule;
        let Some(rule) = rules.get(number as usize) else {
            let text = format!("a finding of rule {number}, where there are {}", rules.len());
            return wrong(None, FailureKind::Answer, text);
        };
        if asked.is_some_and(|asked| asked.binary_search(&number).is_err()) {
            return wrong(None, FailureKind::Answer, format!("a finding of `{}`, which was not asked", rule.id));
        }
        if found.risk_score.is_some_and(|score| score > RISK_SCORE_MAX) {
            return wrong(Some(number), FailureKind::Answer, format!("a risk score above {RISK_SCORE_MAX}"));
        }
        if found.event_id.as_ref().is_some_and(|id| id.len() > EVENT_ID_BYTES_MAX) {
            let text = format!("an event's id of more than {EVENT_ID_BYTES_MAX} bytes");
            return wrong(Some(number), FailureKind::Answer, text);
        }
        let columns = match columns::check(&found.columns, &rule.columns) {
            Ok(columns) => columns,
            Err(what) => {
                return wrong(Some(number), FailureKind::Answer, format!("the columns of `{}`: {what}", rule.id));
            }
        };
        findings.push(Finding {
            rule: number as usize,
            columns,
            severity: found.severity.map_or(rule.severity, Severity::from),
            risk_score: found.risk_score.unwrap_or(rule.risk_score),
            event_id: found.event_id,
            nth: 0,
        });
    }
    findings.sort_by_key(|finding| finding.rule);
    for at in 1..findings.len() {
        if findings[at].rule == findings[at - 1].rule {
            findings[at].nth = findings[at - 1].nth + 1;
        }
    }
    Ok(findings)
}

impl Live {
    /// Makes a fresh instance, not yet configured. Adds the fuel that it takes to `spent`.
    pub(super) fn start(component: &Component, spent: &mut u64) -> Result<Self, Failure> {
        let code = component.code()?;
        let limits = &component.sandbox.limits;
        let mut budget = Budget::new(limits);
        budget.wasi = component.printing.as_ref().map(|printing| Box::new(wasi::Wasi::new(printing.clone())));
        let mut store = Store::new(&component.sandbox.engine, budget);
        store.limiter(|budget| budget);
        store.set_max_component_handles(HANDLES_MAX);
        // Until the caller knows what it asks for.
        store.set_hostcall_fuel(limits.answer_bytes);
        store.set_fuel(limits.load_fuel).map_err(|error| failure(&error, &Budget::new(limits)))?;
        let instance = code.instantiate(&mut store);
        *spent += limits.load_fuel.saturating_sub(store.get_fuel().unwrap_or(0));
        match instance {
            Ok(filter) => {
                if let Some(wasi) = &mut store.data_mut().wasi {
                    wasi.end_call();
                }
                store.set_fuel(limits.load_fuel).map_err(|error| failure(&error, store.data()))?;
                Ok(Self { store, filter, start_bytes: 0 })
            }
            Err(error) => Err(failure(&error, store.data())),
        }
    }

    /// Makes a fresh instance whose rules have their settings.
    fn start_configured(component: &Component, spent: &mut u64) -> Result<Self, Failure> {
        let mut live = Self::start(component, spent)?;
        let limits = &component.sandbox.limits;
        live.store.set_hostcall_fuel(limits.metadata_bytes);
        for (rule, settings) in &component.settings {
            live.store.set_fuel(limits.load_fuel).map_err(|error| failure(&error, live.store.data()))?;
            let taken = live.call(|filter, store| filter.call_configure(store, *rule, settings));
            *spent += limits.load_fuel.saturating_sub(live.store.get_fuel().unwrap_or(0));
            if taken?.is_err() {
                let text = "refuses the settings that it took before";
                return Err(Failure::new(FailureKind::Answer, text, Some(*rule)));
            }
        }
        live.store.set_hostcall_fuel(limits.answer_bytes);
        live.start_bytes = live.store.data().memory_bytes();
        Ok(live)
    }

    pub(super) fn call<T>(
        &mut self,
        call: impl FnOnce(&contract::Guest, &mut Store<Budget>) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        self.store.data_mut().begin_call();
        let answer = call(self.filter.trommel_filter_event_filter(), &mut self.store);
        if let Some(wasi) = &mut self.store.data_mut().wasi {
            wasi.end_call();
        }
        answer.map_err(|error| failure(&error, self.store.data()))
    }
}
