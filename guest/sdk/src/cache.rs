//! What was found out about an event, kept as long as the event is.
//!
//! The view of an event knows nothing of what is kept: each kind of knowledge is a type of its own. Everything lies
//! where it was put until the event goes, so that what lies in it can be handed out as borrowed from the event.

use std::any::Any;
use std::cell::OnceCell;

/// One value of each type.
#[derive(Default)]
pub(crate) struct Cache(Chain<Box<dyn Any>>);

impl Cache {
    /// The value of this type, made when it is first asked for.
    pub(crate) fn get<T: Any>(&self, make: impl FnOnce() -> T) -> &T {
        let kept = self.0.get(usize::MAX, |value| value.is::<T>(), || Box::new(make()));
        kept.and_then(|value| value.downcast_ref()).expect("there is always room, and it is of the type asked for")
    }
}

/// A list that only grows, short enough to be looked through: the values in it stay where they are.
pub(crate) struct Chain<T>(OnceCell<Box<(T, Self)>>);

impl<T> Default for Chain<T> {
    fn default() -> Self {
        Self(OnceCell::new())
    }
}

impl<T> Chain<T> {
    /// The first value that `is` what is asked for; if there is none and room for one more, a new one.
    pub(crate) fn get(&self, most: usize, is: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> Option<&T> {
        let (mut at, mut count) = (self, 0);
        while let Some(link) = at.0.get() {
            if is(&link.0) {
                return Some(&link.0);
            }
            (at, count) = (&link.1, count + 1);
        }
        if count >= most {
            return None;
        }
        let value = make();
        // To make it may have put values of other kinds here.
        while let Some(link) = at.0.get() {
            at = &link.1;
        }
        Some(&at.0.get_or_init(|| Box::new((value, Self::default()))).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_one_value_of_each_type_where_it_is() {
        let cache = Cache::default();
        let text: &String = cache.get(|| {
            // Asking while another is made is no trouble.
            assert_eq!(*cache.get(|| 7_u8), 7);
            "first".to_owned()
        });
        assert_eq!(*cache.get(|| 8_u8), 7);
        assert!(std::ptr::eq(text, cache.get::<String>(|| unreachable!("it is there"))));
    }

    #[test]
    fn a_chain_finds_what_it_has_and_ends_somewhere() {
        let chain = Chain::default();
        let get = |number| chain.get(3, |known| *known == number, || number).copied();
        assert_eq!([3, 1, 3, 2, 1, 4, 2].map(get), [Some(3), Some(1), Some(3), Some(2), Some(1), None, Some(2)]);
    }
}
