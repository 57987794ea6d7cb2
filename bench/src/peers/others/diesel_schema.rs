//! The tables and rows as diesel's users write them, for its blocking and its asynchronous form.

use diesel::prelude::*;

use crate::Checksum;

diesel::table! {
    items (id) {
        id -> BigInt,
        name -> Text,
        note -> Nullable<Text>,
        qty -> Integer,
        price -> Double,
        active -> Bool,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        name -> Text,
        email -> Text,
        karma -> Integer,
    }
}

diesel::table! {
    posts (id) {
        id -> BigInt,
        user_id -> BigInt,
        title -> Text,
        body -> Text,
        score -> Integer,
    }
}

diesel::joinable!(posts -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(users, posts);

/// A row of `items`.
#[derive(Queryable)]
pub(super) struct Item {
    id: i64,
    name: String,
    note: Option<String>,
    qty: i32,
    price: f64,
    active: bool,
}

/// A row of `users`.
#[derive(Queryable, Identifiable)]
pub(super) struct User {
    id: i64,
    name: String,
    email: String,
    karma: i32,
}

/// A row of `posts`.
#[derive(Queryable, Identifiable, Associations)]
#[diesel(belongs_to(User))]
pub(super) struct Post {
    id: i64,
    user_id: i64,
    title: String,
    body: String,
    score: i32,
}

/// A row of the workload `join`.
pub(super) type Line = (i64, String, i32, String);

impl Item {
    pub(super) fn sum(&self, checksum: &mut Checksum) {
        let note = self.note.as_deref();
        checksum.item_fields(self.id, &self.name, note, self.qty, self.price, self.active);
    }
}

impl User {
    pub(super) fn sum(&self, checksum: &mut Checksum) {
        checksum.user_fields(self.id, &self.name, &self.email, self.karma);
    }
}

impl Post {
    pub(super) fn sum(&self, checksum: &mut Checksum) {
        checksum.post_fields(self.id, self.user_id, &self.title, &self.body, self.score);
    }
}

/// Gives each user its posts, and sums up.
pub(super) fn sum_authors(users: Vec<User>, posts: Vec<Post>, checksum: &mut Checksum) {
    let posts = posts.grouped_by(&users);
    let authors: Vec<(User, Vec<Post>)> = users.into_iter().zip(posts).collect();
    for (user, posts) in &authors {
        user.sum(checksum);
        checksum.posts(posts.iter().map(|post| {
            let mut own = Checksum::default();
            post.sum(&mut own);
            own
        }));
    }
}

/// The text and the bound values of the workload `build`, as a connection asks for them.
macro_rules! build {
    ($key:expr, $backend:ident, $metadata:expr) => {{
        use diesel::backend::Backend;
        use diesel::prelude::*;
        use diesel::query_builder::{QueryBuilder, QueryFragment};

        let query = items::table
            .filter(items::id.gt($key))
            .filter(items::name.ge("item"))
            .filter(items::qty.le(7))
            .order(items::price.desc())
            .limit(10);
        let mut text = <$backend as Backend>::QueryBuilder::default();
        QueryFragment::<$backend>::to_sql(&query, &mut text, &$backend)?;
        let mut values = <$backend as Backend>::BindCollector::default();
        QueryFragment::<$backend>::collect_binds(&query, &mut values, $metadata, &$backend)?;
        std::hint::black_box((text.finish(), values));
    }};
}

pub(super) use build;
