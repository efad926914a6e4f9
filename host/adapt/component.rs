//! Makes an adapted rule a component, for a host that wants one with interfaces of its own.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::{AdaptError, AdaptErrorKind};

/// Makes a module an operator of Azure IoT Operations: a `map`, or else a `filter`.
pub(super) fn operator(mut module: Vec<u8>, tag: bool) -> Result<Vec<u8>, AdaptError> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("azure.wit", include_str!("azure.wit")).expect("the interfaces are valid");
    let world = if tag { "maps" } else { "filters" };
    let world = resolve.select_world(&[package], Some(world)).expect("it is there");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .and_then(|()| ComponentEncoder::default().validate(true).module(&module)?.encode())
        .map_err(|why| AdaptError::new(AdaptErrorKind::Invalid, why.root_cause().to_string()))
}
