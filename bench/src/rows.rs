//! The rows that all workloads read.

use queryset::{ForeignKey, FromRow, Model, Reverse};

/// A row of `items`, of which there are a million.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "items")]
pub struct Item {
    /// One to a million.
    #[model(primary_key)]
    pub id: i64,
    /// A short text.
    pub name: String,
    /// NULL in every third row.
    pub note: Option<String>,
    /// 0 to 199.
    pub qty: i32,
    /// With cents.
    pub price: f64,
    /// True in every other row.
    pub active: bool,
}

/// A row of `users`, of which there are a thousand.
#[derive(Model, Clone, Debug)]
#[model(table = "users")]
pub struct User {
    /// One to a thousand.
    #[model(primary_key)]
    pub id: i64,
    /// A short text.
    pub name: String,
    /// A short text.
    pub email: String,
    /// Some number.
    pub karma: i32,
    /// Ten of them.
    #[model(reverse(Post::user))]
    pub posts: Reverse<Post>,
}

/// A row of `posts`, of which there are ten thousand.
#[derive(Model, Clone, Debug)]
#[model(table = "posts")]
pub struct Post {
    /// One to ten thousand.
    #[model(primary_key)]
    pub id: i64,
    /// Who wrote it: the column `user_id`, with an index.
    pub user: ForeignKey<User>,
    /// A short text.
    pub title: String,
    /// A text of about 60 bytes.
    pub body: String,
    /// Some number.
    pub score: i32,
}

/// A flat row of the workload `join`.
#[derive(FromRow, Clone, Debug, PartialEq)]
pub struct PostLine {
    /// The post's.
    pub id: i64,
    /// The post's.
    pub title: String,
    /// The post's.
    pub score: i32,
    /// The name of the post's user.
    pub user_name: String,
}

/// The columns of `items` as a tuple.
pub type ItemRow = (i64, String, Option<String>, i32, f64, bool);
