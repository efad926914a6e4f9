//! A rule on its way from its author to whoever runs it: signed and verified, pushed and pulled by the program, as people
//! do it.

#[path = "package/journey.rs"]
mod journey;
#[path = "package/layout.rs"]
mod layout;
#[path = "package/liar.rs"]
mod liar;
#[path = "package/place.rs"]
mod place;
#[path = "package/receive.rs"]
mod receive;
#[path = "package/registry.rs"]
mod registry;
#[path = "package/server.rs"]
mod server;
#[path = "package/signatures.rs"]
mod signatures;
mod support;
