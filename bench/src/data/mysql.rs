//! MySQL's and MariaDB's tables, by inserts of many rows.

use std::fmt::Write;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::rows::{item, post, user};
use crate::peers::raw_mysql::options;
use crate::workload::{POSTS, ROWS, USERS};
use crate::{Result, RuntimeKind};

const TABLES: [&str; 3] = [
    "CREATE TABLE items (
        id bigint NOT NULL PRIMARY KEY,
        name varchar(100) NOT NULL,
        note varchar(200),
        qty int NOT NULL,
        price double NOT NULL,
        active boolean NOT NULL
    )",
    "CREATE TABLE users (
        id bigint NOT NULL PRIMARY KEY,
        name varchar(100) NOT NULL,
        email varchar(100) NOT NULL,
        karma int NOT NULL
    )",
    "CREATE TABLE posts (
        id bigint NOT NULL PRIMARY KEY,
        user_id bigint NOT NULL,
        title varchar(100) NOT NULL,
        body varchar(200) NOT NULL,
        score int NOT NULL,
        FOREIGN KEY posts_user (user_id) REFERENCES users (id)
    )",
];

pub(super) fn fill(url: &str) -> Result<()> {
    RuntimeKind::TokioCurrentThread.start()?.block_on(async {
        let mut connection = Conn::new(options(url)?).await?;
        for table in TABLES {
            connection.query_drop(table).await?;
        }
        connection.query_drop("SET unique_checks = 0").await?;
        insert(&mut connection, "items", ROWS, |text, id| {
            let row = item(id);
            write!(text, "({}, '{}', ", row.id, row.name)?;
            match &row.note {
                Some(note) => write!(text, "'{note}'")?,
                None => text.write_str("NULL")?,
            }
            write!(text, ", {}, {}, {})", row.qty, row.price, row.active)
        })
        .await?;
        insert(&mut connection, "users", USERS, |text, id| {
            let row = user(id);
            write!(
                text,
                "({}, '{}', '{}', {})",
                row.id, row.name, row.email, row.karma
            )
        })
        .await?;
        insert(&mut connection, "posts", POSTS, |text, id| {
            let row = post(id);
            write!(
                text,
                "({}, {}, '{}', '{}', {})",
                row.id, row.user_id, row.title, row.body, row.score
            )
        })
        .await?;
        // Statistics now, and not by themselves in the middle of a measurement.
        connection
            .query_drop("ANALYZE TABLE items, users, posts")
            .await?;
        connection.disconnect().await?;
        Ok(())
    })
}

/// The rows are our own, without anything that a text of SQL would have to escape.
async fn insert(
    connection: &mut Conn,
    table: &str,
    rows: i64,
    row: impl Fn(&mut String, i64) -> std::fmt::Result,
) -> Result<()> {
    const ROWS_EACH: i64 = 5_000;
    connection.query_drop("BEGIN").await?;
    let mut from = 1;
    while from <= rows {
        let mut text = format!("INSERT INTO {table} VALUES ");
        for id in from..=rows.min(from + ROWS_EACH - 1) {
            if id > from {
                text.push_str(", ");
            }
            row(&mut text, id)?;
        }
        connection.query_drop(text).await?;
        from += ROWS_EACH;
    }
    connection.query_drop("COMMIT").await?;
    Ok(())
}
