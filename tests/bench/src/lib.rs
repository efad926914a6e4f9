//! Measures trommel against its peers: see `README.md` beside this crate.

pub mod lines;
pub mod stream;

mod calls;
mod random;
mod template;
