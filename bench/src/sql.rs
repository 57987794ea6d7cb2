//! The statements as somebody would write them by hand, in each database's dialect.

use crate::Backend;

/// The columns of `items`, in the order of the struct's fields.
pub const ITEM: &str = "id, name, note, qty, price, active";

/// One item by its key.
pub fn get(backend: Backend) -> String {
    let key = placeholder(backend, 1);
    format!("SELECT {ITEM} FROM items WHERE id = {key}")
}

/// The parameters are the lowest key, the one behind the highest, and `true`.
pub fn count(backend: Backend) -> String {
    let [from, to, active] = [1, 2, 3].map(|number| placeholder(backend, number));
    format!("SELECT count(*) FROM items WHERE id >= {from} AND id < {to} AND active = {active}")
}

/// The parameter is the quantity.
pub fn exists(backend: Backend) -> String {
    let qty = placeholder(backend, 1);
    format!("SELECT 1 FROM items WHERE qty = {qty} LIMIT 1")
}

/// The parameter is the lowest key.
///
/// The limit is literal: SQLite prepares a statement again on each run when its limit is bound, and
/// a server plans better for one that it knows.
pub fn load(backend: Backend, limit: u64) -> String {
    let key = placeholder(backend, 1);
    format!("SELECT {ITEM} FROM items WHERE id >= {key} ORDER BY id LIMIT {limit}")
}

/// All items in order.
pub const STREAM: &str = "SELECT id, name, note, qty, price, active FROM items ORDER BY id";

/// All posts with their users' names.
pub const JOIN: &str = "SELECT p.id, p.title, p.score, u.name AS user_name \
                        FROM posts p JOIN users u ON u.id = p.user_id ORDER BY p.id";

/// All posts with their users: first the five columns of the post, then the user's four.
pub const REL_JOIN: &str = "SELECT p.id, p.user_id, p.title, p.body, p.score, \
                            u.id, u.name, u.email, u.karma \
                            FROM posts p JOIN users u ON u.id = p.user_id ORDER BY p.id";

/// All users in order.
pub const USERS: &str = "SELECT id, name, email, karma FROM users ORDER BY id";

/// The posts of `users` users. The parameter is one array of their keys (as JSON on SQLite), or as
/// many keys on MySQL, which has no arrays.
pub fn posts_of(backend: Backend, users: usize) -> String {
    let list = match backend {
        Backend::Sqlite => "IN (SELECT value FROM json_each(?1))".to_owned(),
        Backend::Postgres => "= ANY($1)".to_owned(),
        Backend::Mariadb | Backend::Mysql => format!("IN ({})", vec!["?"; users].join(", ")),
    };
    format!("SELECT id, user_id, title, body, score FROM posts WHERE user_id {list}")
}

/// The text of the workload `build`, whose parameters are the key, a name and a quantity.
pub fn build(backend: Backend, limit: u64) -> String {
    match backend {
        Backend::Sqlite => format!(
            "SELECT {ITEM} FROM items WHERE id > ?1 AND name >= ?2 AND qty <= ?3 \
             ORDER BY price DESC LIMIT {limit}"
        ),
        Backend::Postgres => format!(
            "SELECT {ITEM} FROM items WHERE id > $1 AND name >= $2 AND qty <= $3 \
             ORDER BY price DESC LIMIT {limit}"
        ),
        Backend::Mariadb | Backend::Mysql => format!(
            "SELECT {ITEM} FROM items WHERE id > ? AND name >= ? AND qty <= ? \
             ORDER BY price DESC LIMIT {limit}"
        ),
    }
}

fn placeholder(backend: Backend, number: usize) -> String {
    match backend {
        Backend::Sqlite => format!("?{number}"),
        Backend::Postgres => format!("${number}"),
        Backend::Mariadb | Backend::Mysql => "?".to_owned(),
    }
}
