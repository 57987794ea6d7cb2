//! One column.

use crate::value::ColumnType;

/// What is known of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMeta {
    name: Box<str>,
    column: Box<str>,
    ty: ColumnType,
    nullable: bool,
    unique: bool,
    primary_key: bool,
    max_length: Option<u32>,
    digits: Option<(u8, u8)>,
    deferrable: bool,
}

impl ColumnMeta {
    /// A column that is NOT NULL and has the name of its attribute.
    pub fn new(name: impl Into<Box<str>>, ty: ColumnType) -> Self {
        let name = name.into();
        Self {
            column: name.clone(),
            name,
            ty,
            nullable: false,
            unique: false,
            primary_key: false,
            max_length: None,
            digits: None,
            deferrable: false,
        }
    }

    /// The column's own name in the database, where it is not the attribute's.
    #[must_use]
    pub fn column_name(mut self, column: impl Into<Box<str>>) -> Self {
        self.column = column.into();
        self
    }

    /// The column may be NULL.
    #[must_use]
    pub fn nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }

    /// No two rows have the same value.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// The column is the primary key, or part of it.
    #[must_use]
    pub fn primary_key(mut self) -> Self {
        self.primary_key = true;
        self
    }

    /// The largest number of characters, for `create_table` on databases that want one.
    #[must_use]
    pub fn max_length(mut self, characters: u32) -> Self {
        self.max_length = Some(characters);
        self
    }

    /// The number of digits in all and behind the point, of a decimal column.
    #[must_use]
    pub fn digits(mut self, all: u8, behind_the_point: u8) -> Self {
        self.digits = Some((all, behind_the_point));
        self
    }

    /// The field of a derived model has a place for the column's absence.
    #[must_use]
    pub(crate) fn deferrable(mut self) -> Self {
        self.deferrable = true;
        self
    }

    /// Whether a query may leave the column out of a derived model.
    pub fn is_deferrable(&self) -> bool {
        self.deferrable
    }

    /// The attribute's name: what paths and records say.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name in the database.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// The type.
    pub fn ty(&self) -> ColumnType {
        self.ty
    }

    /// Whether it may be NULL.
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// Whether its values are unique by a constraint of their own.
    pub fn is_unique(&self) -> bool {
        self.unique
    }

    /// Whether it is the primary key or part of it.
    pub fn is_primary_key(&self) -> bool {
        self.primary_key
    }

    /// The largest number of characters, where one is declared.
    pub fn declared_length(&self) -> Option<u32> {
        self.max_length
    }

    /// The digits in all and behind the point, where they are declared.
    pub fn declared_digits(&self) -> Option<(u8, u8)> {
        self.digits
    }
}
