//! One of the rules of `alike-64` alone: what sixty-four of them are compared with.

#[path = "../../alike-64/src/rule.rs"]
mod rule;

pub use rule::{ACTIONS, Alike};

trommel_rule::export!(Alike<0>);
