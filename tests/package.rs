//! A rule on its way from its author to whoever runs it: signed and verified by the program, as people do it.

#[path = "package/place.rs"]
mod place;
#[path = "package/signatures.rs"]
mod signatures;
mod support;
