//! The functions of expressions, a part of [`ir`](super::ir).

/// The functions. Unless it says otherwise, a function of null, or of *many* values, is null.
///
/// Positions count code points. Text of numbers is as short as it can be (`1`, `1.5`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// `and` of three-valued truths, of any number.
    And,
    /// `or` of three-valued truths, of any number.
    Or,
    /// `not`.
    Not,
    /// Whether it is null: false for *many*. Never null.
    IsNull,
    /// Whether two values are equal. Numbers as numbers, texts exactly; unlike types are unequal.
    Equal,
    /// As `Equal`, for texts without case.
    EqualFolded,
    /// `<` of two numbers or two texts; of unlike types null. Turn the arguments for `>`.
    Less,
    /// `<=` likewise.
    LessOrEqual,
    /// The sum. Whole numbers stay whole; over the edge of 64 bits it is null. So for all arithmetic.
    Add,
    /// The difference.
    Subtract,
    /// The product.
    Multiply,
    /// The quotient: of whole numbers cut towards zero; by zero null.
    Divide,
    /// The remainder, with the sign of the dividend; by zero null.
    Modulo,
    /// The opposite number.
    Negate,
    /// A number as a floating one.
    ToFloat,
    /// A number, or a text that is one, as a whole number: cut towards zero, or null. Booleans give 1 and 0.
    ToWhole,
    /// A number, or a text that is one, as it is; else null.
    ToNumber,
    /// EQL's `number(text, base)`.
    ToNumberBased,
    /// The value as a text.
    ToText,
    /// A boolean, or a text `true` or `false` without case; else null.
    ToBoolean,
    /// The number of code points of a text.
    Length,
    /// The number of bytes of a text.
    LengthBytes,
    /// The number of UTF-16 units of a text: Java's length.
    LengthUtf16,
    /// Texts, one after the other. EQL's: any value, as text; null arguments make it null.
    Concat,
    /// Whether the second text lies in the first.
    Contains,
    /// As `Contains`, without case.
    ContainsFolded,
    /// Whether the first text starts with the second.
    StartsWith,
    /// As `StartsWith`, without case.
    StartsWithFolded,
    /// Whether the first text ends with the second.
    EndsWith,
    /// As `EndsWith`, without case.
    EndsWithFolded,
    /// EQL's `indexOf(text, part[, from])`: from 0; null if it is nowhere.
    IndexOf,
    /// As `IndexOf`, without case.
    IndexOfFolded,
    /// EQL's `substring(text, from[, to])`: from 0, negative ones from the end.
    Slice,
    /// EQL's `between(text, left, right[, greedy])`: empty if either is nowhere.
    Between,
    /// As `Between`, without case.
    BetweenFolded,
    /// ES|QL's `substring(text, from[, length])`: from 1, negative ones from the end.
    Substring,
    /// ES|QL's `left(text, length)`.
    Left,
    /// ES|QL's `right(text, length)`.
    Right,
    /// ES|QL's `locate(text, part[, from])`: from 1; 0 if it is nowhere.
    Locate,
    /// The text in lower case (Unicode's full mapping).
    ToLower,
    /// The text in upper case.
    ToUpper,
    /// The text without blanks around it.
    Trim,
    /// The text without blanks before it.
    TrimLeft,
    /// The text without blanks after it.
    TrimRight,
    /// The text turned around.
    Reverse,
    /// So many blanks.
    Space,
    /// The text, so many times.
    Repeat,
    /// The text, percent-decoded, `+` as a blank; null if it is no such text.
    UrlDecode,
    /// The text of which this is base64; null if it is none, or no UTF-8.
    FromBase64,
    /// The base64 of the text.
    ToBase64,
    /// ES|QL's `json_extract(text, path)`: the value at a JSON path (`$.a.b[0]` or `a.b`), as text.
    JsonExtract,
    /// The first argument that is not null. Any number of arguments; *many* is not null.
    Coalesce,
    /// `case(condition, value, …[, otherwise])`: the first value whose condition is true.
    Case,
    /// The number of values: 0 never occurs, none is null.
    MvCount,
    /// The first value of *many*.
    MvFirst,
    /// The last value of *many*.
    MvLast,
    /// The least value of *many*.
    MvMin,
    /// The greatest value of *many*.
    MvMax,
    /// `mv_concat(values, separator)`.
    MvConcat,
    /// `mv_contains(values, value)`: whether all of the second are among the first.
    MvContains,
    /// The greatest of the arguments; null if any is.
    Greatest,
    /// The least of the arguments; null if any is.
    Least,
    /// The absolute value.
    Abs,
    /// `split(text, separator)`: *many*, or one.
    Split,
    /// Milliseconds since 1970 of an ISO 8601 text, or of a number as it is.
    ToTime,
}

impl Function {
    /// The function of a sign: `+`, `-`, `*`, `/`, or else `%`.
    pub(super) fn of_sign(sign: &str) -> Self {
        match sign {
            "+" => Self::Add,
            "-" => Self::Subtract,
            "*" => Self::Multiply,
            "/" => Self::Divide,
            _ => Self::Modulo,
        }
    }
}
