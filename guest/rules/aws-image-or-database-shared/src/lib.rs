//! Finds AMIs and snapshots of RDS databases that are shared with another account: two rules in one component.
//!
//! Each rule has its own calls and its own way to name whom it shares with; what is left is one check.

mod database;
mod image;
mod outsiders;

pub use database::DatabaseShared;
pub use image::ImageShared;

trommel_rule::export!(ImageShared, DatabaseShared);
