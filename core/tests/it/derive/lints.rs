//! Generated code keeps to whatever a crate asks of its own code. `missing_docs`, which is silent
//! in tests, has a case among the messages.

#![deny(
    warnings,
    missing_debug_implementations,
    missing_copy_implementations,
    unreachable_pub,
    unused,
    unused_qualifications,
    single_use_lifetimes,
    private_interfaces,
    private_bounds,
    unused_results,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    trivial_casts,
    trivial_numeric_casts,
    unsafe_code,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]

use queryset::{Field, ForeignKey, FromRow, Model, Value};

mod private {
    use super::{Field, Model};

    /// An enum that nobody outside sees.
    #[derive(Field, Debug, Clone, Copy)]
    pub(super) enum Inner {
        /// The only one.
        Only,
    }

    /// A model that nobody outside sees.
    #[derive(Model, Debug)]
    pub(super) struct Hidden {
        #[model(primary_key)]
        pub(super) id: i64,
        pub(super) never_asked_for: Inner,
    }
}

/// A public model with a private type in a private field, in names that no lint likes.
#[derive(Model, Debug)]
#[allow(non_snake_case)]
pub struct Public {
    #[model(primary_key)]
    Id: i64,
    /// The documentation of the field.
    pub documented: Option<String>,
    inner: private::Inner,
    hidden: ForeignKey<private::Hidden>,
}

/// A model without a key.
#[derive(Model, Debug)]
pub struct Line {
    /// The text.
    pub text: String,
}

/// A model with a key of two columns.
#[derive(Model, Debug, Clone, Copy)]
#[model(primary_key("Id", "line"))]
#[allow(non_snake_case)]
pub struct Pair {
    line: i32,
    Id: i64,
}

/// A level, as its number.
#[derive(Field, Debug, Clone, Copy)]
#[repr(i32)]
pub enum Level {
    /// The lowest.
    Low = 1,
    /// The highest.
    High = 2,
}

/// A newtype around text.
#[derive(Field, Debug, Clone)]
pub struct Slug(String);

/// A row of a raw statement.
#[derive(FromRow, Debug)]
pub struct Row {
    /// A level.
    pub level: Level,
    /// A slug.
    pub slug: Slug,
}

#[test]
fn strict_crates_compile() {
    let public = Public {
        Id: 1,
        documented: None,
        inner: private::Inner::Only,
        hidden: ForeignKey::new(2),
    };
    assert_eq!(public.key(), 1);
    let line = Line {
        text: String::new(),
    };
    let () = line.key();
    assert_eq!(Pair { line: 1, Id: 2 }.key(), (2, 1));
    let hidden = private::Hidden {
        id: 2,
        never_asked_for: private::Inner::Only,
    };
    assert_eq!(hidden.key(), 2);
    let query = Public::objects().filter(|p| p.Id.eq(1) & p.documented.isnull(true));
    assert!(query.check().is_ok());
    assert_eq!(Level::High.to_value(), Value::I64(2));
    let row = Row {
        level: Level::Low,
        slug: Slug(String::new()),
    };
    assert_eq!(row.level.to_value(), Value::I64(1));
    assert_eq!(row.slug.to_value(), "".into());
    assert_eq!(Row::column_names().map(<[_]>::len), Some(2));
}
