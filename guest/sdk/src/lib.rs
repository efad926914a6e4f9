//! What a trommel rule is written with.
//!
//! - An **event** is one JSON object of a stream: [`Event`] finds its fields.
//! - A **rule** judges one event at a time: the trait [`Rule`].
//! - A **finding** is what a rule says of an event: [`Finding`].
//! - A **needle** is a text without which an event cannot matter to a rule: [`Metadata::needles`].
//!
//! [`export!`] makes a component of one rule or of many.
//!
//! ```
//! use trommel_rule::{Event, Finding, Metadata, Rule};
//!
//! #[derive(Default)]
//! struct RootLogin;
//!
//! impl Rule for RootLogin {
//!     fn describe() -> Metadata {
//!         Metadata {
//!             id: "com.example.root-login".into(),
//!             name: "The root user signed in".into(),
//!             version: "1.0.0".into(),
//!             columns: vec!["time".into(), "address".into()],
//!             needles: vec!["ConsoleLogin".into()],
//!             ..Metadata::default()
//!         }
//!     }
//!
//!     fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
//!         let root = event.field("userIdentity.type").equals("Root");
//!         if (root & event.field("eventName").equals("ConsoleLogin")).holds() {
//!             let columns = [("time", event.field("eventTime")), ("address", event.field("sourceIPAddress"))];
//!             findings.push(Finding::new(columns));
//!         }
//!     }
//! }
//!
//! trommel_rule::export!(RootLogin);
//! # let event = br#"{"eventName":"ConsoleLogin","userIdentity":{"type":"Root"}}"#;
//! # assert_eq!(rules().evaluate(event).unwrap()[0].columns, r#"{"time":null,"address":null}"#);
//! ```
//!
//! What a rule is made of:
//!
//! - [`Event::field`] gives the [`Values`] of a field, and [`Event::each`] the objects of a list, kept together.
//! - [`Values`] are compared, exactly or in any case, by wildcards, as numbers, as times ([`Timestamp`]), and with networks
//!   ([`Network`]). What comes of it is a [`Truth`], which knows null, and goes together with `&`, `|` and `!`.
//! - [`Settings`] are read and declared in one place.
//! - What vendors write is in modules of their own: [`cloudtrail`], [`java_map`], [`dissect`].
//!
//! Not here: how a rule is compiled, run and bounded. That is the host's.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod guide {}

mod bytes;
mod cache;
pub mod cloudtrail;
mod contract;
pub mod dissect;
mod each;
mod envelope;
mod event;
mod finding;
mod interned;
pub mod java_map;
mod kept;
#[cfg(target_arch = "wasm32")]
mod last_words;
mod memo;
mod metadata;
mod names;
mod network;
mod rule_set;
mod scan;
mod settings;
mod time;
mod values;
mod wildcard;

#[doc(hidden)]
pub use contract::bindings;
pub use contract::{
    AttackEntry, Column, ColumnKind, Described, Document, Fault, Found, RuleFault, SettingError, Severity, Threat,
};
pub use event::{Event, Value};
pub use finding::{Cell, EVENT_ID_BYTES_MAX, Finding};
pub use interned::name;
#[doc(hidden)]
pub use kept::Kept;
pub use metadata::Metadata;
pub use network::{Network, NotANetwork};
pub use rule_set::RuleSet;
pub use scan::{DEPTH_MAX, Kind, Malformed, TEXT_BYTES_MAX};
pub use settings::{Format, Settings};
pub use time::Timestamp;
pub use values::{Text, Truth, Values, equal};

/// A rule. Its value is the rule as configured; the default value is the rule with the settings `{}`.
pub trait Rule: Default + 'static {
    /// What the rule says of itself. The same at every call.
    fn describe() -> Metadata;

    /// The rule with these settings. Refused with every mistake that they hold, not only the first.
    fn configure(settings: Settings<'_>) -> Result<Self, Vec<SettingError>> {
        settings.finish().map(|()| Self::default())
    }

    /// Whether an event is of a kind that the rule reads, whatever it finds in it. The default says so of every event.
    ///
    /// A host asks it of a few events, so that it can tell an operator who sends the wrong log.
    fn reads(event: &Event<'_>) -> bool {
        let _ = event;
        true
    }

    /// Judges one event, and adds what it finds: mostly nothing.
    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>);
}

/// Makes a component of one rule or of many, which keep the order in which they are named.
///
/// Compiled natively, it gives the function `rules`, the same [`RuleSet`] without a sandbox.
///
/// A crate may name the rules of others, which have an `export!` of their own: the component is made of the crate that
/// `trommel build` is given.
#[macro_export]
macro_rules! export {
    ($($rule:ty),+ $(,)?) => {
        /// The rules of this component, in their order.
        pub fn rules() -> $crate::RuleSet {
            $crate::RuleSet::new()$(.with::<$rule>())+
        }

        #[cfg(target_arch = "wasm32")]
        #[allow(unexpected_cfgs)]
        const _: () = {
            // Of several crates with rules in one component, one gives it its exports: `trommel build` says which.
            #[cfg(trommel_component)]
            mod component {
                use super::rules;
                use $crate::bindings::exports::trommel::filter::event_filter as contract;

                struct Component;

                ::std::thread_local! {
                    static RULES: $crate::Kept = const { $crate::Kept::new(rules) };
                }

                impl contract::Guest for Component {
                    fn describe() -> ::std::vec::Vec<contract::Rule> {
                        RULES.with(|kept| kept.call(|rules| rules.describe()))
                    }

                    fn document(rule: u32) -> contract::RuleDocument {
                        RULES.with(|kept| kept.call(|rules| rules.document(rule)))
                    }

                    fn configure(
                        rule: u32,
                        settings: ::std::string::String,
                    ) -> ::std::result::Result<(), ::std::vec::Vec<contract::SettingError>> {
                        RULES.with(|kept| kept.configure(rule, settings))
                    }

                    fn reads(event: ::std::vec::Vec<u8>) -> bool {
                        RULES.with(|kept| kept.call(|rules| rules.reads(&event)))
                    }

                    fn evaluate(
                        event: ::std::vec::Vec<u8>,
                        asked: ::std::option::Option<::std::vec::Vec<u32>>,
                    ) -> ::std::result::Result<::std::vec::Vec<contract::Finding>, contract::Fault> {
                        RULES.with(|kept| kept.call(|rules| rules.evaluate_asked(&event, asked.as_deref())))
                    }
                }

                $crate::bindings::export!(Component with_types_in $crate::bindings);
            }
        };
    };
}
