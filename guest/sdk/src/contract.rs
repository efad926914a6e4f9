//! The contract's types, generated from `wit/` and known to rules by their names alone.
//!
//! Nothing else of the crate names the generated module, but [`export!`](crate::export), which must.

#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "filter",
        pub_export_macro: true,
        default_bindings_module: "trommel_rule::bindings",
    });
}

pub use bindings::exports::trommel::filter::event_filter::{
    AttackEntry, Column, ColumnKind, Fault, Finding as Found, Rule as Described, RuleDocument as Document, RuleFault,
    SettingError, Severity, Threat,
};
