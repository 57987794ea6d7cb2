//! The derive macros, with their documentation: here its examples can use this crate.

/// Makes a struct with named fields a [`Model`](trait@crate::Model): a row of a table or a view.
///
/// Each field is a column, of any type that is a [`Field`](trait@crate::Field); `Option` makes it
/// nullable. A [`ForeignKey`](crate::ForeignKey) is a relation, named as the field, and a column
/// `…_id` that holds the key; a [`OneToOne`](crate::OneToOne) is one whose column is unique.
/// [`ManyToMany`](crate::ManyToMany), and the other sides [`Reverse`](crate::Reverse) and
/// [`ReverseOne`](crate::ReverseOne), are relations without a column.
///
/// ```
/// use queryset::{Decimal, Field, ForeignKey, Model};
///
/// #[derive(Model)]
/// struct Author {
///     #[model(primary_key)]
///     id: i64,
///     name: String,
/// }
///
/// #[derive(Field)]
/// enum Kind {
///     Novel,
///     #[field(rename = "science")]
///     NonFiction,
/// }
///
/// #[derive(Model)]
/// #[model(
///     table = "books",
///     schema = "library",
///     name = "Book",
///     ordering("-published", "id"),
///     latest_by("published"),
///     unique_together("title", "author")
/// )]
/// struct BookRow {
///     #[model(primary_key)]
///     id: i64,
///     /// The title, without its subtitle.
///     #[model(max_length = 200)]
///     title: String,
///     #[model(unique, column = "ISBN")]
///     isbn: Option<String>,
///     #[model(digits(10, 2))]
///     price: Decimal,
///     published: Option<i32>,
///     kind: Kind,
///     author: ForeignKey<Author>,
/// }
///
/// // A key of several columns, in the key's own order.
/// #[derive(Model)]
/// #[model(primary_key("shelf", "place"))]
/// struct Exemplar {
///     place: i32,
///     shelf: String,
///     book: Option<ForeignKey<BookRow>>,
/// }
///
/// let books = BookRow::objects().filter(|b| b.author_id.eq(5) & b.title.icontains("emma"));
/// books.check()?;
/// assert_eq!(BookRow::meta().table(), "books");
/// # let _ = (Kind::Novel, Kind::NonFiction, Exemplar::objects());
/// # Ok::<(), queryset::Error>(())
/// ```
///
/// # On the struct
/// | setting | meaning | without it |
/// |---|---|---|
/// | `table = "books"` | the table or view | the struct's name in `snake_case` |
/// | `schema = "library"` | the schema that the table is in | the connection's own |
/// | `name = "Book"` | the model's name in messages | the struct's name |
/// | `primary_key("shelf", "place")` | the columns of the key, in the key's order | the fields with `primary_key`; without one the model has no key |
/// | `ordering("-published", "id")` | the order of a query that names none | none |
/// | `latest_by("published")` | what `latest` and `earliest` order by | they must be told |
/// | `unique_together("a", "b")` | columns that are unique together; may be repeated | |
/// | `crate = "path"` | where this crate is found | `::queryset` |
///
/// # On a field
/// | setting | meaning |
/// |---|---|
/// | `primary_key` | it is the key, or part of it in the order of the fields |
/// | `column = "ISBN"` | the column's name, where it is not the field's |
/// | `unique` | no two rows have the same value |
/// | `max_length = 200` | the largest number of characters, for `create_table` |
/// | `digits(10, 2)` | a decimal's digits in all and behind the point, for `create_table` |
/// | `related_name = "books"` | of a `ForeignKey` or `ManyToMany` to a model that does not declare the other side, as one of another crate: what that is called there |
/// | `reverse(Book::author)` | of a `Reverse` or `ReverseOne`: the relation that it is the other side of |
/// | `through(Stock::store, Stock::book)` | of a `ManyToMany`: the model between, by its foreign keys to this model and to the target |
/// | `through_table("tagging", "book_id", "tag_id")` | of a `ManyToMany`: the table between, its column for this model and the one for the target |
///
/// # What it generates
/// Besides the impls of [`Model`](trait@crate::Model) and [`FromRow`](trait@crate::FromRow), for
/// `Book` a struct `BookFields<R>`, as visible as `Book`, with a public
/// [`Column`](crate::Column) for each field: what closures such as `filter`'s are given. A relation
/// is a method of it that leads to the other model's fields: `b.author().name`. For each `Reverse`,
/// `ReverseOne` and `ManyToMany` the model itself has a method of the field's name, whose result is
/// a query for the related rows.
///
/// With `related_name = "books"` on a foreign key to `Author` there are two traits, as visible as the
/// model: `AuthorBooks` gives an author the method `books`, a query for the rows that refer to it,
/// and `AuthorBooksPath` gives the fields of an author the method of that name, for conditions and
/// orderings. By name the relation is known once `Book::meta()` was called.
///
/// [`Model::Key`](trait@crate::Model#associatedtype.Key) is the type of the key's column, a tuple
/// for several, `()` for none. It must be `Clone`. A foreign key counts as the key that it holds.
#[doc(inline)]
pub use queryset_derive::Model;

/// Makes an enum or a newtype a [`Field`](trait@crate::Field): the type of a column.
///
/// ```
/// use queryset::{Field, Model, Value};
///
/// // Kept as text: the variant's name in snake_case, or what `rename` says.
/// #[derive(Field)]
/// enum Status {
///     Draft,
///     InPrint,
///     #[field(rename = "oop")]
///     OutOfPrint,
/// }
///
/// // Kept as the number of the variant, because of `as` or a `#[repr(i16)]`.
/// #[derive(Field)]
/// #[field(as = "i16")]
/// enum Level {
///     Low = 1,
///     High = 10,
/// }
///
/// // Kept as the type that it wraps. Around text it has the text lookups too.
/// #[derive(Field, Clone)]
/// struct Slug(String);
///
/// #[derive(Model)]
/// struct Book {
///     #[model(primary_key)]
///     slug: Slug,
///     status: Status,
///     level: Option<Level>,
/// }
///
/// assert_eq!(Status::InPrint.to_value(), Value::Text("in_print".into()));
/// assert_eq!(Level::High.to_value(), Value::I64(10));
/// let drafts = Book::objects()
///     .filter(|b| b.status.eq(Status::Draft) & b.slug.startswith("a") & b.level.isnull(true));
/// # let _ = (Status::OutOfPrint, Level::Low);
/// # drafts.check()?;
/// # Ok::<(), queryset::Error>(())
/// ```
///
/// A value of the column that is none of the variants is an error of kind
/// [`Decode`](crate::ErrorKind::Decode). `#[field(as = "text")]` keeps an enum as text that has
/// a `#[repr]`; `#[field(crate = "path")]` says where this crate is found.
#[doc(inline)]
pub use queryset_derive::Field;

/// Lets rows of raw statements be read into a struct with named fields
/// ([`FromRow`](trait@crate::FromRow)).
///
/// A field is read from the column of its name, or of the name that `column` says; other columns
/// are left alone. `#[derive(Model)]` implements the trait too.
///
/// ```
/// use queryset::FromRow;
///
/// #[derive(FromRow)]
/// struct Total {
///     author: String,
///     #[row(column = "count(*)")]
///     books: u64,
/// }
///
/// assert_eq!(Total::column_names(), Some(&["author", "count(*)"][..]));
/// # let _ = |total: Total| (total.author, total.books);
/// ```
///
/// `#[row(crate = "path")]` on the struct says where this crate is found.
#[doc(inline)]
pub use queryset_derive::FromRow;
