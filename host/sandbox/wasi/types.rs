//! Which types the functions may have that a component imports: those of WASI are small, and have short names. A
//! component writes the types of its imports itself, and each value that it hands over is made of their names.

use wasmtime::component::types::{ComponentFunc, Type};

use super::refused;
use crate::sandbox::limits::{IMPORTED_NAME_BYTES_MAX, IMPORTED_TYPE_PARTS_MAX};

/// Counts the parts of types, up to a limit.
pub(super) struct Types {
    left: usize,
}

impl Types {
    pub(super) fn new() -> Self {
        Self { left: IMPORTED_TYPE_PARTS_MAX }
    }

    /// Refuses a function whose types are not as WASI's are.
    pub(super) fn check(&mut self, function: &ComponentFunc) -> wasmtime::Result<()> {
        for (name, ty) in function.params() {
            self.part(name)?;
            self.check_type(&ty)?;
        }
        function.results().try_for_each(|ty| self.check_type(&ty))
    }

    fn check_type(&mut self, ty: &Type) -> wasmtime::Result<()> {
        self.part("")?;
        let mut inner = |ty: Option<Type>| ty.map_or(Ok(()), |ty| self.check_type(&ty));
        match ty {
            Type::List(list) => inner(Some(list.ty())),
            Type::Option(option) => inner(Some(option.ty())),
            Type::Result(result) => inner(result.ok()).and_then(|()| inner(result.err())),
            Type::Tuple(tuple) => tuple.types().try_for_each(|ty| inner(Some(ty))),
            Type::Record(record) => record.fields().try_for_each(|field| {
                self.part(field.name)?;
                self.check_type(&field.ty)
            }),
            Type::Variant(variant) => variant.cases().try_for_each(|case| {
                self.part(case.name)?;
                case.ty.map_or(Ok(()), |ty| self.check_type(&ty))
            }),
            Type::Enum(names) => names.names().try_for_each(|name| self.part(name)),
            Type::Flags(names) => names.names().try_for_each(|name| self.part(name)),
            Type::Map(_) | Type::Future(_) | Type::Stream(_) | Type::ErrorContext | Type::FixedLengthList(_) => {
                refused("it imports functions with types that WASI 0.2 does not have")
            }
            _ => Ok(()),
        }
    }

    fn part(&mut self, name: &str) -> wasmtime::Result<()> {
        if name.len() > IMPORTED_NAME_BYTES_MAX {
            return refused(format!("it imports a type with a name of more than {IMPORTED_NAME_BYTES_MAX} bytes"));
        }
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => {
                return refused(format!("the types that it imports have more than {IMPORTED_TYPE_PARTS_MAX} parts"));
            }
        }
        Ok(())
    }
}
