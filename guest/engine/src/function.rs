//! The functions of expressions, by their numbers in an image.

macro_rules! functions {
    ($($name:ident,)+) => {
        /// The functions of expressions. What they do is told where the compiler defines them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the compiler's own list tells what they do")]
        #[repr(u32)]
        pub enum Function { $($name,)+ }

        impl Function {
            /// All of them, by number.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Is the one of this name.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

functions! {
    And, Or, Not, IsNull, Equal, EqualFolded, Less, LessOrEqual, Add, Subtract, Multiply, Divide, Modulo, Negate,
    ToFloat, ToWhole, ToNumber, ToNumberBased, ToText, ToBoolean, Length, LengthBytes, LengthUtf16, Concat, Contains,
    ContainsFolded, StartsWith, StartsWithFolded, EndsWith, EndsWithFolded, IndexOf, IndexOfFolded, Slice, Between,
    BetweenFolded, Substring, Left, Right, Locate, ToLower, ToUpper, Trim, TrimLeft, TrimRight, Reverse, Space, Repeat,
    UrlDecode, FromBase64, ToBase64, JsonExtract, Coalesce, Case, MvCount, MvFirst, MvLast, MvMin, MvMax, MvConcat,
    MvContains, Greatest, Least, Abs, Split, ToTime,
}
