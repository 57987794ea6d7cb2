//! What the derives and the compiler say to input that cannot work.

/// The messages are those of the compiler that CI has; another may word them otherwise.
#[test]
fn mistakes_are_told_where_they_are() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
